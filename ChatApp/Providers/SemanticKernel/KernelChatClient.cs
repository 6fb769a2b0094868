using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Services;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>
/// Asks a kernel's chat service. Tools are offered to it and never called by it: calls come back as contents, and the run makes them. It is not
/// <c>AsChatClient()</c>, which reads each fragment of a call's arguments as if it were all of them.
/// </summary>
/// <param name="provider">The provider's name in the configuration.</param>
/// <param name="model">The service's id.</param>
/// <param name="services">Gives a kernel for each answer.</param>
/// <param name="time">The clock.</param>
internal sealed class KernelChatClient(string provider, string model, IServiceProvider services, TimeProvider time) : IChatClient
{
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToWholeResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var scope = services.CreateAsyncScope();
        var kernel = scope.ServiceProvider.GetRequiredService<Kernel>();
        var service = KernelServices.Find(kernel, model)
            ?? throw new ProviderException(ProviderFault.Refused, $"The kernel of {provider} has no chat service '{model}'. Register one with this serviceId, or correct the provider's Models.");
        using var ending = new UpstreamEnding(time, cancellationToken);
        var errors = new KernelErrors(Target(service), time);
        var updates = service is IChatCompletionService chat
            ? ReadAsync(token => AskAsync(chat, kernel, messages, options, token), ending.Token)
            : ReadAheadAsync(token => ((IChatClient)service).GetStreamingResponseAsync(messages, KernelOffer.Declare(options), token), ending.Token);
        await using var enumerator = updates.GetAsyncEnumerator(ending.Token);
        for (var begun = false; await NextAsync(enumerator, ending, errors, begun, cancellationToken); begun = true)
        {
            // A client's calls come after the finish reason that announces them.
            ending.Saw(enumerator.Current.FinishReason is { } finish && (service is IChatCompletionService || finish != ChatFinishReason.ToolCalls), ended: false);
            yield return enumerator.Current;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("semantic-kernel", defaultModelId: model)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // The container owns the services.
    }

    // Pooled as UpstreamEnding.NextAsync is.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> NextAsync(
        IAsyncEnumerator<ChatResponseUpdate> updates, UpstreamEnding ending, KernelErrors errors, bool begun, CancellationToken stop)
    {
        try
        {
            return await ending.NextAsync(updates);
        }
        catch (Exception e) when (e is not ProviderException && !stop.IsCancellationRequested)
        {
            if (await errors.OfAsync(e, begun, stop) is { } known)
            {
                throw known;
            }

            throw;
        }
    }

    private static (IAsyncEnumerable<StreamingChatMessageContent> Chunks, KernelChunkReader Reader) AskAsync(
        IChatCompletionService chat, Kernel kernel, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var offer = new KernelOffer(options);

        // Without its plugins: a function of theirs would be offered in the place of a tool that has its name.
        kernel = kernel.Clone();
        kernel.Plugins.Clear();
        var settings = KernelSettings.Of(options, offer, chat);
        return (chat.GetStreamingChatMessageContentsAsync(KernelHistory.Of(messages, options, offer), settings, kernel, cancellationToken), new KernelChunkReader(offer));
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> ReadAsync(
        Func<CancellationToken, (IAsyncEnumerable<StreamingChatMessageContent> Chunks, KernelChunkReader Reader)> ask,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KernelChunkReader reader = null!;
        await foreach (var chunk in ReadAheadAsync(
            token =>
            {
                (var chunks, reader) = ask(token);
                return chunks;
            },
            cancellationToken))
        {
            if (reader.Read(chunk) is { } update)
            {
                yield return update;
            }
        }

        if (reader.End() is { } end)
        {
            yield return end;
        }
    }

    // A connection that is being read is closed at once when the answer is stopped; one that is let go between two reads is first read to its
    // end, for up to two seconds. So the next read has always begun.
    private static async IAsyncEnumerable<T> ReadAheadAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> ask,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var items = ask(leaving.Token).GetAsyncEnumerator(leaving.Token);
        var next = items.MoveNextAsync().AsTask();
        try
        {
            while (await next)
            {
                var item = items.Current;
                next = items.MoveNextAsync().AsTask();
                yield return item;
            }
        }
        finally
        {
            await leaving.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await items.DisposeAsync();
        }
    }

    // Where a connector does not say its address, the service's id stands for it.
    private UpstreamTarget Target(object service) => new(
        provider,
        Uri.TryCreate((service as IAIService)?.GetEndpoint() ?? (service as IChatClient)?.GetService<ChatClientMetadata>()?.ProviderUri?.AbsoluteUri, UriKind.Absolute, out var endpoint)
            ? endpoint
            : new Uri($"semantic-kernel:{Uri.EscapeDataString(model)}"),
        ApiKey: null,
        $"the key that the kernel's service '{model}' was given");
}
