using ChatApp.Storage;

namespace ChatApp.Runs;

/// <summary>Runs that belong to a conversation: they are stored, and any node can read and stop them.</summary>
public sealed partial class RunHost
{
    // Whoever stops a run waits for the database no longer than this; the text is frozen all the same.
    private static readonly TimeSpan SavePatience = TimeSpan.FromSeconds(1);

    // How long another node may take to stop what it makes.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Starts a run once <paramref name="turn"/>, what it answers, is stored with it; or finds the one that an earlier request with the same idempotency key
    /// started, on any node.
    /// </summary>
    /// <param name="request">What to ask.</param>
    /// <param name="turn">What is added to the conversation, given the run's row.</param>
    /// <returns>The run, or why nothing was added.</returns>
    /// <exception cref="StorageException">The database did not take it; nothing was started.</exception>
    /// <remarks>Otherwise it throws as <see cref="Start"/> does.</remarks>
    internal async Task<(StartedRun? Started, TurnOutcome Outcome)> StartAsync(RunRequest request, Func<RunRow, NewTurn> turn)
    {
        Prepared prepared;
        lock (_starting)
        {
            if (FindStarted(request.Idempotency) is { } known)
            {
                return (known, new TurnOutcome(TurnOutcomeKind.Repeated, known.Run.Id));
            }

            prepared = Prepare(request, isStored: true);
            // Before it is stored: whoever reads of it in the database finds it here, and does not take it for another node's.
            _runs[prepared.Owned.Run.Id] = prepared.Owned;
        }

        var owned = prepared.Owned;
        TurnOutcome outcome;
        try
        {
            outcome = await _store!.AddAsync(turn(Row(owned, request)));
        }
        catch
        {
            Discard(owned);
            throw;
        }

        if (outcome.Kind != TurnOutcomeKind.Added)
        {
            Discard(owned);
            return (outcome.Kind == TurnOutcomeKind.Repeated ? await FindRepeatedAsync(request, outcome) : null, outcome);
        }

        _journal!.Open(owned.Run, () => EndUnsaved(owned), () => _ = LoseAsync(owned));
        StartedRun started;
        lock (_starting)
        {
            started = Launch(prepared, request.Idempotency);
        }

        if (owned.Node != _nodes!.Id)
        {
            // Lost meanwhile, and whoever lost the others may not have seen it yet.
            await LoseAsync(owned);
        }

        return (started, outcome);
    }

    /// <summary>Whether this process makes the run, has just made it, or is about to.</summary>
    internal bool Makes(string id) => _runs.ContainsKey(id) || _taking.ContainsKey(id);

    /// <summary>Whether somebody reads the run at another node.</summary>
    internal async Task<bool> IsReadElsewhereAsync(Run run) => run.IsStored && _nodes is { IsShared: true } && await _store!.IsWatchedAsync(run.Id, StoredRuns.WatchedFor);

    /// <summary>Ended runs are not to be found any more: what they belong to was deleted. One that is still being made is forgotten after its end, as ever.</summary>
    public void Forget(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            if (_runs.TryGetValue(id, out var owned) && owned.Run.IsEnded)
            {
                _runs.TryRemove(KeyValuePair.Create(id, owned));
            }

            _stored?.Forget(id);
        }
    }

    /// <summary>Stops a run that this node makes, for somebody at another one.</summary>
    internal async Task StopOwnAsync(string id)
    {
        if (_runs.TryGetValue(id, out var owned))
        {
            await EndAsync(owned.Run, RunState.Cancelled);
        }
    }

    /// <summary>This node has registered again, and its runs from before are not its own any more: it stops making them, and follows what others store of them.</summary>
    internal Task LoseStoredAsync() =>
        Task.WhenAll(_runs.Values.Where(owned => owned.Run is { IsStored: true, IsEnded: false } && owned.Node != _nodes!.Id).Select(LoseAsync));

    private async Task LoseAsync(OwnedRun owned)
    {
        var run = owned.Run;
        var isCounted = run.HasEnded;
        if (run.IsEnded)
        {
            return;
        }

        // First: what is read from here on is not the run's any more.
        if (run.Disown())
        {
            _stored!.Adopt(run);
        }
        else
        {
            isCounted = true;
        }

        _runs.TryRemove(run.Id, out _);
        await owned.StopReadingAsync();
        if (!isCounted)
        {
            var metrics = run.GetMetrics();
            _meters.RunEnded(run.Provider, RunState.Interrupted.ToWire(), metrics.Tokens, TimeSpan.FromMilliseconds(metrics.DurationMs), metrics.TokensPerSecond);
        }
    }

    // Nothing of it is stored: it never was.
    private void Discard(OwnedRun owned)
    {
        _runs.TryRemove(owned.Run.Id, out _);
        owned.OnEnded();
    }

    // Nobody reads it here any more. It may be read at another node, which says so to the database.
    private async Task EndAbandonedAsync(OwnedRun owned)
    {
        if (owned.Run.IsWaiting)
        {
            // Who is asked for a yes or no may take their time, and come back for it.
            owned.LookAgainAfter(StoredRuns.WatchedFor);
            return;
        }

        try
        {
            if (await IsReadElsewhereAsync(owned.Run))
            {
                owned.LookAgainAfter(StoredRuns.WatchedFor);
                return;
            }
        }
        catch (StorageException exception)
        {
            // Rather an answer that nobody reads than one that is cut under its reader.
            Log.NotAsked(_logger, owned.Run.Id, exception.Fault);
            owned.LookAgainAfter(StoredRuns.WatchedFor);
            return;
        }

        // A reader may have come back while that was asked.
        if (owned.Readers == 0)
        {
            await StopAsync(owned.Run);
        }
    }

    private static RunRow Row(OwnedRun owned, RunRequest request) => new()
    {
        Id = owned.Run.Id,
        ConversationId = request.ConversationId!,
        MessageId = request.MessageId!,
        Owner = request.Caller.StoredName,
        Model = owned.Run.Model,
        State = RunState.Running.ToWire(),
        Node = owned.Node!,
        Created = owned.Run.Created,
        IdempotencyKey = request.Idempotency?.Key,
        Fingerprint = request.Idempotency?.Fingerprint,
    };

    private async Task<StartedRun?> FindRepeatedAsync(RunRequest request, TurnOutcome outcome)
    {
        if (outcome.Fingerprint != request.Idempotency?.Fingerprint)
        {
            throw new IdempotencyMismatchException();
        }

        return await FindAsync(outcome.RunId!, request.Caller) is { } run ? new StartedRun(run, Replayed: true) : null;
    }

    private async Task<StopResult> StopElsewhereAsync(Run run)
    {
        var asked = _time.GetTimestamp();
        var isEnded = await EndParkedAsync(run.Id);
        // Where it can't be asked it has ended already, and its end is on its way.
        var isAsked = isEnded || await _store!.AskStopAsync(run.Id);
        if (!isEnded && _runs.TryGetValue(run.Id, out var owned))
        {
            // Taken over here meanwhile.
            return await EndAsync(owned.Run, RunState.Cancelled);
        }

        if (isEnded || await EndParkedAsync(run.Id))
        {
            _stored!.Hurry(run.Id);
        }

        await WaitAsync(run.Ended, StopPatience);
        return new StopResult(run.State, run.Seq, AlreadyEnded: run.IsEnded && (!isAsked || run.State != RunState.Cancelled), _time.GetElapsedTime(asked)) { IsSignalled = run.IsEnded };
    }

    private Task WaitUntilSavedAsync(Run run) => run.IsStored && !run.IsEnded
        ? WaitAsync(run.Ended, SavePatience)
        : Task.CompletedTask;

    private async Task WaitAsync(Task task, TimeSpan patience) => await task.WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // More of it waits for the database than may. What is stored stays, and what waits is stored with the end, if ever.
    private static void EndUnsaved(OwnedRun owned)
    {
        owned.Run.TryEnd(RunState.Failed, RunProblem.NotSaved());
        // Also where it has ended already, since what it wrote can't be stored: nobody else stops its model.
        _ = owned.StopReadingAsync();
    }
}
