namespace ChatApp.Tests.Infrastructure;

/// <summary>A clock that moves only when told to. Timers fire inside <see cref="Advance"/>, in order of their due times, on the caller's thread.</summary>
public sealed class FakeTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are waiting: lets a test see that something is armed before it moves the clock.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <summary>Whether a timer falls due so much later, and no earlier.</summary>
    public bool IsArmed(TimeSpan after)
    {
        lock (_lock)
        {
            return _timers.Exists(timer => timer.Due == _elapsed + after);
        }
    }

    // Not from 0: a timestamp of 0 would hide code that takes it for "never".
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return TimeSpan.TicksPerHour + _elapsed.Ticks;
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _start + _elapsed;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, firing every timer that falls due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan target;
        lock (_lock)
        {
            target = _elapsed + by;
        }

        while (true)
        {
            FakeTimer next;
            lock (_lock)
            {
                if (_timers.Where(timer => timer.Due <= target).MinBy(timer => timer.Due) is not { } due)
                {
                    _elapsed = target;
                    return;
                }

                next = due;
                _elapsed = next.Due > _elapsed ? next.Due : _elapsed;
                next.Rearm();
            }

            next.Fire();
        }
    }

    private sealed class FakeTimer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var fireNow = false;
            lock (time._lock)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime == TimeSpan.Zero && period <= TimeSpan.Zero)
                {
                    fireNow = true;
                }
                else if (dueTime >= TimeSpan.Zero)
                {
                    Due = time._elapsed + dueTime;
                    time._timers.Add(this);
                }
            }

            if (fireNow)
            {
                // As a real timer would: soon, on another thread.
                ThreadPool.QueueUserWorkItem(_ => Fire());
            }

            return true;
        }

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                time._timers.Remove(this);
            }
        }

        public void Fire() => callback(state);

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return ValueTask.CompletedTask;
        }
    }
}
