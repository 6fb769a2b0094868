using System.Collections.Concurrent;
using ChatApp.Providers;
using ChatApp.Security;
using ChatApp.Storage;

namespace ChatApp.Runs;

/// <summary>Answers to calls that wait for somebody's yes or no, and runs that wait without a process.</summary>
public sealed partial class RunHost
{
    // Tools that come over a network may take a moment to be there after a start.
    private static readonly TimeSpan ToolPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ToolPoll = TimeSpan.FromMilliseconds(100);

    // Being taken over just now: nobody's for a moment, and nobody may see to them meanwhile.
    private readonly ConcurrentDictionary<string, bool> _taking = new();

    /// <summary>Whether this process makes a run that waits for somebody.</summary>
    internal bool HasWaiting => _runs.Values.Any(owned => owned.Run is { IsStored: true, IsWaiting: true });

    /// <summary>Gives the answer to a call of the run that waits for it, wherever the run is made. Of several answers, the first counts.</summary>
    /// <param name="run">The run, as <see cref="FindAsync"/> gives it: of the caller's own.</param>
    /// <param name="id">The request's id, see <see cref="ApprovalRequestEvent"/>.</param>
    /// <param name="answer">Yes or no.</param>
    /// <returns>False where nothing waits under that id any more.</returns>
    /// <exception cref="StorageException">The answer of a run that is stored could not be, as far as is known.</exception>
    public async Task<bool> AnswerAsync(Run run, string id, ApprovalAnswer answer)
    {
        if (_store is null || (_runs.TryGetValue(run.Id, out var owned) && !owned.Run.IsStored))
        {
            return run.TryAnswer(id, answer);
        }

        if (run.IsEnded || !run.Calls.Any(call => call.State == RunCallState.Waiting && call.ApprovalId == id))
        {
            return false;
        }

        // Stored first, and then told to whoever makes the run: an answer that was taken outlives the process.
        if (!await _store.AnswerAsync(new RunAnswer(run.Id, id, answer.IsApproved, answer.Reason)))
        {
            return false;
        }

        if (_runs.TryGetValue(run.Id, out owned))
        {
            return owned.Run.TryAnswer(id, answer) || !owned.Run.HasEnded;
        }

        try
        {
            await TakeOverAsync(run.Id);
        }
        catch (StorageException exception)
        {
            // It is stored: some node takes the run over within seconds.
            Log.NotTakenOver(_logger, run.Id, exception.Fault);
        }

        return true;
    }

    /// <summary>Gives their answers to the runs of this node that were answered at others.</summary>
    internal async Task AnswerOwnAsync()
    {
        foreach (var answer in await _store!.OwnAnswersAsync())
        {
            if (_runs.TryGetValue(answer.RunId, out var owned))
            {
                owned.Run.TryAnswer(answer.Id, new ApprovalAnswer(answer.IsApproved, answer.Reason));
            }
        }
    }

    /// <summary>Takes over the runs that nobody makes and whose waiting is over: they were answered, or nobody has answered for too long.</summary>
    internal async Task TakeUpAsync()
    {
        foreach (var parked in await _store!.ParkedAsync())
        {
            if (parked.IsAnswered || _time.GetUtcNow() - parked.Created >= _toolsOptions.ApprovalTimeout)
            {
                await TryTakeUpAsync(parked.Id);
            }
        }
    }

    // Each by itself: one that can't be gone on with must not keep the others waiting.
    private async Task TryTakeUpAsync(string id)
    {
        try
        {
            await TakeOverAsync(id);
        }
        catch (Exception exception) when (exception is not StorageException)
        {
            Log.Failed(_logger, id, ExceptionTrace.Of(exception));
        }
    }

    /// <summary>Goes on with a run that waits and whose node is no more. Of several nodes that try, one does.</summary>
    /// <returns>False where this node does not.</returns>
    internal async Task<bool> TakeOverAsync(string id)
    {
        if (IsDraining || _runs.ContainsKey(id) || !_taking.TryAdd(id, true))
        {
            return false;
        }

        try
        {
            if (await _store!.TakeAsync(id) is not { } row)
            {
                return false;
            }

            try
            {
                await TakeOverAsync(row);
                return true;
            }
            catch
            {
                // Nobody's again.
                await _store.ParkAsync(id, row.Node);
                throw;
            }
        }
        finally
        {
            _taking.TryRemove(id, out _);
        }
    }

    private async Task TakeOverAsync(RunRow row)
    {
        var node = _nodes!.Id;
        // None where the conversation was deleted: nobody is to read it any more.
        var shared = await _stored!.ReleaseAsync(row.Id);
        var run = shared ?? Run.OfEvents(row, await _store!.ReadAsync(row.Id, 0), _time);
        var caller = CallerOf(row.Owner);
        var stored = StoredRequest.Read(row.Request);
        var request = stored?.ToRequest(run, caller ?? Caller.Local);
        var history = run.History(new RunHistory
        {
            Resolve = model => _catalog.Resolve(model),
            Fingerprints = stored?.Fingerprints ?? new Dictionary<string, string>(StringComparer.Ordinal),
            Kept = stored?.Kept ?? [],
        });
        run.TakeOver(request ?? new RunRequest { Messages = [] }, history);
        run.Ending = Count;
        run.Approving = fingerprint => _ = KeepApprovalAsync(run, fingerprint);
        run.Settling = (id, answer) => SettleAsync(run, id, answer);
        var owned = new OwnedRun(run, DisconnectPolicy.Continue, _meters, _time, EndAbandonedAsync) { Node = node };
        _runs[run.Id] = owned;
        _journal!.Open(run, () => EndUnsaved(owned), () => _ = LoseAsync(owned), run.Seq);
        try
        {
            foreach (var answer in await _store!.AnswersAsync(run.Id))
            {
                run.TryAnswer(answer.Id, new ApprovalAnswer(answer.IsApproved, answer.Reason));
            }
        }
        catch (StorageException exception)
        {
            // They are looked for again.
            Log.NotTakenOver(_logger, run.Id, exception.Fault);
        }

        Log.TakenOver(_logger, run.Id);
        _meters.RunStarted(run.Provider);
        owned.Revoking = (caller?.Revoked ?? default).UnsafeRegister(_ => _ = StopAsync(run), null);
        owned.Reading = Task.Run(() => OwnAsync(owned, stop => ResumeAsync(run, shared is null || caller is null, request, history, stop), key: null));
    }

    private async Task ResumeAsync(Run run, bool isUnwanted, RunRequest? request, RunHistory history, CancellationToken stop)
    {
        if (isUnwanted)
        {
            // Deleted, or the key that it was asked with was taken out, while nobody made it.
            run.TryEnd(RunState.Cancelled);
            return;
        }

        if (request is null || !history.IsBlocked(run.ClientTools))
        {
            run.TryEnd(RunState.Interrupted);
            return;
        }

        try
        {
            await WaitForToolsAsync(history, stop);
            var asked = Ask(request with { Model = request.Model ?? run.Model });
            run.HasTools = HasTools(asked, run.ClientTools);
            run.Asking = () => KeepRequestAsync(run, request, asked);
            await new RunPump(run, asked.Request, asked.Agents, _options, _meters, _time, _logger, _toolsOptions, _paces) { Others = asked.Others, Resumed = history }.ReadAsync(stop);
        }
        catch (Exception exception) when (RunProblem.FromStart(exception) is { } problem)
        {
            run.TryEnd(RunState.Failed, problem);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Its owner has ended it already.
        }
    }

    private async Task WaitForToolsAsync(RunHistory history, CancellationToken stop)
    {
        var names = history.Waiting.Select(call => call.Call.Name).ToHashSet(StringComparer.Ordinal);
        var began = _time.GetTimestamp();
        while (names.Except(_tools?.All.Select(tool => tool.Name) ?? [], StringComparer.Ordinal).Any() && _time.GetElapsedTime(began) < ToolPatience)
        {
            await Task.Delay(ToolPoll, _time, stop);
        }
    }

    /// <summary>Ends a run whose node is no more as cancelled.</summary>
    /// <returns>False where somebody makes it, or it has ended.</returns>
    private async Task<bool> EndParkedAsync(string id)
    {
        if (await _store!.FindOrphanAsync(id) is not { } row)
        {
            return false;
        }

        try
        {
            var end = Run.EndOf(row, await _store.ReadAsync(id, 0), RunState.Cancelled, _time);
            return end is not null && await _store.EndOrphanAsync(end);
        }
        catch (InvalidDataException)
        {
            // Damaged. Whoever looks after what dead nodes left ends it.
            return false;
        }
    }

    private Caller? CallerOf(string owner) => owner.Length == 0 ? Caller.Local : _callers is null ? new Caller(owner, $"key:{owner}") : _callers.FindByName(owner);

    // Before anybody is asked: where this process dies then, another can go on.
    private async Task KeepRequestAsync(Run run, RunRequest request, Asked asked)
    {
        var kept = run.Kept;
        if (run.StoredKept == kept.Count)
        {
            return;
        }

        try
        {
            if (await _store!.SaveRequestAsync(run.Id, StoredRequest.Write(request, asked.Agents.Concat(asked.Others.Values), kept)))
            {
                (run.StoredKept, run.IsRequestStored) = (kept.Count, true);
            }
        }
        catch (StorageException exception)
        {
            Log.RequestNotKept(_logger, run.Id, exception.Fault);
        }
    }

    // Somebody may answer in the very moment in which nobody has for too long.
    private async Task<ApprovalAnswer> SettleAsync(Run run, string id, ApprovalAnswer answer)
    {
        try
        {
            return !await _store!.AnswerAsync(new RunAnswer(run.Id, id, answer.IsApproved, answer.Reason))
                && (await _store.AnswersAsync(run.Id)).FirstOrDefault(stored => stored.Id == id) is { } first
                ? new ApprovalAnswer(first.IsApproved, first.Reason)
                : answer;
        }
        catch (StorageException)
        {
            return answer;
        }
    }

    // For the whole conversation from here on, and not only once the run has ended.
    private async Task KeepApprovalAsync(Run run, string fingerprint)
    {
        try
        {
            await (_conversations?.SetToolsAsync(run.ConversationId!, run.Owner ?? "", tools => tools.WithApproved([fingerprint])) ?? Task.CompletedTask);
        }
        catch (StorageException exception)
        {
            // It is asked again the next time.
            Log.ApprovalNotKept(_logger, run.Id, exception.Fault);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "That a tool was approved for the conversation of run {RunId} can't be stored ({Fault}); it is asked again")]
        public static partial void ApprovalNotKept(ILogger logger, string runId, StorageFault fault);

        [LoggerMessage(Level = LogLevel.Warning, Message = "What run {RunId} was asked can't be stored ({Fault}); it waits for its answer with this process only")]
        public static partial void RequestNotKept(ILogger logger, string runId, StorageFault fault);

        [LoggerMessage(Level = LogLevel.Information, Message = "Run {RunId} was left by a process that is gone, and goes on here")]
        public static partial void TakenOver(ILogger logger, string runId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId} was answered and can't go on now ({Fault}); it is tried again")]
        public static partial void NotTakenOver(ILogger logger, string runId, StorageFault fault);
    }
}
