using System.Diagnostics;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The process is asked to end in the middle of stored answers.</summary>
public sealed class ShutdownTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("0s")]
    [InlineData("1s")]
    public async Task F20_Sigterm_StoresEveryAnswerAndReadersGoOnAtTheNextProcess(string drain)
    {
        using var storage = new TemporaryDirectory();
        await using var upstream = await TellingUpstream.StartAsync(pause: 20);
        var app = await AppProcess.StartAsync(storage, [.. upstream.Settings, $"--ChatApp:Runs:Drain={drain}"]);
        using var client = new HttpClient { BaseAddress = app.Url };
        var clients = Enumerable.Range(0, 50).Select(i => new CutClient($"{i}")).ToList();
        var streams = clients.Select(one => one.AskAsync(client)).ToList();
        await Eventually.Holds(() => clients.TrueForAll(one => one.Text.Length > 0), "every answer begins");

        var asked = Stopwatch.GetTimestamp();
        await app.TerminateAsync();
        var ended = await Task.WhenAll(streams);
        var code = await app.ExitCodeAsync();
        var took = Stopwatch.GetElapsedTime(asked);
        await app.DisposeAsync();

        output.WriteLine($"50 stored streams, drain {drain}: ended after {took.TotalMilliseconds:0} ms");
        Assert.Equal(0, code);
        Assert.DoesNotContain(false, ended);
        Assert.All(clients, one => Assert.Equal("shutdown", one.LastFrame!.Type));
        Assert.All(clients, one => Assert.NotNull(one.LastFrame!.Retry));
        Assert.Equal(0, await StoredFile.CountAsync(storage, "running"));
        Assert.Equal(50, await StoredFile.CountAsync(storage, "interrupted"));
        // In order: nothing is left in the log.
        Assert.False(File.Exists(storage[$"{StoredFile.Name}-wal"]));

        await using var next = await AppProcess.StartAsync(storage, upstream.Settings);
        using var again = new HttpClient { BaseAddress = next.Url };
        foreach (var one in clients)
        {
            var whole = await one.CompareAsync(again);
            await one.ResumeAsync(again);
            Assert.Equal(whole.Text, one.Text);
            Assert.Equal("complete", one.LastFrame!.Type);
            Assert.StartsWith(one.Text, string.Concat(upstream.Sent[one.Asked].Select(piece => piece.Text)), StringComparison.Ordinal);
            Assert.Equal(one.Text, JsonElement.Parse(await again.GetStringAsync($"/api/runs/{one.RunId}")).GetProperty("text").GetString());
        }

        Assert.True(took < TimeSpan.FromSeconds(20), "Ten times the bound of 2 s");
    }
}
