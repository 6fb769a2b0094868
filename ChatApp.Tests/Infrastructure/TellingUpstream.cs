using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace ChatApp.Tests.Infrastructure;

/// <summary>A provider that answers every question with pieces of random text until it is left, and notes what it sent when.</summary>
internal sealed class TellingUpstream : IAsyncDisposable
{
    private static readonly string[] Words = ["word ", "Größe ", "👋🏽 ", "\n\n", "日本語", "# x\n", "\"\\", "data: [DONE]\n", "e\u0301", "a"];

    private readonly FakeUpstream _upstream;
    private readonly int[] _running;

    private TellingUpstream(FakeUpstream upstream, int[] running) => (_upstream, _running) = (upstream, running);

    /// <summary>What was sent, by what was asked.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<(long At, string Text)>> Sent { get; private init; } = [];

    /// <summary>The app's settings for it; its model is <c>up/m</c>.</summary>
    public string[] Settings =>
        ["--ChatApp:Providers:up:Kind=openai", $"--ChatApp:Providers:up:Endpoint={_upstream.Endpoint}", "--ChatApp:Providers:up:Models:0=*"];

    /// <summary>Ends when the app has closed the connection of every question.</summary>
    public Task AllLeft => Eventually.Holds(() => Volatile.Read(ref _running[0]) == 0, "the app leaves");

    /// <param name="pause">Between two pieces, in milliseconds.</param>
    public static async Task<TellingUpstream> StartAsync(int pause)
    {
        var running = new int[1];
        var sent = new ConcurrentDictionary<string, ConcurrentQueue<(long At, string Text)>>();
        return new TellingUpstream(await FakeUpstream.StartAsync(async exchange =>
        {
            var asked = JsonElement.Parse(exchange.Body).GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
            var told = sent.GetOrAdd(asked, _ => []);
            var random = new Random(asked.GetHashCode(StringComparison.Ordinal));
            Interlocked.Increment(ref running[0]);
            try
            {
                while (!exchange.Aborted.IsCancellationRequested)
                {
                    var text = Words[random.Next(Words.Length)];
                    told.Enqueue((Stopwatch.GetTimestamp(), text));
                    await exchange.SendEventAsync(JsonSerializer.Serialize(new { choices = new[] { new { index = 0, delta = new { content = text } } } }));
                    await Task.Delay(pause, CancellationToken.None);
                }
            }
            finally
            {
                // It ends only when its client leaves.
                Interlocked.Decrement(ref running[0]);
            }
        }), running)
        { Sent = sent };
    }

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();
}
