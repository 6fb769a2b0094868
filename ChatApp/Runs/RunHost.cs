using System.Collections.Concurrent;
using ChatApp.Providers;
using ChatApp.Security;
using ChatApp.Storage;
using ChatApp.Telemetry;
using ChatApp.Tools;
using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>Starts runs and owns them until they end: nobody else cancels one, times it out or forgets it.</summary>
public sealed partial class RunHost : IDisposable
{
    private readonly ConcurrentDictionary<string, OwnedRun> _runs = new();
    private readonly Dictionary<string, (string Fingerprint, OwnedRun Owned)> _keys = [];
    private readonly Lock _starting = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly IModelCatalog _catalog;
    private readonly RunsOptions _options;
    private readonly RunMeters _meters;
    private readonly TimeProvider _time;
    private readonly ILogger<RunHost> _logger;
    private readonly CallerLimits? _limits;
    private readonly RunJournal? _journal;
    private readonly RunStore? _store;
    private readonly StoredRuns? _stored;
    private readonly NodeStore? _nodes;
    private readonly ConversationStore? _conversations;
    private readonly KeyRing? _callers;
    private readonly AgentCatalog? _agents;
    private readonly ModelPaces _paces;
    private readonly ToolBox? _tools;
    private readonly ToolsOptions _toolsOptions;
    private bool _draining;
    private Task? _drained;

    public RunHost(
        IModelCatalog catalog, IOptions<RunsOptions> options, RunMeters meters, TimeProvider time, ILogger<RunHost> logger, CallerLimits? limits = null,
        RunJournal? journal = null, RunStore? store = null, StoredRuns? stored = null, NodeStore? nodes = null, ConversationStore? conversations = null,
        ToolBox? tools = null, IOptions<ToolsOptions>? toolsOptions = null, AgentCatalog? agents = null, ModelPaces? paces = null, KeyRing? callers = null)
    {
        _catalog = catalog;
        _options = options.Value;
        _meters = meters;
        _time = time;
        _logger = logger;
        _limits = limits;
        (_journal, _store, _stored, _nodes, _conversations) = (journal, store, stored, nodes, conversations);
        (_tools, _toolsOptions) = (tools, toolsOptions?.Value ?? new ToolsOptions());
        _callers = callers;
        (_agents, _paces) = (agents, paces ?? new ModelPaces());
        Closing = _closing.Token;
    }

    /// <summary>Cancelled once the drain time is over: readers say goodbye and leave.</summary>
    public CancellationToken Closing { get; }

    /// <summary>Whether the process is ending; no run can be started any more.</summary>
    public bool IsDraining => Volatile.Read(ref _draining);

    /// <summary>Starts a run, or finds the one that an earlier request with the same idempotency key started.</summary>
    /// <exception cref="UnknownModelException">There is no such model.</exception>
    /// <exception cref="UnknownToolException">There is no tool of a name.</exception>
    /// <exception cref="ProviderUnavailableException">The model's provider can't be used now.</exception>
    /// <exception cref="IdempotencyMismatchException">The key was used for another request.</exception>
    /// <exception cref="ShuttingDownException">The process is ending.</exception>
    /// <exception cref="OverLimitException">The caller, or all together, have as much as they may.</exception>
    /// <exception cref="KeyRemovedException">The caller's key was taken out.</exception>
    public StartedRun Start(RunRequest request)
    {
        lock (_starting)
        {
            if (FindStarted(request.Idempotency) is { } known)
            {
                return known;
            }

            return Launch(Prepare(request), request.Idempotency);
        }
    }

    // Makes the run with its place among its caller's, and reads nothing yet.
    private Prepared Prepare(RunRequest request, bool isStored = false)
    {
        if (_draining)
        {
            throw new ShuttingDownException();
        }

        var asked = Ask(request);
        var place = _limits?.StartRun(request.Caller, request.IsStreamed);
        var id = Guid.CreateVersion7(_time.GetUtcNow()).ToString("n");
        var clients = (request.Options?.Tools ?? []).Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        var run = new Run(id, asked.Model, request, _time, isStored)
        {
            Ending = Count,
            ClientTools = clients,
            HasTools = HasTools(asked, clients),
        };
        if (isStored)
        {
            run.Approving = fingerprint => _ = KeepApprovalAsync(run, fingerprint);
            run.Settling = (approval, answer) => SettleAsync(run, approval, answer);
            run.Asking = () => KeepRequestAsync(run, request, asked);
        }

        var pump = new RunPump(run, asked.Request, asked.Agents, _options, _meters, _time, _logger, _toolsOptions, _paces) { Others = asked.Others };
        var owned = new OwnedRun(run, request.OnDisconnect ?? _options.OnDisconnect, _meters, _time, EndAbandonedAsync) { Place = place, Node = isStored ? _nodes!.Id : null };
        return new Prepared(owned, pump, request.Caller);
    }

    private static bool HasTools(Asked asked, IReadOnlySet<string> clients) => asked.Agents.Any(agent => agent.Tools.Any(tool => !clients.Contains(tool.Name)));

    private StartedRun Launch(Prepared prepared, IdempotencyKey? key)
    {
        var (owned, pump, caller) = prepared;
        var run = owned.Run;
        _runs[run.Id] = owned;
        if (key is not null)
        {
            _keys[key.Key] = (key.Fingerprint, owned);
        }

        // Nobody could read or stop it any more.
        owned.Revoking = caller.Revoked.UnsafeRegister(_ => _ = StopAsync(run), null);
        _meters.RunStarted(run.Provider);
        Log.Started(_logger, run.Id, run.Provider);
        owned.Reading = Task.Run(() => OwnAsync(owned, pump.ReadAsync, key?.Key));
        return new StartedRun(run, Replayed: false);
    }

    /// <summary>
    /// The run that an earlier request with this key started; null where there is none, or no key. A run that its asker's leaving cancels
    /// answers for its key only while it is being made and once it is whole: whoever asks again after a failure wants another try.
    /// </summary>
    /// <exception cref="IdempotencyMismatchException">The key was used for another request.</exception>
    public StartedRun? FindStarted(IdempotencyKey? key)
    {
        lock (_starting)
        {
            return key is null || !_keys.TryGetValue(key.Key, out var known) || known.Owned.IsSpent ? null
                : known.Fingerprint == key.Fingerprint ? new StartedRun(known.Owned.Run, Replayed: true)
                : throw new IdempotencyMismatchException();
        }
    }

    /// <summary>The run of that id, if this process makes it or has just made it; null for any other, and for somebody else's.</summary>
    public Run? FindOwn(string id, Caller caller) => _runs.TryGetValue(id, out var owned) && caller.MaySee(owned.Run.Owner) ? owned.Run : null;

    /// <summary>The run of that id, whoever made it; null where there is none, or it was not stored and has been forgotten, or it is somebody else's.</summary>
    /// <exception cref="StorageException">The database can't be read.</exception>
    public async ValueTask<Run?> FindAsync(string id, Caller caller) =>
        FindOwn(id, caller) ?? (_stored is not null && IsId(id) && await _stored.FindAsync(id) is { } run && caller.MaySee(run.Owner) ? run : null);

    // As it is made: what a caller sends is not asked of the database, whatever it is.
    private static bool IsId(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower);

    /// <summary>Says that a caller reads the run as a stream, which counts against their limit; disposing the result says that they left.</summary>
    /// <exception cref="OverLimitException">They, or all together, have as many open as they may. The run then has a reader less, as if they had left.</exception>
    /// <exception cref="KeyRemovedException">The caller's key was taken out.</exception>
    public IDisposable OpenStream(Run run, Caller caller)
    {
        var attached = Attach(run);
        try
        {
            return _limits is null ? attached : new OpenedStream(attached, _limits.OpenStream(caller));
        }
        catch
        {
            attached.Dispose();
            throw;
        }
    }

    /// <summary>Says that somebody reads the run; disposing the result says that they left.</summary>
    public IDisposable Attach(Run run) => _runs.TryGetValue(run.Id, out var owned) ? owned.Attach() : OwnedRun.Nobody;

    /// <summary>How many readers the run has now.</summary>
    public int ReadersOf(Run run) => _runs.TryGetValue(run.Id, out var owned) ? owned.Readers : 0;

    /// <summary>
    /// Stops a run: freezes its text, closes the connection to the provider, and returns once that is done. A run that had ended stays as
    /// it was.
    /// </summary>
    public Task<StopResult> StopAsync(Run run) => _runs.TryGetValue(run.Id, out var owned) ? EndAsync(owned.Run, RunState.Cancelled)
        : run.IsEnded ? EndAsync(run, RunState.Cancelled)
        : StopElsewhereAsync(run);

    /// <summary>Takes no new runs, gives the running ones the drain time to finish, then lets readers go and ends the rest as interrupted.</summary>
    public Task DrainAsync()
    {
        lock (_starting)
        {
            _draining = true;
            return _drained ??= EndAllAsync();
        }
    }

    public void Dispose() => _closing.Dispose();

    private async Task EndAllAsync()
    {
        var running = _runs.Values.Where(owned => !owned.Run.HasEnded).ToList();
        Log.Draining(_logger, running.Count, _options.Drain);
        using var enough = new CancellationTokenSource(_options.Drain, _time);
        await WaitUntilIdleAsync(running, enough.Token);

        // Readers are let go first: those of an answer that is cut now are told to come back, rather than that it is over.
        var closing = _closing.CancelAsync();
        await Task.WhenAll(_runs.Values.Where(owned => !owned.Run.HasEnded).Select(owned => LeaveOrEndAsync(owned)));
        await closing;
    }

    // One that waits for a person may do so for days: it is not waited for.
    private static async Task WaitUntilIdleAsync(List<OwnedRun> running, CancellationToken enough)
    {
        var changed = new WakeSignal();
        var subscriptions = running.ConvertAll(owned => owned.Run.Subscribe(changed.Set));
        foreach (var owned in running)
        {
            _ = owned.Reading.ContinueWith(_ => changed.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        while (running.Exists(owned => !owned.Reading.IsCompleted && !owned.Run.CanLeave) && !enough.IsCancellationRequested)
        {
            await changed.WaitAsync(enough).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        subscriptions.ForEach(subscription => subscription.Dispose());
    }

    private Task LeaveOrEndAsync(OwnedRun owned) => owned.Run.TryLeave() ? owned.StopReadingAsync() : EndAsync(owned.Run, RunState.Interrupted);

    private async Task<StopResult> EndAsync(Run run, RunState state)
    {
        var asked = _time.GetTimestamp();
        var ended = run.TryEnd(state);
        if (_runs.TryGetValue(run.Id, out var owned))
        {
            await owned.StopReadingAsync();
        }

        var took = _time.GetElapsedTime(asked);
        await WaitUntilSavedAsync(run);
        if (ended)
        {
            _meters.Stopped(run.Provider, took);
            Log.Stopped(_logger, run.Id, state, took.TotalMilliseconds);
        }

        return new StopResult(run.WrittenState, run.Seq, !ended, took);
    }

    private void Count(Run run, DoneEvent done)
    {
        var (metrics, usage) = (done.Metrics, done.Usage);
        if (metrics.TtftMs is { } ttft)
        {
            _meters.FirstToken(run.Provider, TimeSpan.FromMilliseconds(ttft));
        }

        _meters.RunEnded(run.Provider, done.Reason.ToWire(), metrics.Tokens, TimeSpan.FromMilliseconds(metrics.DurationMs), metrics.TokensPerSecond);
        _meters.TokensUsed(run.Provider, usage.InputTokens, usage.OutputTokens);
    }

    private async Task OwnAsync(OwnedRun owned, Func<CancellationToken, Task> read, string? key)
    {
        try
        {
            await read(owned.Stop);
        }
        catch (Exception exception)
        {
            // A mistake of ours ends this run only; its place and its readers are let go all the same.
            owned.Run.TryEnd(RunState.Failed, RunProblem.Internal());
            Log.Failed(_logger, owned.Run.Id, ExceptionTrace.Of(exception));
        }

        owned.OnEnded();
        Log.Ended(_logger, owned.Run.Id, owned.Run.State);
        _ = ForgetAsync(owned, key);
    }

    private async Task ForgetAsync(OwnedRun owned, string? key)
    {
        // What is not stored yet is known here alone. A run that was lost is let go by whoever lost it.
        await (owned.Run.IsStored ? owned.Run.Ended : Task.CompletedTask);
        await Task.Delay(_options.KeepFinished, _time, Closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_starting)
        {
            _runs.TryRemove(owned.Run.Id, out _);
            if (key is not null && _keys.TryGetValue(key, out var known) && known.Owned == owned)
            {
                _keys.Remove(key);
            }
        }
    }

    private sealed record Prepared(OwnedRun Owned, RunPump Pump, Caller Caller);

    private sealed class OpenedStream(IDisposable attached, IDisposable place) : IDisposable
    {
        public void Dispose()
        {
            attached.Dispose();
            place.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Run {RunId} started on {Provider}")]
        public static partial void Started(ILogger logger, string runId, string provider);

        [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId} failed\n{Trace}")]
        public static partial void Failed(ILogger logger, string runId, string trace);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Run {RunId} ended {State}")]
        public static partial void Ended(ILogger logger, string runId, RunState state);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Run {RunId} stopped as {State} in {Milliseconds:0.0} ms")]
        public static partial void Stopped(ILogger logger, string runId, RunState state, double milliseconds);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Whether run {RunId} is read elsewhere can't be asked now ({Fault}); it goes on")]
        public static partial void NotAsked(ILogger logger, string runId, StorageFault fault);

        [LoggerMessage(Level = LogLevel.Information, Message = "Shutting down: {Running} running answers get {Drain} to finish")]
        public static partial void Draining(ILogger logger, int running, TimeSpan drain);
    }
}
