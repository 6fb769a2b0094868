using System.Diagnostics;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using static ChatApp.Tests.Providers.OpenAIWireTests;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>A stopped answer of a kernel closes its connector's connection at once, whatever HTTP client the connector has.</summary>
[Collection(MeasuredAlone.Name)]
public sealed class KernelStopTests(ITestOutputHelper output)
{
    private const int Rounds = 100;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task Stop_OfAnAnswer_ClosesTheConnectionWithin50Ms(bool whileReading, bool isClient)
    {
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Deltas("""{"content":"Hi"}"""));
            await x.HangAsync();
        });
        using var client = UpstreamPlay.Client(KernelPlay.Provider((IKernelBuilder builder) => _ = isClient
            ? builder.AddOpenAIChatClient("gpt", upstream.Endpoint, UpstreamPlay.Key, serviceId: "m")
            : builder.AddOpenAIChatCompletion("gpt", upstream.Endpoint, UpstreamPlay.Key, serviceId: "m")));
        var times = new List<double>();
        for (var round = 0; round < Rounds + 1; round++)
        {
            times.Add(await StopAsync(client, upstream, whileReading));
        }

        // The first pays for the code's compilation.
        times.RemoveAt(0);
        times.Sort();
        output.WriteLine($"{(isClient ? "client" : "service")}, {(whileReading ? "during a read" : "between reads")}: median {times[Rounds / 2]:F2} ms, p90 {times[Rounds * 9 / 10]:F2} ms, most {times[^1]:F2} ms");

        // A busy machine may hold up a round or two, but none as long as a drain would.
        Assert.InRange(times[Rounds * 9 / 10], 0, 50);
        Assert.InRange(times[^2], 0, 500);
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

        var reading = whileReading ? updates.MoveNextAsync().AsTask() : null;
        var stopped = Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        if (reading is not null)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }

        await updates.DisposeAsync();
        var left = await upstream.Exchanges.Last().Left.WaitAsync(Eventually.Limit);
        return Stopwatch.GetElapsedTime(stopped, left).TotalMilliseconds;
    }
}
