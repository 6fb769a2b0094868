using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Providers;

public sealed class ScriptedPaceTests
{
    [Theory]
    [InlineData("ttft=200;rate=80;tokens=5", new double[] { 200, 213, 225, 238, 250 })]
    [InlineData("ttft=0;rate=1000;tokens=4", new double[] { 0, 1, 2, 3 })]
    [InlineData("ttft=50;rate=0;tokens=3", new double[] { 50, 50, 50 })]
    [InlineData("ttft=10;rate=0.5;tokens=2", new double[] { 10, 2010 })]
    [InlineData("ttft=10;rate=100;tokens=4;stall=3000@2", new double[] { 10, 20, 3030, 3040 })]
    [InlineData("ttft=10;rate=100;tokens=2;stall=500@0", new double[] { 510, 520 })]
    [InlineData("ttft=10;rate=100;tokens=2;reasoning=2;stall=500@0", new double[] { 10, 20, 530, 540 })]
    [InlineData("ttft=10;rate=100;tokens=2;stall=500@1;text=ab cd ef", new double[] { 10, 520, 530 })]
    public async Task Tokens_OfAScript_ComeWhenDue(string model, double[] expected)
    {
        var came = await PlayedStream.PlayAsync(time => ScriptedPlay.Client(model, time), ScriptedPlay.Hello);

        Assert.Equal(expected, came.Take(expected.Length).Select(update => update.Ms));
        Assert.Equal(expected.Length + 1, came.Count);
    }

    [Fact]
    public async Task Tokens_ForAReaderThatFellBehind_ComeAtOnce()
    {
        var time = new FakeTime();
        using var client = ScriptedPlay.Client("ttft=0;rate=100;tokens=20", time);
        await using var reader = client.GetStreamingResponseAsync([ScriptedPlay.Hello]).GetAsyncEnumerator();
        await reader.MoveNextAsync();

        time.Advance(TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 10; i++)
        {
            var due = reader.MoveNextAsync().AsTask();
            Assert.True(due.IsCompleted && await due);
        }

        var next = reader.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.True(await next);
    }

    [Theory]
    [InlineData("ttft=5000")]
    [InlineData("ttft=0;stall=5000@0")]
    [InlineData("ttft=0;rate=0.001")]
    public async Task Cancel_WhileItWaits_EndsItAtOnce(string model)
    {
        var time = new FakeTime();
        using var stop = new CancellationTokenSource();
        using var client = ScriptedPlay.Client(model, time);
        var reading = Task.Run(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync([ScriptedPlay.Hello], null, stop.Token))
            {
            }
        });
        await Eventually.Holds(() => time.ArmedTimers > 0, "the wait");

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(0, time.ArmedTimers);
    }

    [Fact]
    public async Task Cancel_AtFullSpeed_EndsItAtTheNextToken()
    {
        using var stop = new CancellationTokenSource();
        using var client = ScriptedPlay.Client("ttft=0;rate=0;tokens=2000000000");
        var read = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync([ScriptedPlay.Hello], null, stop.Token))
            {
                if (++read == 1000)
                {
                    await stop.CancelAsync();
                }
            }
        });

        Assert.Equal(1000, read);
    }

    [Theory]
    [InlineData("tokens=1", "connected, first byte")]
    [InlineData("status=500", "connected")]
    public async Task Timings_OfARequest_AreReported(string model, string expected)
    {
        var told = new Timings();
        UpstreamTimings.Current = told;

        await Record.ExceptionAsync(() => ScriptedPlay.AllAsync(model));

        Assert.Equal(expected, string.Join(", ", told.Moments));
    }

    private sealed class Timings : UpstreamTimings
    {
        public List<string> Moments { get; } = [];

        public override void OnConnected() => Moments.Add("connected");

        public override void OnFirstByte() => Moments.Add("first byte");
    }
}
