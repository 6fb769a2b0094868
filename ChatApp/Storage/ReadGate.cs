using System.Diagnostics.CodeAnalysis;

namespace ChatApp.Storage;

/// <summary>
/// Holds reads back for a moment. SQLite can empty its write-ahead log only while nobody reads, and reads that overlap all the time leave no such moment: the log
/// would grow without end.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The event holds nothing to free: nobody takes its wait handle.")]
internal sealed class ReadGate
{
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _isQuiet = new(initialState: true);
    private TaskCompletionSource? _opening;
    private int _reading;

    /// <summary>Waits while reads are held back, then counts as one. <see cref="Leave"/> ends it.</summary>
    public async ValueTask EnterAsync()
    {
        while (true)
        {
            Task opening;
            lock (_lock)
            {
                if (_opening is null)
                {
                    _reading++;
                    _isQuiet.Reset();
                    return;
                }

                opening = _opening.Task;
            }

            await opening;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_reading == 0)
            {
                _isQuiet.Set();
            }
        }
    }

    /// <summary>Does <paramref name="act"/> while nobody reads, unless the reads that have begun take longer than <paramref name="patience"/>. For the writer's thread, which may block.</summary>
    public void WhileQuiet(Action act, TimeSpan patience)
    {
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _opening = opening;
        }

        try
        {
            if (_isQuiet.Wait(patience))
            {
                act();
            }
        }
        finally
        {
            lock (_lock)
            {
                _opening = null;
            }

            opening.SetResult();
        }
    }
}
