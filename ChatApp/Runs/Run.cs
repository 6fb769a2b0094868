using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>
/// One answer being made: a log of numbered events that only grows, and its text, kept once. It does not know who reads it. A reader
/// holds a cursor, the number of the last event it has: it asks for what is after it, and waits for more.
/// </summary>
/// <remarks>All members may be used from any thread. Only its <see cref="RunHost"/> writes to it.</remarks>
public sealed class Run
{
    private readonly Lock _lock = new();
    private readonly RunLog _log = new();
    private readonly TokenRate _rate = new();
    private readonly List<RunSource> _sources = [];
    private readonly string? _conversationId;
    private Action? _changed;
    private volatile RunState _state = RunState.Queued;
    private readonly int _inputEstimate;
    private int _steps;
    private double _lastMetrics;

    internal Run(string id, string model, RunRequest request, TimeProvider time)
    {
        Id = id;
        Model = model;
        Owner = request.Caller.Name;
        Created = time.GetUtcNow();
        _conversationId = request.ConversationId;
        _inputEstimate = TokenEstimate.OfMessages(request.Messages);
        Timings = new RunTimings(time, request.Asked ?? time.GetTimestamp());
        Append(new ConnectedEvent(id, model, _conversationId));
    }

    /// <summary>The run's id; unique, and no secret: see <see cref="Owner"/>.</summary>
    public string Id { get; }

    /// <summary>The whole id of the model that answers.</summary>
    public string Model { get; }

    /// <summary>The name of the API key it was started with; null where none was needed. Only that key's holder may see it.</summary>
    public string? Owner { get; }

    /// <summary>When it was made, by the wall clock: for people and for formats that have a field for it.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>The conversation it belongs to, where it does.</summary>
    public string? ConversationId => _conversationId;

    /// <summary>Where it stands.</summary>
    public RunState State => _state;

    /// <summary>Whether it has ended; nothing is added after that.</summary>
    public bool IsEnded => _state.IsEnded();

    /// <summary>What went wrong, where something did.</summary>
    public RunProblem? Problem { get; private set; }

    /// <summary>The number of the last event.</summary>
    public long Seq
    {
        get
        {
            lock (_lock)
            {
                return _log.Count;
            }
        }
    }

    /// <summary>How many characters of the answer there are.</summary>
    public int TextLength
    {
        get
        {
            lock (_lock)
            {
                return _log.Parts.Sum(part => part.Text.Length);
            }
        }
    }

    /// <summary>How many characters of reasoning there are.</summary>
    public int ReasoningLength
    {
        get
        {
            lock (_lock)
            {
                return _log.Parts.Sum(part => part.Reasoning.Length);
            }
        }
    }

    /// <summary>What the answer rests on, so far.</summary>
    public IReadOnlyList<RunSource> Sources
    {
        get
        {
            lock (_lock)
            {
                return [.. _sources];
            }
        }
    }

    /// <summary>The provider's part of the model's id: all that a log may hold of it.</summary>
    internal string Provider => Model.Split('/')[0];

    internal RunTimings Timings { get; }

    /// <summary>Called once, before a reader can see the end: what it counts is there for whoever has seen it.</summary>
    internal Action<Run, DoneEvent>? Ending { get; init; }

    /// <summary>The answer's text from character <paramref name="from"/> to its present end. Of several agents, one after the other in the order they began.</summary>
    public string ReadText(int from = 0)
    {
        lock (_lock)
        {
            return Join(part => part.Text, from);
        }
    }

    /// <summary>The reasoning's text from character <paramref name="from"/> to its present end.</summary>
    public string ReadReasoning(int from = 0)
    {
        lock (_lock)
        {
            return Join(part => part.Reasoning, from);
        }
    }

    /// <summary>
    /// The events after <paramref name="after"/>, added to <paramref name="events"/>; neighbouring pieces of text come as one, of at most
    /// <see cref="RunLog.MaxMerged"/> characters.
    /// </summary>
    /// <param name="after">The number of the last event the reader has; 0 for none.</param>
    /// <param name="events">Where they go.</param>
    /// <param name="most">How many to add at most.</param>
    /// <param name="upTo">The number of the last event to read; no piece of text goes past it.</param>
    /// <returns>The number of the last event read: the reader's new cursor.</returns>
    public long Read(long after, ICollection<RunEvent> events, int most = int.MaxValue, long upTo = long.MaxValue)
    {
        lock (_lock)
        {
            return _log.Read(after, Math.Min(_log.Count, upTo), most, events);
        }
    }

    /// <summary>Calls <paramref name="changed"/> after every change, on the writer's thread: it must be quick and must not throw. Disposing the result ends that.</summary>
    /// <remarks>Subscribe first, then read: nothing falls in between.</remarks>
    public IDisposable Subscribe(Action changed)
    {
        lock (_lock)
        {
            _changed += changed;
        }

        return new Subscription(this, changed);
    }

    /// <summary>The figures as of now.</summary>
    public RunMetrics GetMetrics()
    {
        lock (_lock)
        {
            return MetricsNow();
        }
    }

    /// <summary>What was used as of now; estimated until the provider says.</summary>
    public RunUsage GetUsage()
    {
        lock (_lock)
        {
            return UsageNow();
        }
    }

    /// <summary>Everything as of one moment: <see cref="RunSnapshot.Text"/> is the text up to event <see cref="RunSnapshot.Seq"/>, no more and no less.</summary>
    public RunSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new RunSnapshot(_state, _log.Count, Join(part => part.Text, 0), Join(part => part.Reasoning, 0), MetricsNow(), UsageNow(), Problem);
        }
    }

    internal void Start()
    {
        lock (_lock)
        {
            if (_state == RunState.Queued)
            {
                _state = RunState.Running;
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

    // Numbered where it is written: agents that begin at once must not overtake each other.
    internal void StartStep(RunPart part) => Append(() => new StepEvent(++_steps, RunStep.Model) { Agent = part.Agent });

    internal void AppendToken(RunPart part, string text, int tokens) => AppendDelta(part, text, tokens, reasoning: false);

    internal void AppendReasoning(RunPart part, string text, int tokens) => AppendDelta(part, text, tokens, reasoning: true);

    internal void AddSource(RunPart part, RunSource source)
    {
        lock (_lock)
        {
            if (_sources.Contains(source))
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
        Action? changed;
        lock (_lock)
        {
            if (IsEnded)
            {
                return false;
            }

            Publish(@event());
            changed = _changed;
        }

        changed?.Invoke();
        return true;
    }

    /// <summary>
    /// Ends the run: sets the state and adds the closing events as one step, so that no delta can follow and every reader sees the
    /// same end. Of several that try, one succeeds.
    /// </summary>
    internal bool TryEnd(RunState state, RunProblem? problem = null, ChatFinishReason? finish = null)
    {
        Action? changed;
        lock (_lock)
        {
            if (IsEnded)
            {
                return false;
            }

            Timings.OnDone();
            Problem = problem;
            if (problem is not null)
            {
                Publish(new ErrorEvent(problem));
            }

            if (_steps > 0)
            {
                Publish(new StepEvent(_steps, RunStep.Done));
            }

            _state = state;
            var metrics = MetricsNow();
            var done = new DoneEvent(state, UsageNow(), metrics, finish);
            Ending?.Invoke(this, done);
            Publish(done);
            Publish(new CompleteEvent(metrics.Tokens, metrics.DurationMs));
            changed = _changed;
        }

        changed?.Invoke();
        return true;
    }

    private void AppendDelta(RunPart part, string text, int tokens, bool reasoning)
    {
        Action? changed;
        lock (_lock)
        {
            if (IsEnded)
            {
                return;
            }

            var now = Timings.Now;
            part.Count(tokens, reasoning);
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
                Publish(new MetricsEvent(MetricsNow()));
            }

            changed = _changed;
        }

        changed?.Invoke();
    }

    // The one place where an event becomes visible: a journal that must commit first would stand here.
    private void Publish(RunEvent @event) => _log.Add(@event, Timings.Now);

    private RunMetrics MetricsNow()
    {
        var (first, last) = (Timings.FirstToken, Timings.LastToken);
        var now = Timings.Done ?? Timings.Now;
        var tokens = _log.Parts.Sum(part => part.Tokens);
        return new RunMetrics
        {
            TtftMs = Round(first),
            ReasoningMs = Round(Timings.FirstReasoning),
            ConnectedMs = Round(Timings.Connected),
            FirstByteMs = Round(Timings.FirstByte),
            Tokens = tokens,
            Estimated = _log.Parts.Count == 0 || _log.Parts.Exists(part => !part.AreTokensFinal),
            TokensPerSecond = tokens > 1 && last > first ? Round((tokens - 1) * 1000 / (last.Value - first!.Value)) : null,
            TokensPerSecondNow = IsEnded || first is null ? null : Round(_rate.PerSecond(now, first.Value)),
            DurationMs = Math.Round(now, 1),
            Steps = _steps,
        };
    }

    private RunUsage UsageNow() => _log.Parts.Count == 0
        ? new RunUsage(_inputEstimate, 0, Estimated: true)
        : _log.Parts.Select(part => part.Usage(_inputEstimate)).Aggregate((sum, one) =>
            new RunUsage(sum.InputTokens + one.InputTokens, sum.OutputTokens + one.OutputTokens, sum.Estimated || one.Estimated));

    private string Join(Func<RunPart, TextLog> log, int from)
    {
        if (_log.Parts.Count == 1)
        {
            return log(_log.Parts[0]).Slice(from, log(_log.Parts[0]).Length);
        }

        var whole = string.Join("\n\n", _log.Parts.Select(log).Where(text => text.Length > 0).Select(text => text.Slice(0, text.Length)));
        return from < whole.Length ? whole[from..] : "";
    }

    private static double? Round(double? ms) => ms is { } value ? Math.Round(value, 1) : null;

    private sealed class Subscription(Run run, Action changed) : IDisposable
    {
        public void Dispose()
        {
            lock (run._lock)
            {
                run._changed -= changed;
            }
        }
    }
}

/// <summary>A run as of one moment.</summary>
/// <param name="State">Where it stood.</param>
/// <param name="Seq">The number of its last event.</param>
/// <param name="Text">The answer up to that event.</param>
/// <param name="Reasoning">The reasoning up to that event.</param>
/// <param name="Metrics">The figures.</param>
/// <param name="Usage">What was used.</param>
/// <param name="Problem">What went wrong, where something did.</param>
public sealed record RunSnapshot(RunState State, long Seq, string Text, string Reasoning, RunMetrics Metrics, RunUsage Usage, RunProblem? Problem);
