using System.Collections.Concurrent;
using ChatApp.Providers;
using ChatApp.Storage;
using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>
/// Runs that this process does not make: those that have ended, read from the database, and those that other nodes make, which are followed there for as long
/// as somebody reads them.
/// </summary>
public sealed partial class StoredRuns : IDisposable
{
    // A notice may be lost: so often the database is asked all the same.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>For so long after somebody read it at another node, a run is taken to be read there.</summary>
    internal static readonly TimeSpan WatchedFor = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(2);

    // After so many looks without anything new it is asked whether it is still made.
    private const int MostSilent = 15;

    private readonly ConcurrentDictionary<string, Known> _known = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly RunStore _store;
    private readonly TimeProvider _time;
    private readonly RunsOptions _options;
    private readonly ILogger<StoredRuns> _logger;
    private readonly IDisposable _noticing;

    public StoredRuns(RunStore store, StoreNotices notices, TimeProvider time, IOptions<RunsOptions> options, ILogger<StoredRuns> logger)
    {
        _store = store;
        _time = time;
        _options = options.Value;
        _logger = logger;
        _noticing = notices.Subscribe(OnNotice);
    }

    /// <summary>The run of that id; null where the database has none. Many who ask at once cost one read.</summary>
    /// <exception cref="StorageException">The database can't be read.</exception>
    public async Task<Run?> FindAsync(string id)
    {
        var known = _known.GetOrAdd(id, static _ => new Known());
        try
        {
            var run = await known.Load(() => LoadAsync(id, known));
            if (run is null)
            {
                Forget(id, known);
            }
            else if (!run.IsEnded)
            {
                // Its node may have shown more, and whoever comes from there must not be shown less.
                await CatchUpAsync(run);
            }

            return run;
        }
        catch
        {
            Forget(id, known);
            throw;
        }
    }

    /// <summary>Goes on with a run that this process made until it lost it.</summary>
    internal void Adopt(Run run)
    {
        var known = new Known();
        _ = known.Load(() => Task.FromResult<Run?>(run));
        _known[run.Id] = known;
        _ = FollowAsync(run, known);
    }

    /// <summary>The run as all who look at it here share it, up to its last stored event: it is not followed any more, since this process makes it from now on.</summary>
    internal async Task<Run?> ReleaseAsync(string id)
    {
        var run = await FindAsync(id);
        if (_known.TryRemove(id, out var known))
        {
            known.IsReleased = true;
            known.Changed.Set();
        }

        // Once more, and not from those who may be content with less.
        run?.AddStored(await _store.ReadAsync(id, run.Seq));
        return run;
    }

    /// <summary>What is stored of the run by now is shown, where somebody looks at it here.</summary>
    internal void Hurry(string id) => OnNotice(new StoreNotice(StoreNoticeKind.Run, id));

    /// <summary>The run is read anew when it is next asked for.</summary>
    internal void Forget(string id) => _known.TryRemove(id, out _);

    public void Dispose()
    {
        _noticing.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task<Run?> LoadAsync(string id, Known known)
    {
        if (await _store.FindAsync(id) is not { } row)
        {
            return null;
        }

        var run = row.HasEvents ? OfEvents(row, await _store.ReadAsync(id, 0)) : Run.OfText(row, _time);
        if (!run.IsEnded && RunStateExtensions.Parse(row.State).IsEnded())
        {
            // They were removed just now.
            run = Run.OfText(row, _time);
        }

        _ = run.IsEnded ? ForgetLaterAsync(id, known) : FollowAsync(run, known);
        return run;
    }

    private Run OfEvents(RunRow row, IReadOnlyList<RunBatch> batches)
    {
        try
        {
            return Run.OfEvents(row, batches, _time);
        }
        catch (InvalidDataException exception) when (row.Ending is not null)
        {
            // Its text is stored beside them.
            Log.Damaged(_logger, row.Id, exception.Message);
            return Run.OfText(row, _time);
        }
    }

    // To its end, though nobody reads it now: it is the one object that all who look at it here share.
    private async Task FollowAsync(Run run, Known known)
    {
        var (silent, watched, isLogged) = (0, default(long?), false);
        while (!run.IsEnded && !_stop.IsCancellationRequested && !known.IsReleased)
        {
            try
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await Task.WhenAny(known.Changed.WaitAsync(enough.Token).AsTask(), Task.Delay(Poll, _time, enough.Token));
                await enough.CancelAsync();
                if (known.IsReleased)
                {
                    return;
                }

                var before = run.Seq;
                run.AddStored(await _store.ReadAsync(run.Id, before));
                silent = run.Seq > before ? 0 : silent + 1;
                if (!run.IsEnded && run.HasReaders && (watched is null || _time.GetElapsedTime(watched.Value) >= WatchEvery))
                {
                    await _store.WatchAsync(run.Id);
                    watched = _time.GetTimestamp();
                }
            }
            catch (StorageException exception)
            {
                // The next time: readers wait meanwhile.
                Log.NotRead(_logger, run.Id, exception.Fault);
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                silent++;
                if (!isLogged)
                {
                    isLogged = true;
                    Log.Failed(_logger, run.Id, ExceptionTrace.Of(exception));
                }
            }

            if (silent > MostSilent)
            {
                silent = 0;
                await EndIfGoneAsync(run);
            }
        }

        if (!known.IsReleased)
        {
            await ForgetLaterAsync(run.Id, known);
        }
    }

    private async Task CatchUpAsync(Run run)
    {
        try
        {
            run.AddStored(await _store.ReadAsync(run.Id, run.Seq));
        }
        catch (Exception exception) when (exception is StorageException or InvalidDataException)
        {
            // What is known of it is shown; whoever follows it says so.
        }
    }

    // Its row is gone, or its end can't be read: nothing will come any more.
    private async Task EndIfGoneAsync(Run run)
    {
        try
        {
            if (await _store.StateAsync(run.Id) is { } state && !RunStateExtensions.Parse(state).IsEnded())
            {
                return;
            }

            await CatchUpAsync(run);
            run.Interrupt();
        }
        catch (StorageException exception)
        {
            Log.NotRead(_logger, run.Id, exception.Fault);
        }
    }

    private async Task ForgetLaterAsync(string id, Known known)
    {
        await Task.Delay(_options.KeepFinished, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Forget(id, known);
    }

    private void Forget(string id, Known known) => _known.TryRemove(KeyValuePair.Create(id, known));

    private void OnNotice(StoreNotice notice)
    {
        if (notice.Kind == StoreNoticeKind.Everything)
        {
            foreach (var known in _known.Values)
            {
                known.Changed.Set();
            }
        }
        else if (notice.Kind == StoreNoticeKind.Run && _known.TryGetValue(notice.Id, out var known))
        {
            known.Changed.Set();
        }
    }

    private sealed class Known
    {
        private readonly Lock _lock = new();
        private Task<Run?>? _run;

        public WakeSignal Changed { get; } = new();

        /// <summary>Whether this process makes the run by now.</summary>
        public volatile bool IsReleased;

        public Task<Run?> Load(Func<Task<Run?>> load)
        {
            lock (_lock)
            {
                return _run ??= load();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The events of run {RunId} can't be read, and only its text is shown: {Reason}")]
        public static partial void Damaged(ILogger logger, string runId, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Run {RunId} of another node can't be read now: {Fault}")]
        public static partial void NotRead(ILogger logger, string runId, StorageFault fault);

        [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId} of another node can't be followed\n{Trace}")]
        public static partial void Failed(ILogger logger, string runId, string trace);
    }
}
