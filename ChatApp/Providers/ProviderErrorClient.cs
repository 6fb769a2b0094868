using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Makes every failure a <see cref="ProviderException"/>. Most are one already; this catches what a package throws of its own,
/// whose text may quote the request, so it is neither shown nor logged.
/// </summary>
internal sealed partial class ProviderErrorClient(IChatClient inner, string provider, ILogger logger) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToWholeResponseAsync(cancellationToken);

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(updates, cancellationToken))
        {
            yield return updates.Current;
        }
    }

    // Pooled as UpstreamEnding.NextAsync is.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> NextAsync(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (Exception e) when (e is not ProviderException)
        {
            // A socket closed by the stop may complain in many ways; all mean: stopped.
            cancellationToken.ThrowIfCancellationRequested();
            for (var cause = e.InnerException; cause is not null; cause = cause.InnerException)
            {
                if (cause is ProviderException known)
                {
                    throw known;
                }
            }

            Log.Unexpected(logger, provider, ExceptionTrace.Of(e));
            throw new ProviderException(ProviderFault.Protocol, $"{provider} answered in a way that can't be read ({e.GetType().Name}).");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Provider}: unexpected {Trace}")]
        public static partial void Unexpected(ILogger logger, string provider, string trace);
    }
}
