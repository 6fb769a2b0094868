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

        var run = prepared.Owned.Run;
        TurnOutcome outcome;
        try
        {
            outcome = await _store!.AddAsync(turn(Row(run, request)));
        }
        catch
        {
            Discard(prepared.Owned);
            throw;
        }

        if (outcome.Kind != TurnOutcomeKind.Added)
        {
            Discard(prepared.Owned);
            return (outcome.Kind == TurnOutcomeKind.Repeated ? await FindRepeatedAsync(request, outcome) : null, outcome);
        }

        _journal!.Open(run, () => EndUnsaved(prepared.Owned), () => _ = LoseAsync(prepared.Owned));
        lock (_starting)
        {
            return (Launch(prepared, request.Idempotency), outcome);
        }
    }

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

    /// <summary>This node's runs are not its own any more: it stops making them, and follows what others store of them.</summary>
    internal async Task LoseStoredAsync()
    {
        foreach (var owned in _runs.Values.Where(owned => owned.Run is { IsStored: true, IsEnded: false }))
        {
            await LoseAsync(owned);
        }
    }

    private async Task LoseAsync(OwnedRun owned)
    {
        await owned.StopReadingAsync();
        owned.Run.Disown();
        _runs.TryRemove(owned.Run.Id, out _);
        _stored!.Adopt(owned.Run);
    }

    private void Discard(OwnedRun owned)
    {
        _runs.TryRemove(owned.Run.Id, out _);
        owned.OnEnded();
    }

    // Nobody reads it here any more. It may be read at another node, which says so to the database.
    private async Task EndAbandonedAsync(OwnedRun owned)
    {
        try
        {
            if (owned.Run.IsStored && _nodes!.IsShared && await _store!.IsWatchedAsync(owned.Run.Id, StoredRuns.WatchedFor))
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

        await StopAsync(owned.Run);
    }

    private RunRow Row(Run run, RunRequest request) => new()
    {
        Id = run.Id,
        ConversationId = request.ConversationId!,
        MessageId = request.MessageId!,
        Owner = request.Caller.StoredName,
        Model = run.Model,
        State = RunState.Running.ToWire(),
        Node = _nodes!.Id,
        Created = run.Created,
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
        if (await _store!.AskStopAsync(run.Id))
        {
            await WaitAsync(run.Ended, StopPatience);
        }

        return new StopResult(run.State, run.Seq, AlreadyEnded: run.IsEnded && run.State != RunState.Cancelled, _time.GetElapsedTime(asked)) { IsSignalled = run.IsEnded };
    }

    private Task WaitUntilSavedAsync(Run run) => run.IsStored && !run.IsEnded
        ? WaitAsync(run.Ended, SavePatience)
        : Task.CompletedTask;

    private async Task WaitAsync(Task task, TimeSpan patience) => await task.WaitAsync(patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // More of it waits for the database than may. What is stored stays, and what waits is stored with the end, if ever.
    private static void EndUnsaved(OwnedRun owned)
    {
        if (owned.Run.TryEnd(RunState.Failed, RunProblem.NotSaved()))
        {
            _ = owned.StopReadingAsync();
        }
    }
}
