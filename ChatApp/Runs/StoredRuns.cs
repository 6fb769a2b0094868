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
    internal static readonly TimeSpan WatchedFor = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(5);

    // Nobody reads it: whoever comes then finds it in the database again.
    private const int IdlePolls = 60;

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

        var run = row.HasEvents ? Run.OfEvents(row, await _store.ReadAsync(id, 0), _time) : Run.OfText(row, _time);
        _ = run.IsEnded ? ForgetLaterAsync(id, known) : FollowAsync(run, known);
        return run;
    }

    private async Task FollowAsync(Run run, Known known)
    {
        var watched = default(long?);
        for (var idle = 0; !run.IsEnded && idle < IdlePolls && !_stop.IsCancellationRequested; idle = run.HasReaders ? 0 : idle + 1)
        {
            try
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await Task.WhenAny(known.Changed.WaitAsync(enough.Token).AsTask(), Task.Delay(Poll, _time, enough.Token));
                await enough.CancelAsync();
                run.AddStored(await _store.ReadAsync(run.Id, run.Seq));
                if (!run.IsEnded && run.HasReaders && (watched is null || _time.GetElapsedTime(watched.Value) >= WatchEvery))
                {
                    watched = _time.GetTimestamp();
                    await _store.WatchAsync(run.Id);
                }
            }
            catch (StorageException exception)
            {
                // The next time: readers wait meanwhile.
                Log.NotRead(_logger, run.Id, exception.Fault);
            }
            catch (Exception exception)
            {
                Log.Failed(_logger, run.Id, ExceptionTrace.Of(exception));
                break;
            }
        }

        if (run.IsEnded)
        {
            await ForgetLaterAsync(run.Id, known);
        }
        else
        {
            Forget(run.Id, known);
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
        [LoggerMessage(Level = LogLevel.Debug, Message = "Run {RunId} of another node can't be read now: {Fault}")]
        public static partial void NotRead(ILogger logger, string runId, StorageFault fault);

        [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId} of another node can't be followed\n{Trace}")]
        public static partial void Failed(ILogger logger, string runId, string trace);
    }
}
