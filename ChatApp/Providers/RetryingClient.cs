using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Sends a request again that failed before its first content for a reason that may pass: at most twice more, within 30 s in all. After the
/// first content never: what has been shown can't be taken back. Tells of each retry with a <see cref="RetryContent"/> before it waits.
/// </summary>
/// <param name="inner">The client to ask.</param>
/// <param name="time">The clock of delays and budget.</param>
/// <param name="random">A number from 0 to below 1, so that clients turned away together don't come back together.</param>
/// <param name="logger">Told of every retry.</param>
internal sealed partial class RetryingClient(IChatClient inner, TimeProvider time, Func<double> random, ILogger logger) : DelegatingChatClient(inner)
{
    private const int MaxAttempts = 3;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(30);

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
        var asked = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var started = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var begun = false;
            (ProviderException Failure, TimeSpan Delay)? retry = null;
            await using (var updates = base.GetStreamingResponseAsync(asked, options, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                while (true)
                {
                    try
                    {
                        if (!await updates.MoveNextAsync())
                        {
                            yield break;
                        }
                    }
                    catch (ProviderException e) when (!begun && DelayBefore(attempt + 1, e, time.GetElapsedTime(started)) is { } delay)
                    {
                        retry = (e, delay);
                        break;
                    }

                    begun |= updates.Current.Contents.Count > 0;
                    yield return updates.Current;
                }
            }

            var (failure, wait) = retry.Value;
            Log.Retrying(logger, attempt + 1, wait.TotalMilliseconds, failure.Fault, failure.Status);
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new RetryContent(attempt + 1, wait, failure.Message)]);
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private TimeSpan? DelayBefore(int attempt, ProviderException failure, TimeSpan elapsed)
    {
        if (attempt > MaxAttempts || !MayPass(failure))
        {
            return null;
        }

        // 0.5 to 1 s, then 1 to 2 s; never before the provider says.
        var delay = TimeSpan.FromSeconds(0.5 * (attempt - 1) * (1 + random()));
        delay = failure.RetryAfter is { } asked && asked > delay ? asked : delay;
        return elapsed + delay <= Budget ? delay : null;
    }

    private static bool MayPass(ProviderException failure) => failure switch
    {
        { Fault: ProviderFault.RateLimited or ProviderFault.Interrupted } => true,
        { Status: 408 or 500 or 502 or 503 or 504 or 529 } => true,
        { Status: null, InnerException: HttpRequestException { HttpRequestError: not (HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError) } } => true,
        _ => false,
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Attempt} follows in {Delay:F0} ms: {Fault}, status {Status}")]
        public static partial void Retrying(ILogger logger, int attempt, double delay, ProviderFault fault, int? status);
    }
}
