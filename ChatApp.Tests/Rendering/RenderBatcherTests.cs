using ChatApp.Rendering;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Rendering;

public class RenderBatcherTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly FakeTime _time = new();
    private int _renders;

    [Fact]
    public async Task Signal_WhenIdle_RendersAtOnce()
    {
        await using var batcher = Create();
        batcher.Signal();
        await Settle(batcher, 1);
        Assert.Equal(1, _renders);
    }

    [Fact]
    public async Task Signal_ManyWithinTheInterval_RendersOnceMore()
    {
        await using var batcher = Create();
        batcher.Signal();
        await Settle(batcher, 1);
        batcher.Rendered();
        for (var i = 0; i < 100; i++)
        {
            batcher.Signal();
        }

        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.Equal(1, _renders);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Settle(batcher, 2);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, _renders);
    }

    [Fact]
    public async Task Interval_Longer_CountsFromTheNextRenderOn()
    {
        await using var batcher = Create();
        batcher.Signal();
        await Settle(batcher, 1);
        batcher.Interval = 2 * Interval;
        batcher.Rendered();
        batcher.Signal();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(1, _renders);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Settle(batcher, 2);
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(400, 50)]
    [InlineData(1_000, 75)]
    [InlineData(1_600, 100)]
    [InlineData(1_000_000, 100)]
    public void IntervalAt_Length_GrowsToTwice(int length, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), new RenderingOptions().At(length));

    [Fact]
    public async Task Signal_WhileRendering_IsNotLostAndDoesNotOverlap()
    {
        var gate = new TaskCompletionSource();
        var running = 0;
        var most = 0;
        await using var batcher = new RenderBatcher(_time, Interval, async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Interlocked.Increment(ref _renders);
            await gate.Task;
            Interlocked.Decrement(ref running);
        });
        batcher.Signal();
        batcher.Signal();
        _time.Advance(TimeSpan.FromSeconds(5));
        gate.SetResult();
        await batcher.FlushAsync();
        Assert.Equal(1, most);
        Assert.InRange(_renders, 1, 2);
        batcher.Signal();
        await batcher.FlushAsync();
        Assert.Equal(0, running);
    }

    [Fact]
    public async Task Signal_BrowserHasNotAcknowledged_WaitsButNotForEver()
    {
        await using var batcher = Create();
        batcher.Signal();
        await Settle(batcher, 1);
        batcher.Signal();
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(1, _renders);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Settle(batcher, 2);
        Assert.Equal(2, _renders);
    }

    [Fact]
    public async Task Rendered_BrowserLags_StretchesTheInterval()
    {
        await using var batcher = Create();
        batcher.Signal();
        await Settle(batcher, 1);
        _time.Advance(TimeSpan.FromMilliseconds(400));
        batcher.Rendered();
        batcher.Signal();
        _time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.Equal(1, _renders);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Settle(batcher, 2);
    }

    [Fact]
    public async Task FlushAsync_Pending_RendersWithoutWaiting()
    {
        await using var batcher = Create();
        batcher.Signal();
        await Settle(batcher, 1);
        batcher.Signal();
        await batcher.FlushAsync();
        Assert.Equal(2, _renders);
    }

    [Fact]
    public async Task Render_Throws_IsReportedAndTheNextRenders()
    {
        var reported = new List<Exception>();
        await using var batcher = new RenderBatcher(
            _time,
            Interval,
            () => ++_renders == 1 ? throw new InvalidOperationException("first") : Task.CompletedTask,
            error =>
            {
                reported.Add(error);
                return Task.CompletedTask;
            });
        batcher.Signal();
        await batcher.FlushAsync();
        batcher.Signal();
        await batcher.FlushAsync();
        Assert.Equal("first", Assert.Single(reported).Message);
        Assert.Equal(2, _renders);
    }

    [Fact]
    public async Task Render_ThrowsAndNobodyIsTold_FlushThrows()
    {
        await using var batcher = new RenderBatcher(_time, Interval, () => throw new InvalidOperationException("lost"));
        batcher.Signal();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await batcher.FlushAsync());
    }

    [Fact]
    public async Task DisposeAsync_RenderUnderWay_WaitsAndStartsNoOther()
    {
        var gate = new TaskCompletionSource();
        var batcher = new RenderBatcher(_time, Interval, () =>
        {
            _renders++;
            return gate.Task;
        });
        batcher.Signal();
        var disposed = batcher.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);
        gate.SetResult();
        await disposed;
        batcher.Signal();
        await batcher.FlushAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, _renders);
        Assert.Equal(0, _time.ArmedTimers);
    }

    private RenderBatcher Create() => new(_time, Interval, () =>
    {
        Interlocked.Increment(ref _renders);
        return Task.CompletedTask;
    });

    // A render runs on the thread pool.
    private async Task Settle(RenderBatcher batcher, int renders)
    {
        await batcher.Running;
        Assert.Equal(renders, Volatile.Read(ref _renders));
    }
}
