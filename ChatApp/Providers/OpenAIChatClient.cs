using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using ChatClient = OpenAI.Chat.ChatClient;

namespace ChatApp.Providers;

/// <summary>
/// Chat over the OpenAI package's client. It sends and signs the request; body and chunks are mapped here, because compatible servers
/// are wider than the package's types. A finish reason is set only where the model said one.
/// </summary>
internal sealed class OpenAIChatClient(UpstreamTarget target, string model, ChatClient client) : IChatClient
{
    private readonly bool _isOpenAI = target.Endpoint.Host == OpenAIProviderKind.PublicEndpoint.Host;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToWholeResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var body = BinaryContent.Create(OpenAIRequest.Create(options?.ModelId ?? model, messages, options, _isOpenAI));
        var request = new RequestOptions { BufferResponse = false, CancellationToken = cancellationToken };
        request.SetHeader("Accept", "text/event-stream");
        var result = await client.CompleteChatAsync(body, request);
        using var response = result.GetRawResponse();
        var reader = new OpenAIChunkReader(target);
        await using var events = SseParser.Create(response.ContentStream ?? Stream.Null, reader.Read)
            .EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (!reader.Ended && await NextAsync(events, reader))
        {
            if (events.Current.Data is { } update)
            {
                yield return update;
            }
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("openai", target.Endpoint, model)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // The provider owns the connections.
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<ChatResponseUpdate?>> events, OpenAIChunkReader reader)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (ProviderException) when (reader.Finished)
        {
            // The answer is whole; only its usage, or the goodbye, is lost.
            return false;
        }
    }
}
