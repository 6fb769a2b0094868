namespace ChatApp.Rendering;

/// <summary>
/// Turns many signals into few renders: the first at once, then at most one per interval, never two at a time, the last never lost.
/// A browser that lags is asked less often: <see cref="Rendered"/> comes after its acknowledgement, and the next render waits for it.
/// A render that throws does not end the batcher. The exception goes to <c>onError</c>, for which a component passes
/// <c>DispatchExceptionAsync</c>; without one it comes out of <see cref="FlushAsync"/>.
/// </summary>
public sealed class RenderBatcher : IAsyncDisposable
{
    // Beyond this an acknowledgement is taken as lost: better one render too many than a page that stands still.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Func<Task> _render;
    private readonly Func<Exception, Task>? _onError;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();

    private Task _running = Task.CompletedTask;
    private bool _dirty;
    private bool _isRunning;
    private bool _isDisposed;
    private bool _isAcknowledged = true;
    private long _started;
    private long _notBefore = long.MinValue;

    /// <param name="time">The clock.</param>
    /// <param name="interval">The shortest time between the starts of two renders.</param>
    /// <param name="render">Renders; a component passes a delegate that goes through <c>InvokeAsync</c>.</param>
    /// <param name="onError">Told of a render that threw.</param>
    public RenderBatcher(TimeProvider time, TimeSpan interval, Func<Task> render, Func<Exception, Task>? onError = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(render);
        _time = time;
        Interval = interval;
        _render = render;
        _onError = onError;
        _timer = time.CreateTimer(static state => ((RenderBatcher)state!).StartIfDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The shortest time between the starts of two renders. Whoever renders may change it meanwhile; it counts from the next one on.</summary>
    public TimeSpan Interval { get; set; }

    /// <summary>The render under way, or the last one.</summary>
    internal Task Running
    {
        get
        {
            lock (_lock)
            {
                return _running;
            }
        }
    }

    /// <summary>Something changed. Thread-safe and cheap; any number of signals before a render make one render.</summary>
    public void Signal()
    {
        lock (_lock)
        {
            _dirty = true;
        }

        StartIfDue();
    }

    /// <summary>The browser has acknowledged the last render; called from <c>OnAfterRenderAsync</c>.</summary>
    public void Rendered()
    {
        lock (_lock)
        {
            if (_isAcknowledged)
            {
                return;
            }

            _isAcknowledged = true;
            // The next one comes an interval after this one has arrived, and a little later for the work that each makes on both sides. A browser
            // that took 400 ms gets it no sooner than 200 ms after that.
            var now = _time.GetTimestamp();
            var lag = _time.GetElapsedTime(_started, now);
            _notBefore = Later(now, Max(Interval + Min(2 * lag, Interval / 4), Min(lag, LongestWait) / 2));
        }

        StartIfDue();
    }

    /// <summary>Renders now whatever is pending, and waits for it.</summary>
    public async ValueTask FlushAsync()
    {
        while (true)
        {
            Task running;
            bool isLast;
            lock (_lock)
            {
                isLast = !_isRunning && (!_dirty || _isDisposed);
                if (!_isRunning && !isLast)
                {
                    Start();
                }

                running = _running;
            }

            // Also the one that has ended already: it may have failed.
            await running;
            if (isLast)
            {
                return;
            }
        }
    }

    /// <summary>No render starts after this; one under way is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_lock)
        {
            _isDisposed = true;
            running = _running;
        }

        await _timer.DisposeAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void StartIfDue()
    {
        lock (_lock)
        {
            if (!_dirty || _isRunning || _isDisposed)
            {
                return;
            }

            var now = _time.GetTimestamp();
            var due = _isAcknowledged ? _notBefore : Later(_started, LongestWait);
            if (now < due)
            {
                // Timers count whole milliseconds and round down; one that comes too early would only come again.
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(_time.GetElapsedTime(now, due).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }

            Start();
        }
    }

    // Called under the lock; the render itself runs outside of it.
    private void Start()
    {
        _dirty = false;
        _isRunning = true;
        _isAcknowledged = false;
        _started = _time.GetTimestamp();
        _notBefore = Later(_started, Interval);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running = gate.Task;
        _ = Task.Run(() => RunAsync(gate));
    }

    private async Task RunAsync(TaskCompletionSource done)
    {
        var failure = await TryAsync(_render);
        if (failure is { } original && _onError is { } report)
        {
            failure = await TryAsync(() => report(original)) is { } second ? new AggregateException(original, second) : null;
        }

        lock (_lock)
        {
            _isRunning = false;
        }

        // Whoever flushes sees what nobody else was told.
        if (failure is null)
        {
            done.SetResult();
        }
        else
        {
            done.SetException(failure);
        }

        StartIfDue();
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private long Later(long timestamp, TimeSpan by) => timestamp + (long)(by.TotalSeconds * _time.TimestampFrequency);

    private static async Task<Exception?> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
