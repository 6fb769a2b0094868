using System.Text;
using System.Text.Json;

namespace ChatApp.Tests.Infrastructure;

/// <summary>A client that asks for a stored answer, keeps all it gets until it is cut, and can come back for the rest.</summary>
internal sealed class CutClient(string asked)
{
    private readonly StringBuilder _text = new();

    /// <summary>What it asks.</summary>
    public string Asked => asked;

    /// <summary>The run, once it heard of it.</summary>
    public string? RunId { get; private set; }

    /// <summary>The number of the last event it has.</summary>
    public long Last { get; private set; }

    /// <summary>The text it has.</summary>
    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>All its events but pieces of text, by their number.</summary>
    public Dictionary<long, string> Events { get; } = [];

    /// <summary>The last frame that it got, whatever it was.</summary>
    public SseFrame? LastFrame { get; private set; }

    /// <summary>Called for each frame.</summary>
    public Action OnFrame { get; init; } = () => { };

    /// <summary>Asks, and reads until the end or the cut.</summary>
    /// <returns>Whether the stream ended in order.</returns>
    public async Task<bool> AskAsync(HttpClient client, string model = "up/m")
    {
        try
        {
            using var stream = await SseClient.PostAsync(
                client, "/api/chat/stream", new { model, store = true, onDisconnect = "continue", messages = new[] { new { role = "user", content = asked } } });
            Assert.Equal(System.Net.HttpStatusCode.OK, stream.Response.StatusCode);
            RunId = stream.Response.Headers.GetValues("X-Run-Id").Single();
            await TakeAsync(stream);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return false;
        }
    }

    /// <summary>Comes back with the last event's id, and reads to the end.</summary>
    public async Task ResumeAsync(HttpClient client)
    {
        using var stream = await SseClient.GetAsync(client, $"/api/runs/{RunId}/events", $"{RunId}:{Last}");
        if (stream.Response.StatusCode != System.Net.HttpStatusCode.NoContent)
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, stream.Response.StatusCode);
            await TakeAsync(stream);
        }
    }

    /// <summary>Whether a reader of the whole run gets what this one has: the text a beginning of its text, each event the same.</summary>
    public async Task<CutClient> CompareAsync(HttpClient client)
    {
        var whole = new CutClient(asked) { RunId = RunId };
        await whole.ResumeAsync(client);
        Assert.StartsWith(Text, whole.Text, StringComparison.Ordinal);
        foreach (var (seq, json) in Events)
        {
            Assert.Equal(json, whole.Events[seq]);
        }

        return whole;
    }

    private async Task TakeAsync(SseClient stream)
    {
        while (await stream.NextAsync() is { } frame)
        {
            LastFrame = frame;
            if (frame.Data.ValueKind != JsonValueKind.Object || !frame.Data.TryGetProperty("seq", out _))
            {
                continue;
            }

            Assert.True(frame.Seq > Last, $"Event {frame.Seq} after {Last}");
            Last = frame.Seq;
            if (frame.Type == "token")
            {
                lock (_text)
                {
                    _text.Append(frame.Content);
                }
            }
            else
            {
                Events.Add(frame.Seq, frame.Data.GetRawText());
            }

            OnFrame();
        }
    }
}
