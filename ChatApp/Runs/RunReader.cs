using System.Threading.Channels;

namespace ChatApp.Runs;

/// <summary>
/// Reads a run from a cursor on: <see cref="Read"/> what is there, handle it, <see cref="WaitAsync"/> for more. It holds a number, not a
/// queue: a reader that takes its time costs nobody anything, and gets what it missed merged.
/// </summary>
public sealed class RunReader : IDisposable
{
    // A signal that is set or not: a second one before the first is seen adds nothing.
    private readonly Channel<bool> _signal =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Run _run;
    private readonly IDisposable _subscription;

    /// <param name="run">The run to read.</param>
    /// <param name="after">The number of the last event the reader has; 0 for none.</param>
    public RunReader(Run run, long after)
    {
        _run = run;
        Cursor = after;
        _subscription = run.Subscribe(Wake);
    }

    /// <summary>The number of the last event read.</summary>
    public long Cursor { get; private set; }

    /// <summary>Whether everything has been read and nothing more will come.</summary>
    public bool IsAtEnd => _run.IsEnded && Cursor >= _run.Seq;

    /// <summary>Adds what is new to <paramref name="events"/>, at most to event <paramref name="upTo"/>, and moves the cursor.</summary>
    public void Read(ICollection<RunEvent> events, long upTo = long.MaxValue) => Cursor = _run.Read(Cursor, events, upTo);

    /// <summary>Ends when the run has changed since the last wait, or <see cref="Wake"/> was called. One waiter at a time.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        await _signal.Reader.WaitToReadAsync(cancellationToken);
        _signal.Reader.TryRead(out _);
    }

    /// <summary>Ends a wait, or the next one, though nothing was written: for heartbeats and goodbyes.</summary>
    public void Wake() => _signal.Writer.TryWrite(true);

    public void Dispose() => _subscription.Dispose();
}
