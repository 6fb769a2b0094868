namespace ChatApp.Runs;

/// <summary>
/// One answer being made: a log of numbered events that only grows, and its text, kept once. It does not know who reads it. A reader
/// holds a cursor, the number of the last event it has: it asks for what is after it, and waits for more.
/// </summary>
/// <remarks>
/// All members may be used from any thread. Only its <see cref="RunHost"/> writes to it. Of a run that is stored, readers see what has been stored: what is
/// written is hidden until <see cref="Show"/>.
/// </remarks>
public sealed partial class Run
{
    private readonly Lock _lock = new();
    private readonly RunLog _log = new();
    private readonly TokenRate _rate = new();
    private readonly List<RunSource> _sources = [];
    private readonly string? _conversationId;
    private Action? _changed;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RunState _state = RunState.Queued;
    private volatile RunState _written = RunState.Queued;
    private int _inputEstimate;
    private DoneEvent? _done;
    private int _steps;
    private double _lastMetrics;

    internal Run(string id, string model, RunRequest request, TimeProvider time, bool isStored = false)
    {
        Id = id;
        IsStored = isStored;
        Model = model;
        Owner = request.Caller.Name;
        Created = time.GetUtcNow();
        _conversationId = request.ConversationId;
        MessageId = request.MessageId;
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

    /// <summary>The message that its answer is, where it belongs to a conversation.</summary>
    public string? MessageId { get; }

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
                return _log.Visible;
            }
        }
    }

    /// <summary>The number of the first event that can still be read; 1 until they are forgotten, and after <see cref="Seq"/> once all are.</summary>
    public long FirstSeq
    {
        get
        {
            lock (_lock)
            {
                return _log.Forgotten + 1;
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
                return _log.Parts.Sum(part => part.VisibleText);
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
                return _log.Parts.Sum(part => part.VisibleReasoning);
            }
        }
    }

    /// <summary>The tool calls so far, in the order they began. As long as nothing changes it is the very same list.</summary>
    public IReadOnlyList<RunCall> Calls
    {
        get
        {
            lock (_lock)
            {
                return _log.Calls.All;
            }
        }
    }

    /// <summary>Which model answers in the place of which, and why; the last time, where it was several. Null where the one that was asked answers.</summary>
    public FailOverEvent? FailOver
    {
        get
        {
            lock (_lock)
            {
                return _log.FailOver;
            }
        }
    }

    /// <summary>Those who answer, in the order they began: one without a name for an answer without agents.</summary>
    public IReadOnlyList<RunLane> Lanes
    {
        get
        {
            lock (_lock)
            {
                return [.. _log.Parts.Select(part => new RunLane(part.Index, part.Agent, part.VisibleText, part.VisibleReasoning, part.IsVisiblyDone || _state.IsEnded())
                {
                    IsBeside = part.IsBeside,
                    SilentSince = part.SilentSince,
                })];
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

    /// <summary>The answer's text from character <paramref name="from"/> to its present end. Of several agents, one after the other in the order they began.</summary>
    public string ReadText(int from = 0)
    {
        lock (_lock)
        {
            return TextFrom(from);
        }
    }

    /// <summary>A lane's text from character <paramref name="from"/> to <paramref name="to"/>, or to its present end.</summary>
    public string ReadLane(int lane, int from = 0, int to = int.MaxValue)
    {
        lock (_lock)
        {
            var part = _log.Parts[lane];
            return part.Text.Slice(from, Math.Min(to, part.VisibleText));
        }
    }

    /// <summary>A lane's reasoning from character <paramref name="from"/> to its present end.</summary>
    public string ReadLaneReasoning(int lane, int from = 0)
    {
        lock (_lock)
        {
            var part = _log.Parts[lane];
            return part.Reasoning.Slice(from, part.VisibleReasoning);
        }
    }

    /// <summary>The reasoning's text from character <paramref name="from"/> to its present end.</summary>
    public string ReadReasoning(int from = 0)
    {
        lock (_lock)
        {
            return ReasoningFrom(from);
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
            return _log.Read(after, Math.Min(_log.Visible, upTo), most, events);
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

    /// <summary>Whether anybody waits for changes.</summary>
    internal bool HasReaders
    {
        get
        {
            lock (_lock)
            {
                return _changed is not null;
            }
        }
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
            return new RunSnapshot(_state, _log.Visible, TextFrom(0), ReasoningFrom(0), MetricsNow(), UsageNow(), _state.IsEnded() ? Problem : null);
        }
    }

    private RunMetrics MetricsNow()
    {
        if (_done is not null)
        {
            return _done.Metrics;
        }

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
            TokensPerSecondNow = _written.IsEnded() || first is null ? null : Round(_rate.PerSecond(now, first.Value)),
            DurationMs = Math.Round(now, 1),
            Steps = _steps,
        };
    }

    private RunUsage UsageNow() => _done is not null ? _done.Usage : _log.Parts.Count == 0
        ? new RunUsage(_inputEstimate, 0, Estimated: true)
        : _log.Parts.Select(part => part.Usage(_inputEstimate)).Aggregate((sum, one) =>
            new RunUsage(sum.InputTokens + one.InputTokens, sum.OutputTokens + one.OutputTokens, sum.Estimated || one.Estimated));

    private string TextFrom(int from) => Join(part => part.Text, part => part.VisibleText, _state.IsEnded(), from);

    private string ReasoningFrom(int from) => Join(part => part.Reasoning, part => part.VisibleReasoning, _state.IsEnded(), from);

    private string Join(Func<RunPart, TextLog> log, Func<RunPart, int> length, bool isWhole, int from)
    {
        if (_log.Parts.Count == 1)
        {
            return log(_log.Parts[0]).Slice(from, length(_log.Parts[0]));
        }

        // Of agents that answer at once, those behind one that still writes wait: text that is there does not move.
        var writing = isWhole ? -1 : _log.Parts.FindIndex(part => !part.IsVisiblyDone);
        var ready = writing < 0 ? _log.Parts : _log.Parts.GetRange(0, writing + 1);
        var whole = string.Join("\n\n", ready.Where(part => length(part) > 0).Select(part => log(part).Slice(0, length(part))));
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

/// <summary>What one agent adds to an answer, or, without agents, the whole of it.</summary>
/// <param name="Index">Its place among the run's lanes.</param>
/// <param name="Agent">The agent's name; null without agents.</param>
/// <param name="TextLength">How many characters of text there are.</param>
/// <param name="ReasoningLength">How many characters of reasoning there are.</param>
/// <param name="IsDone">Whether nothing is added any more.</param>
public sealed record RunLane(int Index, string? Agent, int TextLength, int ReasoningLength, bool IsDone)
{
    /// <summary>Whether it began while another was at it.</summary>
    public bool IsBeside { get; init; }

    /// <summary>Where its model has stalled: since when it has been silent, in milliseconds from the moment the run was asked for. Null where it has not, or goes on.</summary>
    public double? SilentSince { get; init; }
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
