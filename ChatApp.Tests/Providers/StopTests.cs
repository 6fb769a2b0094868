using System.Diagnostics;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredAlone
{
    public const string Name = "Measured alone";
}

/// <summary>A stopped answer costs its provider nothing more: the connection is closed at once.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class StopTests(ITestOutputHelper output)
{
    private const int Rounds = 200;

    [Theory]
    [InlineData("openai", true)]
    [InlineData("openai", false)]
    [InlineData("anthropic", true)]
    [InlineData("anthropic", false)]
    public async Task Stop_OfAnAnswer_ClosesTheConnectionWithin50Ms(string kind, bool whileReading)
    {
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(kind == "openai" ? OpenAIWireTests.Deltas("""{"content":"Hi"}""") : AnthropicTests.Start + AnthropicTests.Text("Hi"));
            await x.HangAsync();
        });
        using var client = UpstreamPlay.Client(kind == "openai" ? UpstreamPlay.OpenAI(upstream) : UpstreamPlay.Anthropic(upstream));
        var times = new List<double>();
        for (var round = 0; round < Rounds + 1; round++)
        {
            times.Add(await StopAsync(client, upstream, whileReading));
        }

        // The first pays for the code's compilation.
        times.RemoveAt(0);
        times.Sort();
        var (p90, p99) = (At(0.90), At(0.99));
        output.WriteLine($"{kind}, {(whileReading ? "during a read" : "between reads")}: median {times[times.Count / 2]:F2} ms, p99 {p99:F2} ms of {times.Count}");

        // A busy machine may hold up a round or two, but none as long as a drain would.
        Assert.InRange(p90, 0, 50);
        Assert.InRange(p99, 0, 500);

        double At(double share) => times[(int)Math.Ceiling(times.Count * share) - 1];
    }

    private static async Task<double> StopAsync(IChatClient client, FakeUpstream upstream, bool whileReading)
    {
        using var stop = new CancellationTokenSource();
        var updates = client.GetStreamingResponseAsync([UpstreamPlay.Hello], cancellationToken: stop.Token).GetAsyncEnumerator(stop.Token);
        do
        {
            Assert.True(await updates.MoveNextAsync());
        }
        while (updates.Current.Text != "Hi");

        long stopped;
        if (whileReading)
        {
            var reading = updates.MoveNextAsync().AsTask();
            stopped = Stopwatch.GetTimestamp();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            await updates.DisposeAsync();
        }
        else
        {
            stopped = Stopwatch.GetTimestamp();
            await stop.CancelAsync();
            await updates.DisposeAsync();
        }

        var left = await upstream.Exchanges.Last().Left.WaitAsync(Eventually.Limit);
        return Stopwatch.GetElapsedTime(stopped, left).TotalMilliseconds;
    }
}
