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
    private readonly List<Entry> _entries = [];
    private readonly TextLog _text = new();
    private readonly TextLog _reasoning = new();
    private readonly TokenRate _rate = new();
    private readonly List<RunSource> _sources = [];
    private readonly string? _conversationId;
    private Action? _changed;
    private volatile RunState _state = RunState.Queued;
    private int _tokens;
    private int _reasoningTokens;
    private int _steps;
    private readonly int _inputEstimate;
    private RunUsage? _usage;
    private int? _answerTokens;
    private int _countedAtUsage;
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
                return _entries.Count;
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
                return _text.Length;
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
                return _reasoning.Length;
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

    /// <summary>The answer's text from character <paramref name="from"/> to its present end.</summary>
    public string ReadText(int from = 0)
    {
        lock (_lock)
        {
            return _text.Slice(from, _text.Length);
        }
    }

    /// <summary>The reasoning's text from character <paramref name="from"/> to its present end.</summary>
    public string ReadReasoning(int from = 0)
    {
        lock (_lock)
        {
            return _reasoning.Slice(from, _reasoning.Length);
        }
    }

    /// <summary>The events after <paramref name="after"/>, added to <paramref name="events"/>; neighbouring pieces of text come as one.</summary>
    /// <returns>The number of the last event read: the reader's new cursor.</returns>
    public long Read(long after, ICollection<RunEvent> events)
    {
        lock (_lock)
        {
            for (var i = (int)after; i < _entries.Count; i++)
            {
                var entry = _entries[i];
                if (entry.Event is { } whole)
                {
                    events.Add(whole);
                    continue;
                }

                var first = i;
                while (i + 1 < _entries.Count && _entries[i + 1].Event is null && _entries[i + 1].IsReasoning == entry.IsReasoning)
                {
                    i++;
                }

                events.Add(Delta(first, i));
            }

            return Math.Max(after, _entries.Count);
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
            return new RunSnapshot(_state, _entries.Count, _text.Slice(0, _text.Length), _reasoning.Slice(0, _reasoning.Length), MetricsNow(), UsageNow(), Problem);
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

    internal void StartStep() => Append(new StepEvent(Interlocked.Increment(ref _steps), RunStep.Model));

    internal void AppendToken(string text, int tokens) => AppendDelta(text, tokens, reasoning: false);

    internal void AppendReasoning(string text, int tokens) => AppendDelta(text, tokens, reasoning: true);

    internal void AddSource(RunSource source)
    {
        lock (_lock)
        {
            if (_sources.Contains(source))
            {
                return;
            }

            _sources.Add(source);
        }

        Append(new SourceEvent(source.Url, source.Title));
    }

    internal void SetUsage(RunUsage usage, int? answerTokens)
    {
        lock (_lock)
        {
            _usage = usage;
            _answerTokens = answerTokens;
            _countedAtUsage = _tokens + _reasoningTokens;
        }
    }

    /// <summary>Adds an event, unless the run has ended.</summary>
    internal bool Append(RunEvent @event)
    {
        Action? changed;
        lock (_lock)
        {
            if (IsEnded)
            {
                return false;
            }

            Publish(@event);
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
            Publish(new DoneEvent(state, UsageNow(), metrics, finish));
            Publish(new CompleteEvent(metrics.Tokens, metrics.DurationMs));
            changed = _changed;
        }

        changed?.Invoke();
        return true;
    }

    private void AppendDelta(string text, int tokens, bool reasoning)
    {
        Action? changed;
        lock (_lock)
        {
            if (IsEnded)
            {
                return;
            }

            var log = reasoning ? _reasoning : _text;
            var start = log.Length;
            log.Append(text);
            var now = Timings.Now;
            if (reasoning)
            {
                Timings.OnReasoning();
                _reasoningTokens += tokens;
            }
            else
            {
                Timings.OnToken();
                _tokens += tokens;
                _rate.Add(now, tokens);
            }

            _entries.Add(new Entry(null, reasoning, start, log.Length, now));
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
    private void Publish(RunEvent @event)
    {
        var now = Timings.Now;
        _entries.Add(new Entry(@event with { Seq = _entries.Count + 1, T = Math.Round(now, 3) }, false, 0, 0, now));
    }

    private RunEvent Delta(int first, int last)
    {
        var (from, to) = (_entries[first].Start, _entries[last].End);
        var (seq, t) = (last + 1, Math.Round(_entries[last].At, 3));
        return _entries[last].IsReasoning
            ? new ReasoningEvent(_reasoning.Slice(from, to)) { Seq = seq, T = t }
            : new TokenEvent(_text.Slice(from, to)) { Seq = seq, T = t };
    }

    private RunMetrics MetricsNow()
    {
        var (first, last) = (Timings.FirstToken, Timings.LastToken);
        var now = Timings.Done ?? Timings.Now;
        var tokens = _answerTokens is not { } reported ? _tokens : IsUsageFinal ? reported : Math.Max(reported, _tokens);
        return new RunMetrics
        {
            TtftMs = Round(first),
            ReasoningMs = Round(Timings.FirstReasoning),
            ConnectedMs = Round(Timings.Connected),
            FirstByteMs = Round(Timings.FirstByte),
            Tokens = tokens,
            Estimated = _answerTokens is null || !IsUsageFinal,
            TokensPerSecond = tokens > 1 && last > first ? Round((tokens - 1) * 1000 / (last.Value - first!.Value)) : null,
            TokensPerSecondNow = IsEnded || first is null ? null : Round(_rate.PerSecond(now, first.Value)),
            DurationMs = Math.Round(now, 1),
            Steps = _steps,
        };
    }

    private RunUsage UsageNow() => _usage is null ? new RunUsage(_inputEstimate, _tokens + _reasoningTokens, Estimated: true)
        : IsUsageFinal ? _usage
        : _usage with { OutputTokens = Math.Max(_usage.OutputTokens, _tokens + _reasoningTokens), Estimated = true };

    // Some providers say what was used early on; what comes after that they have not counted.
    private bool IsUsageFinal => _usage is not null && _tokens + _reasoningTokens == _countedAtUsage;

    private static double? Round(double? ms) => ms is { } value ? Math.Round(value, 1) : null;

    /// <param name="Event">The event, or null for a piece of text, which stands in the text.</param>
    /// <param name="IsReasoning">Which text the piece belongs to.</param>
    /// <param name="Start">Where in that text the piece begins.</param>
    /// <param name="End">Where it ends.</param>
    /// <param name="At">Milliseconds since the run was asked for.</param>
    private readonly record struct Entry(RunEvent? Event, bool IsReasoning, int Start, int End, double At);

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
