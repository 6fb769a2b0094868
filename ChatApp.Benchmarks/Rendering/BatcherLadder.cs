using BenchmarkDotNet.Attributes;
using ChatApp.Rendering;
using Microsoft.AspNetCore.Components.Rendering;

namespace ChatApp.Benchmarks.Rendering;

/// <summary>
/// What a token costs on its way to the page, by how fast tokens come: renders that the batcher makes of them, beside a render for each token. A render
/// builds the frames of a paragraph of twenty elements. The clock is the ladder's own, so nothing is waited for.
/// </summary>
public class BatcherLadder
{
    private const int Tokens = 1000;

    [Params(20, 200, 2_000, 20_000)]
    public int TokensPerSecond { get; set; }

    [Benchmark(OperationsPerInvoke = Tokens, Baseline = true, Description = "render-each-token")]
    public async Task RenderEach()
    {
        using var builder = new RenderTreeBuilder();
        for (var i = 0; i < Tokens; i++)
        {
            await Task.Run(() => Draw(builder));
        }
    }

    [Benchmark(OperationsPerInvoke = Tokens, Description = "batcher")]
    public async Task Batch()
    {
        using var builder = new RenderTreeBuilder();
        await using var clock = new Clock();
        await using var batcher = new RenderBatcher(clock, TimeSpan.FromMilliseconds(50), () => Draw(builder));
        for (var i = 0; i < Tokens; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1.0 / TokensPerSecond));
            batcher.Signal();
            await batcher.Running;
            batcher.Rendered();
        }
    }

    private static Task Draw(RenderTreeBuilder builder)
    {
        builder.Clear();
        for (var i = 0; i < 20; i++)
        {
            builder.OpenElement(0, "span");
            builder.AddContent(1, "some text");
            builder.CloseElement();
        }

        return Task.CompletedTask;
    }

    /// <summary>A clock that stands still until it is moved, with one timer, which is all a batcher has.</summary>
    private sealed class Clock : TimeProvider, ITimer
    {
        private TimerCallback? _callback;
        private object? _state;
        private long _now;
        private long _due = long.MaxValue;

        public override long GetTimestamp() => _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return this;
        }

        public void Advance(TimeSpan by)
        {
            _now += by.Ticks;
            if (_now >= _due)
            {
                _due = long.MaxValue;
                _callback!(_state);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : _now + dueTime.Ticks;
            return true;
        }

        public void Dispose()
        {
            // It holds nothing.
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
