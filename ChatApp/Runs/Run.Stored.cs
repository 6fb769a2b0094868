using System.Text.Json;
using ChatApp.Storage;

namespace ChatApp.Runs;

/// <summary>A run and the database: what is stored of it, and how it is made again of that.</summary>
public sealed partial class Run
{
    // What is stored of a run, and is to be read again by later versions.
    private static readonly JsonSerializerOptions EndingJson = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    // Made again, without anything it may say yet.
    private Run(RunRow row, TimeProvider time)
    {
        Id = row.Id;
        Model = row.Model;
        Owner = row.Owner.Length > 0 ? row.Owner : null;
        Created = row.Created;
        _conversationId = row.ConversationId;
        MessageId = row.MessageId;
        var age = time.GetUtcNow() - row.Created;
        Timings = new RunTimings(time, time.GetTimestamp() - (long)(Math.Max(0, age.TotalSeconds) * time.TimestampFrequency));
        _written = RunState.Running;
        _state = RunState.Running;
    }

    /// <summary>An ended run of which only the text is wanted, or left: its events can't be read.</summary>
    internal static Run OfText(RunRow row, TimeProvider time)
    {
        var run = new Run(row, time);
        var ending = row.Ending is null ? null : JsonSerializer.Deserialize<StoredEnding>(row.Ending, EndingJson);
        run._log.SetText((int)row.Seq, StoredLane.Split(ending?.Lanes, row.Text, row.Reasoning), ending?.FailOver);
        run._log.Calls.Set(StoredCall.Read(ending?.Calls ?? []));
        run._done = ending?.Done;
        run.Problem = ending?.Problem;
        run._sources.AddRange(ending?.Sources ?? []);
        run._state = run._written = RunStateExtensions.Parse(row.State);
        run._ended.TrySetResult();
        return run;
    }

    /// <summary>A run made of its stored events: ended, or, where they have no end yet, for <see cref="AddStored"/> to go on with.</summary>
    internal static Run OfEvents(RunRow row, IReadOnlyList<RunBatch> batches, TimeProvider time)
    {
        var run = new Run(row, time);
        run.AddStored(batches);
        return run;
    }

    /// <summary>Adds events that are stored; those it has are passed over.</summary>
    internal void AddStored(IReadOnlyList<RunBatch> batches)
    {
        long last;
        lock (_lock)
        {
            if (_isTakenOver)
            {
                // What is stored of it from now on is this process's own.
                return;
            }

            foreach (var batch in batches)
            {
                _log.Add(batch.Data, batch.FirstSeq, OnStored);
            }

            last = _log.Count;
        }

        Show(last);
    }

    /// <summary>Ends a run whose process died, as of its last event.</summary>
    /// <param name="state">How: interrupted, or cancelled where somebody stopped it.</param>
    internal void Interrupt(RunState state = RunState.Interrupted)
    {
        lock (_lock)
        {
            if (_isTakenOver)
            {
                return;
            }

            _isDisowned = false;
            Timings.Freeze(_lastStored);
        }

        TryEnd(state);
        Show(long.MaxValue);
    }

    /// <summary>The end of a run that nobody makes any more, as of its last event, to be stored.</summary>
    /// <returns>Null where there is nothing to store.</returns>
    /// <exception cref="InvalidDataException">Its events are damaged.</exception>
    internal static RunBatch? EndOf(RunRow row, IReadOnlyList<RunBatch> batches, RunState state, TimeProvider time)
    {
        var run = OfEvents(row, batches, time);
        var saved = run.Seq;
        if (run.IsEnded)
        {
            saved = 0;
        }
        else
        {
            if (saved == 0)
            {
                // Killed before its first event was stored: every log begins with this one.
                run.Append(new ConnectedEvent(row.Id, row.Model, row.ConversationId));
            }

            run.Interrupt(state);
        }

        return run.TakeUnsaved(saved, time.GetUtcNow());
    }

    /// <summary>What has been done of it.</summary>
    internal RunHistory History(RunHistory? with = null)
    {
        var history = with ?? new RunHistory();
        var events = new List<RunEvent>();
        lock (_lock)
        {
            _log.Read(0, _log.Count, int.MaxValue, events);
        }

        events.ForEach(history.Take);
        return history;
    }

    /// <summary>
    /// Stops adding to it where all that goes on waits for a person, so that another process can go on with it: what is written is still stored, and it does not end.
    /// </summary>
    /// <returns>False where it can't be left.</returns>
    internal bool TryLeave()
    {
        lock (_lock)
        {
            if (!IsStored || !IsRequestStored || HasEnded || _isDisowned || !History().IsBlocked(ClientTools))
            {
                return false;
            }

            return _isLeft = true;
        }
    }

    /// <summary>Whether this process still adds to it.</summary>
    internal bool IsOpen
    {
        get
        {
            lock (_lock)
            {
                return !HasEnded && !_isDisowned && !_isLeft;
            }
        }
    }

    /// <summary>Whether it could be left.</summary>
    internal bool CanLeave => IsStored && IsRequestStored && IsWaiting && History().IsBlocked(ClientTools);

    /// <summary>From here on this process makes the run, which was made of its stored events. What it waits for can be answered from here on too.</summary>
    /// <param name="request">What it was asked.</param>
    /// <param name="history">What has been done of it.</param>
    internal void TakeOver(RunRequest request, RunHistory history)
    {
        lock (_lock)
        {
            (_isTakenOver, _isDisowned, _isLeft, IsStored, IsRequestStored) = (true, false, false, true, true);
            _inputEstimate = TokenEstimate.OfMessages(request.Messages);
            ClientTools = (request.Options?.Tools ?? []).Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
            _asked.Clear();
            foreach (var call in history.Waiting)
            {
                _asked[call.Request!.Id] = new TaskCompletionSource<ApprovalAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _approved.UnionWith(history.ApprovedNames.Where(history.Fingerprints.ContainsKey).Select(name => history.Fingerprints[name]));
            _kept.Clear();
            _kept.AddRange(history.Kept);
        }
    }

    /// <summary>Takes back what is written and not stored: this process is not the run's owner any more, and adds nothing of its own to it.</summary>
    /// <returns>False where it was not the owner, or the end is stored.</returns>
    internal bool Disown()
    {
        lock (_lock)
        {
            if (_isDisowned || IsEnded)
            {
                return false;
            }

            (_isDisowned, _isTakenOver) = (true, false);
            Saving = null;
            _log.DropHidden();
            if (HasEnded)
            {
                (_written, _done, Problem) = (RunState.Running, null, null);
            }

            return true;
        }
    }

    /// <summary>Takes back what is written and not stored, since it never can be, and ends the run there.</summary>
    internal void DropUnsaved(RunProblem problem)
    {
        lock (_lock)
        {
            _log.DropHidden();
            if (!_state.IsEnded())
            {
                (_written, _done, Problem) = (RunState.Running, null, null);
            }
        }

        TryEnd(RunState.Failed, problem);
    }

    /// <summary>What is to be stored after event <paramref name="saved"/>; null where there is nothing.</summary>
    internal RunBatch? TakeUnsaved(long saved, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_isDisowned || _log.Count <= saved)
            {
                return null;
            }

            var data = _log.Record((int)saved);
            return new RunBatch(Id, saved + 1, _log.Count, data)
            {
                End = !HasEnded ? null : new RunEnd
                {
                    State = _written.ToWire(),
                    Ended = now,
                    Text = Join(part => part.Text, part => part.Text.Length, isWhole: true, 0),
                    Reasoning = Join(part => part.Reasoning, part => part.Reasoning.Length, isWhole: true, 0),
                    Ending = JsonSerializer.Serialize(
                        new StoredEnding(_done!, Problem, [.. _sources], StoredCall.Of(_log.AllCalls().All), StoredLane.Of(_log.Parts, _log.Beside())) { FailOver = _log.WrittenFailOver }, EndingJson),
                    Whole = saved == 0 ? data : _log.Record(0),
                },
            };
        }
    }

    private double _lastStored;
    private bool _isDisowned;
    private bool _isTakenOver;
    private bool _isLeft;

    private void OnStored(RunEvent @event)
    {
        _lastStored = @event.T;
        switch (@event)
        {
            case TokenEvent token:
                Timings.OnStored(@event.T, reasoning: false);
                _log.PartOf(@event.Agent).Count(TokenEstimate.OfPiece(token.Content), reasoning: false);
                break;
            case ReasoningEvent reasoning:
                Timings.OnStored(@event.T, reasoning: true);
                _log.PartOf(@event.Agent).Count(TokenEstimate.OfPiece(reasoning.Content), reasoning: true);
                break;
            case ApprovalRequestEvent request:
                _approvals.Add(request.Id);
                break;
            case StepEvent step:
                _steps = Math.Max(_steps, step.Index);
                break;
            case SourceEvent source:
                if (new RunSource(source.Title, source.Url) is var one && !_sources.Contains(one))
                {
                    _sources.Add(one);
                }

                break;
            case ErrorEvent error:
                Problem = error.Problem;
                break;
            case DoneEvent done:
                _done = done;
                break;
            case CompleteEvent:
                // With the last event and not before: readers take the state for the word that there is no more.
                _written = _done?.Reason ?? RunState.Interrupted;
                break;
            default:
                break;
        }
    }

    private sealed record StoredEnding(DoneEvent Done, RunProblem? Problem, IReadOnlyList<RunSource> Sources, IReadOnlyList<StoredCall>? Calls = null, IReadOnlyList<StoredLane>? Lanes = null)
    {
        public FailOverEvent? FailOver { get; init; }
    }
}
