namespace ChatApp.Runs;

/// <summary>
/// Reads a run from a cursor on: <see cref="Read"/> what is there, handle it, <see cref="WaitAsync"/> for more. It holds a number, not a
/// queue: a reader that takes its time costs nobody anything, and gets what it missed merged.
/// </summary>
public sealed class RunReader : IDisposable
{
    private readonly Run _run;
    private readonly WakeSignal _signal;
    private readonly IDisposable _subscription;

    /// <param name="run">The run to read.</param>
    /// <param name="after">The number of the last event the reader has; 0 for none.</param>
    /// <param name="signal">Set at every change; for one who reads several runs and waits for all of them. Null for a signal of its own.</param>
    public RunReader(Run run, long after, WakeSignal? signal = null)
    {
        _run = run;
        _signal = signal ?? new WakeSignal();
        Cursor = after;
        _subscription = run.Subscribe(Wake);
    }

    /// <summary>The number of the last event read.</summary>
    public long Cursor { get; private set; }

    /// <summary>Whether everything has been read and nothing more will come.</summary>
    public bool IsAtEnd => _run.IsEnded && Cursor >= _run.Seq;

    /// <summary>Adds what is new to <paramref name="events"/>, at most <paramref name="most"/> events and up to event <paramref name="upTo"/>, and moves the cursor.</summary>
    public void Read(ICollection<RunEvent> events, int most = int.MaxValue, long upTo = long.MaxValue) => Cursor = _run.Read(Cursor, events, most, upTo);

    /// <summary>Ends when the run has changed since the last wait, or <see cref="Wake"/> was called. One waiter at a time.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default) => _signal.WaitAsync(cancellationToken);

    /// <summary>Ends a wait, or the next one, though nothing was written: for heartbeats and goodbyes.</summary>
    public void Wake() => _signal.Set();

    public void Dispose() => _subscription.Dispose();
}
