using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

/// <summary>Two processes of the app on one PostgreSQL: any of them serves any stored run, and one may die.</summary>
public sealed class NodesTests(NodePair nodes, ITestOutputHelper output) : IClassFixture<NodePair>
{
    private static readonly string Numbers = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i} "));

    private static void SkipWithoutPostgres() => Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");

    [Fact]
    public async Task F21_RunOfAnotherNode_IsReadResumedAndStopped()
    {
        SkipWithoutPostgres();
        using var atA = await NodePair.AskAsync(nodes.ClientA);
        var run = RunOf(atA);
        using var atB = await SseClient.GetAsync(nodes.ClientB, $"/api/runs/{run}/events");
        var (framesA, framesB) = (await ReadUntilAsync(atA, 20), await ReadUntilAsync(atB, 20));

        // What A has shown, B knows as well: a reader may change over at any time.
        using var resumed = await SseClient.GetAsync(nodes.ClientB, $"/api/runs/{run}/events", framesA[^1].Id);
        Assert.Equal(HttpStatusCode.OK, resumed.Response.StatusCode);
        var later = await ReadUntilAsync(resumed, 20);
        var status = await NodePair.StatusAsync(nodes.ClientB, run);
        Assert.Equal("running", status.GetProperty("state").GetString());
        Assert.StartsWith(TextOf(framesA), status.GetProperty("text").GetString(), StringComparison.Ordinal);

        var asked = Stopwatch.GetTimestamp();
        using var stop = await nodes.ClientB.PostAsync($"/api/runs/{run}/cancel", null);
        output.WriteLine($"stopped from the other node after {Stopwatch.GetElapsedTime(asked).TotalMilliseconds:0} ms");
        var stopped = await stop.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.OK, stop.StatusCode);
        Assert.Equal("cancelled", stopped.GetProperty("state").GetString());
        await nodes.Upstream.Exchanges.Last().Left.WaitAsync(Eventually.Limit);

        framesA.AddRange(await atA.AllAsync());
        framesB.AddRange(await atB.AllAsync());
        later.AddRange(await resumed.AllAsync());
        var text = (await NodePair.StatusAsync(nodes.ClientA, run)).GetProperty("text").GetString()!;
        Assert.StartsWith(text, Numbers, StringComparison.Ordinal);
        Assert.Equal(text, TextOf(framesA));
        Assert.Equal(text, TextOf(framesB));
        Assert.EndsWith(TextOf(later), text, StringComparison.Ordinal);
        Assert.Equal(text, (await NodePair.StatusAsync(nodes.ClientB, run)).GetProperty("text").GetString());
        Assert.All(new[] { framesA, framesB, later }, frames => Assert.Equal("cancelled", ReasonOf(frames)));
        Assert.All(new[] { framesA, framesB, later }, frames => Assert.Equal(framesA[^1].Id, frames[^1].Id));
    }

    [Fact]
    public async Task F21_Reader_AtAnotherNode_IsHardlyLater()
    {
        SkipWithoutPostgres();
        using var atA = await NodePair.AskAsync(nodes.ClientA);
        using var atB = await SseClient.GetAsync(nodes.ClientB, $"/api/runs/{RunOf(atA)}/events");
        var (timesA, timesB) = (TimesAsync(atA), TimesAsync(atB));
        var lags = (await timesA).Zip(await timesB, (a, b) => (b - a).TotalMilliseconds).Order().ToList();
        using var stop = await nodes.ClientA.PostAsync($"/api/runs/{RunOf(atA)}/cancel", null);
        output.WriteLine($"the other node is later by {lags[lags.Count / 2]:0} ms, at most {lags[^1]:0} ms");

        Assert.True(lags[lags.Count / 2] < 2000, "Ten times the bound");
    }

    [Fact]
    public async Task Ask_AtTwoNodesAtOnce_MakesOneRun()
    {
        SkipWithoutPostgres();
        using var first = await NodePair.AskAsync(nodes.ClientA, NodePair.Brief);
        var conversation = (await first.NextAsync())!.Data.GetProperty("conversationId").GetString()!;
        await first.AllAsync();
        for (var i = 0; i < 5; i++)
        {
            var asked = await Task.WhenAll(
                NodePair.AskAsync(nodes.ClientA, NodePair.Brief, conversation), NodePair.AskAsync(nodes.ClientB, NodePair.Brief, conversation));
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], asked.Select(one => one.Response.StatusCode).Order());
            var won = asked.Single(one => one.Response.IsSuccessStatusCode);
            Assert.Equal($"/api/runs/{RunOf(won)}", (await asked.Single(one => one != won).JsonAsync()).GetProperty("run").GetString());
            Assert.Equal("completed", ReasonOf(await won.AllAsync()));
            Array.ForEach(asked, one => one.Dispose());

            // With a key the same request twice is one, wherever it comes in.
            var key = $"key-{conversation}-{i}";
            var same = await Task.WhenAll(
                NodePair.AskAsync(nodes.ClientA, NodePair.Brief, conversation, key), NodePair.AskAsync(nodes.ClientB, NodePair.Brief, conversation, key));
            Assert.Single(same.Select(RunOf).Distinct());
            Assert.Single(same, one => one.Response.Headers.Contains("Idempotent-Replay"));
            var both = await Task.WhenAll(same.Select(one => one.AllAsync()));
            Assert.Single(both.Select(TextOf).Distinct());
            Array.ForEach(same, one => one.Dispose());
        }

        Assert.Equal("11", await nodes.QueryAsync($"SELECT count(*) FROM runs WHERE conversation_id = '{conversation}'"));
    }

    [Fact]
    public async Task F21_KilledNode_LeavesWhatWasStored()
    {
        SkipWithoutPostgres();
        using var atA = await NodePair.AskAsync(nodes.ClientA);
        var run = RunOf(atA);
        var connected = await atA.NextAsync();
        using var atB = await SseClient.GetAsync(nodes.ClientB, $"/api/runs/{run}/events");
        var seen = await ReadUntilAsync(atA, 50);
        var frames = await ReadUntilAsync(atB, 50);
        await nodes.KillAAsync();
        var killed = Stopwatch.GetTimestamp();
        try
        {
            frames.AddRange(await atB.AllAsync());
            var took = Stopwatch.GetElapsedTime(killed);
            output.WriteLine($"interrupted {took.TotalSeconds:0.0} s after the kill, with a lease of {NodePair.Lease.TotalSeconds:0} s");

            Assert.Equal("interrupted", ReasonOf(frames));
            Assert.True(took < TimeSpan.FromSeconds(15));
            Assert.Equal((await NodePair.StatusAsync(nodes.ClientB, run)).GetProperty("text").GetString(), TextOf(frames));
            Assert.Equal(TextOf(frames), await nodes.QueryAsync($"SELECT m.text FROM messages m JOIN runs r ON r.message_id = m.id WHERE r.id = '{run}'"));
            Assert.StartsWith(TextOf(seen), TextOf(frames), StringComparison.Ordinal);
            Assert.StartsWith(TextOf(frames), Numbers, StringComparison.Ordinal);

            using var next = await NodePair.AskAsync(nodes.ClientB, NodePair.Brief, connected!.Data.GetProperty("conversationId").GetString());
            Assert.Equal("completed", ReasonOf(await next.AllAsync()));
        }
        finally
        {
            await nodes.RestartAAsync();
        }
    }

    [Fact]
    public async Task F23_P05_NodeThatStoodStill_WritesNoMore()
    {
        SkipWithoutPostgres();
        using var atA = await NodePair.AskAsync(nodes.ClientA);
        var run = RunOf(atA);
        using var atB = await SseClient.GetAsync(nodes.ClientB, $"/api/runs/{run}/events");
        var framesA = await ReadUntilAsync(atA, 20);
        var framesB = await ReadUntilAsync(atB, 20);
        await nodes.A.SignalAsync("STOP");
        try
        {
            using var stop = await nodes.ClientB.PostAsync($"/api/runs/{run}/cancel", null);
            Assert.Equal(HttpStatusCode.Accepted, stop.StatusCode);
            Assert.Equal($"/api/runs/{run}", stop.Headers.Location?.ToString());
            Assert.False((await stop.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("stopSignalled").GetBoolean());

            framesB.AddRange(await atB.AllAsync());
        }
        finally
        {
            await nodes.A.SignalAsync("CONT");
        }

        Assert.Contains(ReasonOf(framesB), new[] { "interrupted", "cancelled" });
        var stored = await StoredAsync(run);
        framesA.AddRange(await atA.AllAsync());
        Assert.Equal(TextOf(framesB), TextOf(framesA));
        Assert.Equal(ReasonOf(framesB), ReasonOf(framesA));
        await nodes.Upstream.Exchanges.Last().Left.WaitAsync(Eventually.Limit);

        // It is a node like any other again, once it has registered.
        await Eventually.HoldsAsync(
            async () =>
            {
                using var next = await NodePair.AskAsync(nodes.ClientA, NodePair.Brief);
                return next.Response.IsSuccessStatusCode && ReasonOf(await next.AllAsync()) == "completed";
            },
            "the node serves again");
        Assert.Equal(stored, await StoredAsync(run));
        Assert.Equal("2", await nodes.QueryAsync("SELECT count(*) FROM nodes"));
    }

    private async Task<string> StoredAsync(string run) => await nodes.QueryAsync(
        $"SELECT r.state || ' ' || r.seq || ' ' || (SELECT sum(length(data)) || '/' || max(last_seq) FROM run_events e WHERE e.run = r.number) || ' ' || m.text FROM runs r JOIN messages m ON m.id = r.message_id WHERE r.id = '{run}'");

    private static string RunOf(SseClient stream) => stream.Response.Headers.GetValues("X-Run-Id").Single();

    private static string TextOf(IEnumerable<SseFrame> frames) => string.Concat(frames.Where(frame => frame.Type == "token").Select(frame => frame.Content));

    private static string? ReasonOf(IEnumerable<SseFrame> frames) => frames.Last(frame => frame.Type == "done").Data.GetProperty("reason").GetString();

    // Until so many numbers have come.
    private static async Task<List<SseFrame>> ReadUntilAsync(SseClient stream, int numbers)
    {
        var frames = new List<SseFrame>();
        for (var left = numbers; left > 0;)
        {
            var frame = await stream.NextAsync() ?? throw new InvalidOperationException("The stream ended.");
            frames.Add(frame);
            left -= frame.Type == "token" ? frame.Content.Count(letter => letter == ' ') : 0;
        }

        return frames;
    }

    // When each of the numbers from 20 to 120 was there.
    private static async Task<List<TimeSpan>> TimesAsync(SseClient stream)
    {
        var (times, count) = (new List<TimeSpan>(), 0);
        while (count < 120 && await stream.NextAsync() is { } frame)
        {
            var now = TimeSpan.FromSeconds((double)Stopwatch.GetTimestamp() / Stopwatch.Frequency);
            for (var i = frame.Type == "token" ? frame.Content.Count(letter => letter == ' ') : 0; i > 0; i--, count++)
            {
                if (count is >= 20 and < 120)
                {
                    times.Add(now);
                }
            }
        }

        return times;
    }
}
