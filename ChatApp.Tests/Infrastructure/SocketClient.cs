using System.Net.WebSockets;
using System.Text.Json;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The framework's WebSocket client, sending and reading JSON.</summary>
internal sealed class SocketClient(WebSocket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[1024 * 1024];

    public WebSocket Socket => socket;

    public static async Task<SocketClient> OpenAsync(TestApp app)
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(new UriBuilder(app.Client.BaseAddress!) { Scheme = "ws", Path = "/api/ws" }.Uri, CancellationToken.None);
        return new SocketClient(client);
    }

    public Task SendAsync(object message) => SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, JsonSerializerOptions.Web));

    public Task SendAsync(byte[] message) => socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public Task ChatAsync(string requestId, string model = "m", string? onDisconnect = null) =>
        SendAsync(new { type = "chat", requestId, model, onDisconnect, messages = new[] { new { role = "user", content = "hello" } } });

    /// <summary>The next message; null once the server has closed.</summary>
    public async Task<SocketEvent?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), limit.Token);
            length += part.Count;
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (part.EndOfMessage)
            {
                return new SocketEvent(JsonElement.Parse(_buffer.AsSpan(0, length), new JsonDocumentOptions { AllowDuplicateProperties = false }));
            }
        }
    }

    /// <summary>The messages up to and with the first that fits.</summary>
    public async Task<List<SocketEvent>> UntilAsync(Func<SocketEvent, bool> isLast)
    {
        var events = new List<SocketEvent>();
        do
        {
            events.Add(await NextAsync() ?? throw new InvalidOperationException($"The server closed: {socket.CloseStatus} {socket.CloseStatusDescription}"));
        }
        while (!isLast(events[^1]));
        return events;
    }

    public Task<List<SocketEvent>> UntilAsync(string type) => UntilAsync(@event => @event.Type == type);

    public void Dispose() => socket.Dispose();
}

/// <summary>One message of the server.</summary>
internal sealed record SocketEvent(JsonElement Data)
{
    public string Type => Data.GetProperty("type").GetString()!;

    public string? RunId => Text("runId");

    public string? RequestId => Text("requestId");

    public long Seq => Data.GetProperty("seq").GetInt64();

    public string Content => Text("content") ?? "";

    /// <summary>The last part of its problem's type.</summary>
    public string Problem => Data.GetProperty("problem").GetProperty("type").GetString()!.Split(':')[^1];

    private string? Text(string name) => Data.TryGetProperty(name, out var value) ? value.GetString() : null;
}
