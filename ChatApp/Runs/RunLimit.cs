namespace ChatApp.Runs;

/// <summary>How long a run may take. The time in which it waits for a person is not counted.</summary>
internal sealed class RunLimit(TimeSpan most, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _over = new(most, time);
    private readonly Lock _lock = new();
    private TimeSpan _left = most;
    private long _since = time.GetTimestamp();
    private int _pauses;

    /// <summary>Cancelled when it has taken as long as it may.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Stops the clock until the result is disposed; of several pauses, the last one to end starts it again.</summary>
    public IDisposable Pause()
    {
        lock (_lock)
        {
            if (_pauses++ == 0)
            {
                _left -= time.GetElapsedTime(_since);
                _over.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }

        return new Paused(this);
    }

    public void Dispose() => _over.Dispose();

    private void Resume()
    {
        lock (_lock)
        {
            if (--_pauses == 0)
            {
                _since = time.GetTimestamp();
                _over.CancelAfter(_left > TimeSpan.Zero ? _left : TimeSpan.Zero);
            }
        }
    }

    private sealed class Paused(RunLimit limit) : IDisposable
    {
        public void Dispose() => limit.Resume();
    }
}
