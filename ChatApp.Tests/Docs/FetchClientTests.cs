using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Docs;

/// <summary><c>docs/fetch-client.js</c> in Node: what it reads, and what it does when connections break.</summary>
public sealed class FetchClientTests(ITestOutputHelper output)
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:9");

    [Fact]
    public async Task Parse_AnyLineEndsAndCuts_GivesTheSameMessages()
    {
        var found = await NodeClient.RunAsync("fetch-client.mjs", Nowhere, "parse", $"{Random.Shared.Next()}", "20000");

        Assert.True(found.GetProperty("messages").GetInt32() > 1000);
    }

    [Fact]
    public async Task F01_ConnectionsCutAnywhere_TextComesOnceAndRunsStartOnce()
    {
        await using var app = await TestApp.StartAsync();
        var text = string.Join(' ', Enumerable.Range(1, 120).Select(n => $"{n}-é😀"));
        var seed = Random.Shared.Next(1_000_000);
        const int Count = 5;
        var runs = await NodeClient.RunAsync("fetch-client.mjs", app.Client.BaseAddress!, "chaos", $"{seed}", $"{Count}", $"scripted/rate=1500;text={text}");

        output.WriteLine($"Seed {seed}: {runs.EnumerateArray().Sum(run => run.GetProperty("cuts").GetInt32())} cuts");
        Assert.True(runs.EnumerateArray().Sum(run => run.GetProperty("cuts").GetInt32()) > Count, "The proxy cut too seldom");
        foreach (var run in runs.EnumerateArray())
        {
            var seqs = run.GetProperty("seqs").EnumerateArray().Select(seq => seq.GetInt64()).ToList();
            Assert.Equal(text, run.GetProperty("text").GetString());
            Assert.Equal("completed", run.GetProperty("done").GetString());
            Assert.Equal(seqs.Distinct().Order(), seqs);
        }

        var summary = JsonElement.Parse(await app.Client.GetStringAsync("/api/metrics"));
        Assert.Equal(Count, summary.GetProperty("totalStreams").GetInt32());
    }

    [Fact]
    public async Task Cancel_OfALiveRun_StopsItAndEndsTheLoop()
    {
        await using var app = await TestApp.StartAsync();
        var seen = await NodeClient.RunAsync("fetch-client.mjs", app.Client.BaseAddress!, "cancel", "scripted/rate=50;tokens=100000");

        Assert.Equal("cancelled", seen.GetProperty("state").GetString());
        Assert.Equal("cancelled", seen.GetProperty("done").GetString());
    }

    [Theory]
    [InlineData("retriedPost", """{"text":"hi","seqs":[1,2,3],"requests":3,"sameKey":true,"waited":true}""")]
    [InlineData("refused", """{"requests":1,"name":"ChatError","status":400,"type":"urn:chatapp:problem:validation","message":"No messages."}""")]
    [InlineData("givesUp", """{"requests":3,"status":502}""")]
    [InlineData("goodbyes", """{"text":"hi","seqs":[1,2,3],"asked":["POST /api/chat/stream","GET /api/runs/r/events r:1","GET /api/runs/r/events r:2"],"waited":true}""")]
    [InlineData("nothingLeft", """{"text":"","seqs":[1]}""")]
    [InlineData("silent", """{"text":"","seqs":[1,2],"last":"r:1"}""")]
    [InlineData("aborted", """{"seen":["connected","enough"],"requests":1}""")]
    [InlineData("abortedWhileWaiting", """{"message":"enough"}""")]
    [InlineData("noAddress", """{"name":"TypeError"}""")]
    public async Task Ask_ServerThatPlays_DoesWhatItShould(string play, string seen) =>
        Assert.Equal(seen, (await NodeClient.RunAsync("fetch-client.mjs", Nowhere, play)).GetRawText());
}
