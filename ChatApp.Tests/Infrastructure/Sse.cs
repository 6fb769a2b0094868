using System.Text.Json;

namespace ChatApp.Tests.Infrastructure;

/// <summary>One server-sent event, or a comment, as it came over the wire.</summary>
internal sealed record SseFrame(string? Id, JsonElement Data, string? Comment, string? Retry)
{
    public string Type => Data.ValueKind == JsonValueKind.Object ? Data.GetProperty("type").GetString()! : "";

    public string Content => Data.TryGetProperty("content", out var content) ? content.GetString()! : "";

    public long Seq => Data.GetProperty("seq").GetInt64();
}

/// <summary>Reads server-sent events by the letter of their specification, one at a time.</summary>
internal sealed class SseClient(HttpResponseMessage response) : IDisposable
{
    private readonly StreamReader _lines = new(response.Content.ReadAsStream());

    public HttpResponseMessage Response => response;

    public static async Task<SseClient> GetAsync(HttpClient client, string url, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return new SseClient(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    public static async Task<SseClient> PostAsync(HttpClient client, string url, object body, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = System.Net.Http.Json.JsonContent.Create(body) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return new SseClient(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    /// <summary>The next event or comment; null at the end of the stream.</summary>
    public async Task<SseFrame?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        string? id = null, comment = null, retry = null;
        var data = new List<string>();
        while (await _lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length == 0)
            {
                return new SseFrame(id, data.Count == 0 ? default : JsonElement.Parse(string.Join('\n', data)), comment, retry);
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (field, value) = (line[..colon], line[(colon + 1)..].TrimStart(' '));
            switch (field)
            {
                case "":
                    comment = value;
                    break;
                case "id":
                    id = value;
                    break;
                case "data":
                    data.Add(value);
                    break;
                case "retry":
                    retry = value;
                    break;
                default:
                    Assert.Fail($"Unexpected field {field}");
                    break;
            }
        }

        return null;
    }

    /// <summary>Everything to the end of the stream.</summary>
    public async Task<List<SseFrame>> AllAsync()
    {
        var frames = new List<SseFrame>();
        while (await NextAsync() is { } frame)
        {
            frames.Add(frame);
        }

        return frames;
    }

    /// <summary>The body as one JSON value, for a response that is no stream.</summary>
    public async Task<JsonElement> JsonAsync() => JsonElement.Parse(await _lines.ReadToEndAsync());

    public void Dispose()
    {
        _lines.Dispose();
        response.Dispose();
    }
}
