using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Chat Completions over plain HTTP: a chunk goes from the socket to its update without a copy as text. Body and chunks are mapped here, because
/// compatible servers are wider than the types of any package. A finish reason is set only where the model said one.
/// </summary>
/// <param name="target">Whom the requests go to.</param>
/// <param name="model">The model's name there.</param>
/// <param name="http">Sends them; every failure leaves it as a <see cref="ProviderException"/>.</param>
/// <param name="authorize">Adds the key, where there is one.</param>
/// <param name="time">The clock.</param>
internal sealed class OpenAIChatClient(UpstreamTarget target, string model, HttpClient http, Action<HttpRequestHeaders> authorize, TimeProvider time) : IChatClient
{
    private readonly Uri _address = new($"{target.Endpoint.AbsoluteUri.TrimEnd('/')}/chat/completions");
    private readonly bool _isOpenAI = target.Endpoint.Host == OpenAIProviderKind.PublicEndpoint.Host;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToWholeResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ending = new UpstreamEnding(time, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, _address)
        {
            Content = new ByteArrayContent(OpenAIRequest.Create(options?.ModelId ?? model, messages, options, _isOpenAI))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
            Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } },
        };
        authorize(request.Headers);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending.Token);
        await using var body = await response.Content.ReadAsStreamAsync(ending.Token);
        var reader = new OpenAIChunkReader(target);
        await using var events = SseParser.Create(body, reader.Read)
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
