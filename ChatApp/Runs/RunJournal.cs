using System.Collections.Concurrent;
using ChatApp.Providers;
using ChatApp.Storage;
using ChatApp.Telemetry;
using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>
/// Stores what runs write, of all of them together, every few milliseconds, and shows it to readers once it is stored. What a database does not take stays
/// in the runs and is tried again.
/// </summary>
public sealed partial class RunJournal : IAsyncDisposable
{
    // Between two tries while the database does not take anything: soon at first, then each second.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<RunSaving> _written = [];
    private readonly WakeSignal _signal = new();
    private readonly WakeSignal _due = new();
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly RunStore _store;
    private readonly StorageOptions _options;
    private readonly RunMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger<RunJournal> _logger;
    private readonly Task _loop;
    private readonly ConcurrentQueue<TaskCompletionSource> _flushes = [];
    private bool _isDelayed;

    public RunJournal(RunStore store, IOptions<StorageOptions> options, RunMeters meters, TimeProvider time, ILogger<RunJournal> logger)
    {
        _store = store;
        _options = options.Value;
        _meters = meters;
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(_ => _due.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _loop = Task.Run(SaveAllAsync);
    }

    /// <summary>Whether the database does not take what is written, so that readers wait.</summary>
    public bool IsDelayed => Volatile.Read(ref _isDelayed);

    /// <summary>Raised on any thread when <see cref="IsDelayed"/> changed.</summary>
    public event Action? DelayChanged;

    /// <summary>Raised when this node lost its lease: the runs it makes are not its own any more.</summary>
    internal event Action? Fenced;

    /// <summary>Stores a run from now on.</summary>
    /// <param name="run">The run.</param>
    /// <param name="overflow">Ends it, once more of it waits for the database than may.</param>
    /// <param name="lost">Lets go of it: it is not this node's any more.</param>
    /// <param name="saved">The number of the last event that is stored.</param>
    internal void Open(Run run, Action overflow, Action lost, long saved = 0)
    {
        run.Saving = new RunSaving(this, run, overflow, lost) { Saved = saved };
        run.Saving.OnWritten(urgent: true);
    }

    internal void Enqueue(RunSaving saving)
    {
        _written.Enqueue(saving);
        _signal.Set();
    }

    internal void Hurry() => _due.Set();

    /// <summary>Ends when all that was written so far is stored, or <paramref name="enough"/> is cancelled.</summary>
    internal async Task FlushAsync(CancellationToken enough)
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _flushes.Enqueue(flush);
        Hurry();
        _signal.Set();
        await flush.Task.WaitAsync(enough);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await _timer.DisposeAsync();
        _stop.Dispose();
    }

    private async Task SaveAllAsync()
    {
        var (last, pause) = (0L, TimeSpan.Zero);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_written.IsEmpty && _flushes.IsEmpty)
                {
                    await _signal.WaitAsync(_stop.Token);
                }

                // At least so long since the last time, but for what somebody waits for.
                var left = pause > TimeSpan.Zero ? pause : last == 0 ? TimeSpan.Zero : _options.CommitInterval - _time.GetElapsedTime(last);
                if (left > TimeSpan.Zero)
                {
                    await (pause > TimeSpan.Zero ? Task.Delay(left, _time, _stop.Token) : WaitAsync(left));
                }

                last = _time.GetTimestamp();
                pause = await SaveAsync() ? TimeSpan.Zero : Min(LongestPause, pause == TimeSpan.Zero ? FirstPause : pause * 2);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Nothing that is wrong with one batch may end the journal: everybody waits for it.
                Log.Failed(_logger, ExceptionTrace.Of(exception));
                pause = LongestPause;
            }
        }
    }

    // Forty times a second while anything is written: one timer, and nothing that ends by an exception.
    private async Task WaitAsync(TimeSpan left)
    {
        _timer.Change(left, Timeout.InfiniteTimeSpan);
        await _due.WaitAsync(_stop.Token);
    }

    // False where the database did not take it.
    private async Task<bool> SaveAsync()
    {
        _due.Reset();
        var flushes = _flushes.Count;
        var taken = new List<(RunSaving Saving, RunBatch Batch)>();
        try
        {
            for (var count = _written.Count; count > 0 && _written.TryDequeue(out var saving); count--)
            {
                saving.OnTaken();
                if (Take(saving) is { } batch)
                {
                    taken.Add((saving, batch));
                }
            }

            if (taken.Count > 0)
            {
                await CommitAsync(taken);
            }

            SetDelayed(false);
            for (; flushes > 0 && _flushes.TryDequeue(out var flush); flushes--)
            {
                flush.TrySetResult();
            }

            return true;
        }
        catch (StorageException exception) when (exception.Fault == StorageFault.Fenced)
        {
            Log.Fenced(_logger);
            // It registers again; what is its own by then is stored then.
            KeepFor(taken.Select(entry => entry.Saving));
            Fenced?.Invoke();
            return false;
        }
        catch (StorageException exception)
        {
            Log.Delayed(_logger, taken.Count, exception.Fault, exception.Message);
            KeepFor(taken.Select(entry => entry.Saving));
            SetDelayed(true);
            return false;
        }
        catch (Exception exception)
        {
            // A mistake of ours. What was taken is tried again with the rest: its readers wait for it.
            Log.Failed(_logger, ExceptionTrace.Of(exception));
            KeepFor(taken.Select(entry => entry.Saving));
            return false;
        }
    }

    // One run that can't be written down must not keep the others waiting.
    private RunBatch? Take(RunSaving saving)
    {
        try
        {
            return saving.Run.TakeUnsaved(saving.Saved, _time.GetUtcNow());
        }
        catch (Exception exception)
        {
            Log.NotWrittenDown(_logger, saving.Run.Id, ExceptionTrace.Of(exception));
            saving.Run.DropUnsaved(RunProblem.Internal());
            saving.Overflow();
            return saving.Run.TakeUnsaved(saving.Saved, _time.GetUtcNow());
        }
    }

    private async Task CommitAsync(List<(RunSaving Saving, RunBatch Batch)> taken)
    {
        var began = _time.GetTimestamp();
        var lost = await _store.CommitAsync([.. taken.Select(entry => entry.Batch)]);
        _meters.Committed(taken.Count, _time.GetElapsedTime(began));
        foreach (var (saving, batch) in taken)
        {
            if (lost.Contains(batch.RunId, StringComparer.Ordinal))
            {
                saving.Lost();
                continue;
            }

            saving.Saved = batch.LastSeq;
            saving.Run.Show(batch.LastSeq);
        }
    }

    // What was not taken stays in its run. It may not grow for ever.
    private void KeepFor(IEnumerable<RunSaving> savings)
    {
        foreach (var saving in savings)
        {
            if (saving.Run.Hidden > _options.MaxUnsaved)
            {
                saving.Overflow();
            }

            saving.OnWritten(urgent: false);
        }
    }

    private void SetDelayed(bool value)
    {
        if (value != IsDelayed)
        {
            Volatile.Write(ref _isDelayed, value);
            DelayChanged?.Invoke();
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The events of {Runs} runs are not stored yet ({Fault}): {Reason}")]
        public static partial void Delayed(ILogger logger, int runs, StorageFault fault, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "This node was silent for longer than its lease; the answers it was making are interrupted")]
        public static partial void Fenced(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "New events of run {RunId} can't be stored; they are dropped and the run fails\n{Trace}")]
        public static partial void NotWrittenDown(ILogger logger, string runId, string trace);

        [LoggerMessage(Level = LogLevel.Error, Message = "Storing events failed; it is tried again\n{Trace}")]
        public static partial void Failed(ILogger logger, string trace);
    }
}
