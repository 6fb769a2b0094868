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
internal sealed class OpenAIChatClient(UpstreamTarget target, string model, ChatClient client, TimeProvider time) : IChatClient
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
        using var ending = new UpstreamEnding(time, cancellationToken);
        var request = new RequestOptions { BufferResponse = false, CancellationToken = ending.Token };
        request.SetHeader("Accept", "text/event-stream");
        var result = await client.CompleteChatAsync(body, request);
        using var response = result.GetRawResponse();
        var reader = new OpenAIChunkReader(target);
        await using var events = SseParser.Create(response.ContentStream ?? Stream.Null, reader.Read)
            .EnumerateAsync(ending.Token).GetAsyncEnumerator(ending.Token);
        while (await ending.NextAsync(events))
        {
            ending.Saw(reader.Finished, reader.Ended);
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
}
