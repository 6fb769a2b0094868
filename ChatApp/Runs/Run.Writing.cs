using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>What its owner does with a run: adds to it, ends it, and, where it is stored, shows what has been.</summary>
public sealed partial class Run
{
    /// <summary>Called once, before a reader can see the end: what it counts is there for whoever has seen it.</summary>
    internal Action<Run, DoneEvent>? Ending { get; set; }

    /// <summary>Tells the journal that something was written; null for a run that is not stored. Set before the run starts.</summary>
    internal RunSaving? Saving { get; set; }

    /// <summary>Whether it is stored, and readers see nothing that is not.</summary>
    internal bool IsStored { get; private set; }

    /// <summary>Whether its end is written; readers may not see it yet.</summary>
    internal bool HasEnded => _written.IsEnded();

    /// <summary>How it ended, or will have ended once its readers see it.</summary>
    internal RunState WrittenState => _written;

    /// <summary>Ends when readers see the end.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>How many characters are written and not yet shown.</summary>
    internal int Hidden
    {
        get
        {
            lock (_lock)
            {
                return _log.Parts.Sum(part => part.Text.Length - part.VisibleText + part.Reasoning.Length - part.VisibleReasoning);
            }
        }
    }

    /// <summary>The part of a run without agents.</summary>
    internal RunPart Whole
    {
        get
        {
            lock (_lock)
            {
                return _log.Parts.Count > 0 ? _log.Parts[0] : AddPart(agent: null);
            }
        }
    }

    /// <summary>The part of that agent; null where it has none yet.</summary>
    internal RunPart? FindPart(string? agent)
    {
        lock (_lock)
        {
            return _log.Parts.Find(part => part.Agent == agent);
        }
    }

    /// <summary>Makes room for what one agent adds.</summary>
    internal RunPart AddPart(string? agent)
    {
        lock (_lock)
        {
            var part = new RunPart(checked((byte)_log.Parts.Count), agent);
            _log.Parts.Add(part);
            return part;
        }
    }

    internal void Start()
    {
        lock (_lock)
        {
            if (_written == RunState.Queued)
            {
                _state = _written = RunState.Running;
            }
        }
    }

    // Numbered where it is written: agents that begin at once must not overtake each other.
    internal void StartStep(RunPart part) => Append(() => new StepEvent(part.Step = ++_steps, RunStep.Model) { Agent = part.Agent });

    internal void NextRound(RunPart part)
    {
        lock (_lock)
        {
            part.NextRound(_inputEstimate);
        }
    }

    /// <summary>Another model is asked in the place of one that gave no answer.</summary>
    internal void PassOn(RunPart part, FailOverEvent @event)
    {
        lock (_lock)
        {
            part.Forget();
        }

        Append(@event with { Agent = part.Agent });
    }

    internal void MoveToTools(RunPart part, string action) => Append(() => new StepEvent(part.Step, RunStep.Tools, action) { Agent = part.Agent });

    internal void AppendToken(RunPart part, string text, int tokens) => AppendDelta(part, text, tokens, reasoning: false);

    internal void AppendReasoning(RunPart part, string text, int tokens) => AppendDelta(part, text, tokens, reasoning: true);

    /// <summary>Begins an answer with the text of one that was cut. The model has not said it now: it counts for no figure.</summary>
    internal void AppendPrefix(RunPart part, string text)
    {
        lock (_lock)
        {
            if (HasEnded || _isDisowned || _isLeft)
            {
                return;
            }

            _log.Add(part, text, reasoning: false, Timings.Now);
        }

        Written(urgent: true);
    }

    internal void AddSource(RunPart part, RunSource source)
    {
        lock (_lock)
        {
            if (_isDisowned || _isLeft || _sources.Contains(source))
            {
                return;
            }

            _sources.Add(source);
        }

        Append(new SourceEvent(source.Url, source.Title) { Agent = part.Agent });
    }

    internal void SetUsage(RunPart part, RunUsage usage, int? answerTokens)
    {
        lock (_lock)
        {
            part.Report(usage, answerTokens);
        }
    }

    /// <summary>Adds an event, unless the run has ended.</summary>
    internal bool Append(RunEvent @event) => Append(() => @event);

    private bool Append(Func<RunEvent> @event)
    {
        lock (_lock)
        {
            if (HasEnded || _isDisowned || _isLeft)
            {
                return false;
            }

            _log.Add(@event(), Timings.Now);
        }

        Written(urgent: false);
        return true;
    }

    private void AppendDelta(RunPart part, string text, int tokens, bool reasoning)
    {
        bool first;
        lock (_lock)
        {
            if (HasEnded || _isDisowned || _isLeft)
            {
                return;
            }

            var now = Timings.Now;
            part.Count(tokens, reasoning);
            first = (reasoning ? Timings.FirstReasoning : Timings.FirstToken) is null;
            if (reasoning)
            {
                Timings.OnReasoning();
            }
            else
            {
                Timings.OnToken();
                _rate.Add(now, tokens);
            }

            _log.Add(part, text, reasoning, now);
            if (now - _lastMetrics >= 500)
            {
                _lastMetrics = now;
                _log.Add(new MetricsEvent(MetricsNow()), now);
            }
        }

        Written(urgent: first);
    }

    /// <summary>
    /// Ends the run: sets the state and adds the closing events as one step, so that no delta can follow and every reader sees the
    /// same end. Of several that try, one succeeds.
    /// </summary>
    internal bool TryEnd(RunState state, RunProblem? problem = null, ChatFinishReason? finish = null)
    {
        lock (_lock)
        {
            if (HasEnded || _isDisowned || _isLeft)
            {
                return false;
            }

            Timings.OnDone();
            var now = Timings.Now;
            Problem = problem;
            if (problem is not null)
            {
                _log.Add(new ErrorEvent(problem), now);
            }

            if (_steps > 0)
            {
                _log.Add(new StepEvent(_steps, RunStep.Done), now);
            }

            _written = state;
            var metrics = MetricsNow();
            var done = new DoneEvent(state, UsageNow(), metrics, finish);
            Ending?.Invoke(this, done);
            _done = done;
            _log.Add(done, now);
            _log.Add(new CompleteEvent(metrics.Tokens, metrics.DurationMs), now);
        }

        Written(urgent: true);
        return true;
    }

    /// <summary>Ends when readers see all that is written by now; of a run that is stored, it is stored then.</summary>
    internal async Task WaitUntilShownAsync(CancellationToken cancellationToken)
    {
        int written;
        lock (_lock)
        {
            written = _log.Count;
        }

        if (Seq >= written)
        {
            return;
        }

        using var reader = new RunReader(this, written);
        Saving?.OnWritten(urgent: true);
        while (Seq < written)
        {
            await reader.WaitAsync(cancellationToken);
        }
    }

    // The one place where what was written becomes visible: at once, or, of a run that is stored, when the journal has stored it.
    private void Written(bool urgent)
    {
        if (IsStored)
        {
            Saving?.OnWritten(urgent);
        }
        else
        {
            Show(long.MaxValue);
        }
    }

    /// <summary>Lets readers see the entries up to number <paramref name="upTo"/>, and the end with the last of them.</summary>
    internal void Show(long upTo)
    {
        Action? changed;
        lock (_lock)
        {
            _log.Show((int)Math.Min(upTo, _log.Count));
            if (HasEnded && _log.Visible == _log.Count)
            {
                _state = _written;
                _ended.TrySetResult();
            }

            changed = _changed;
        }

        changed?.Invoke();
    }
}
