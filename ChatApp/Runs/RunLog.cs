using System.Runtime.InteropServices;

namespace ChatApp.Runs;

/// <summary>
/// The entries of a run, numbered 1, 2, 3…: events as they are, and pieces of text as places in the text, 16 bytes each. Not synchronised:
/// the run's lock guards it.
/// </summary>
internal sealed partial class RunLog
{
    /// <summary>Pieces of text are not merged past this many characters: clients limit the size of one event.</summary>
    public const int MaxMerged = 64 * 1024;

    private const int ChunkLength = 128;

    // In chunks, so that growing copies nothing and leaves little room unused.
    private readonly List<Entry[]> _chunks = [];
    private readonly List<RunEvent> _events = [];
    private readonly List<RunPart> _parts = [];

    /// <summary>The number of the last entry.</summary>
    public int Count { get; private set; }

    /// <summary>The number of the last entry that readers may see.</summary>
    public int Visible { get; private set; }

    /// <summary>How many of the first entries are not there any more; only their text is.</summary>
    public int Forgotten { get; private set; }

    /// <summary>The tool calls that readers may see.</summary>
    public RunCalls Calls { get; } = new();

    /// <summary>The last change of models that readers may see.</summary>
    public FailOverEvent? FailOver { get; private set; }

    /// <summary>The last change of models that is written.</summary>
    public FailOverEvent? WrittenFailOver { get; private set; }

    /// <summary>What the agents have added, in the order they began; one part where there are no agents.</summary>
    public List<RunPart> Parts => _parts;

    /// <summary>Adds an event; it gets its number and time.</summary>
    /// <param name="event">The event.</param>
    /// <param name="now">Milliseconds since the run was asked for.</param>
    public void Add(RunEvent @event, double now)
    {
        _events.Add(@event with { Seq = Count + 1, T = Math.Round(now, 3) });
        WrittenFailOver = @event as FailOverEvent ?? WrittenFailOver;
        Add(new Entry(Kind.Event, 0, _events.Count - 1, 0, now));
    }

    /// <summary>Adds a piece of a part's text or reasoning.</summary>
    public void Add(RunPart part, string piece, bool reasoning, double now)
    {
        var text = reasoning ? part.Reasoning : part.Text;
        Add(new Entry(reasoning ? Kind.Reasoning : Kind.Text, part.Index, text.Length, piece.Length, now));
        text.Append(piece);
    }

    /// <summary>At most <paramref name="most"/> events after <paramref name="after"/> and up to <paramref name="end"/>; neighbouring pieces of one text come as one.</summary>
    /// <returns>The number of the last event read.</returns>
    public long Read(long after, long end, int most, ICollection<RunEvent> events)
    {
        var i = (int)Math.Max(after, Forgotten);
        for (; i < end && most-- > 0; i++)
        {
            var first = At(i);
            if (first.Kind == Kind.Event)
            {
                events.Add(_events[first.Start]);
                continue;
            }

            var last = first;
            for (; i + 1 < end && At(i + 1) is var next && next.Follows(last) && next.Start + next.Length - first.Start <= MaxMerged; i++)
            {
                last = next;
            }

            events.Add(Delta(first, last, i + 1));
        }

        return i;
    }

    /// <summary>Lets readers see the entries up to <paramref name="upTo"/>.</summary>
    public void Show(int upTo)
    {
        for (; Visible < upTo; Visible++)
        {
            var entry = At(Visible);
            if (entry.Kind == Kind.Text)
            {
                _parts[entry.Part].VisibleText = entry.Start + entry.Length;
                _parts[entry.Part].SilentSince = null;
            }
            else if (entry.Kind == Kind.Reasoning)
            {
                _parts[entry.Part].VisibleReasoning = entry.Start + entry.Length;
                _parts[entry.Part].SilentSince = null;
            }
            else
            {
                var @event = _events[entry.Start];
                var part = _parts.Count > 0 ? PartOf(@event.Agent) : null;
                FailOver = @event as FailOverEvent ?? FailOver;
                Calls.Take(@event, part?.VisibleText ?? 0);
                if (part is not null && part.Agent == @event.Agent)
                {
                    Show(@event, part);
                }
            }
        }
    }

    private void Show(RunEvent @event, RunPart part)
    {
        switch (@event)
        {
            case AgentStartEvent:
                part.IsBeside = _parts.Exists(other => other != part && other is { HasVisiblyBegun: true, IsVisiblyDone: false });
                part.HasVisiblyBegun = true;
                break;
            case AgentEndEvent when part.Agent is not null:
                part.IsVisiblyDone = true;
                break;
            case StallEvent stall:
                part.SilentSince = stall.T - stall.AfterMs;
                return;
            case MetricsEvent:
                return;
            default:
                break;
        }

        part.SilentSince = null;
    }

    /// <summary>Takes back the entries that no reader has seen.</summary>
    public void DropHidden()
    {
        Count = Visible;
        WrittenFailOver = FailOver;
        var chunks = (Count - Forgotten + ChunkLength - 1) / ChunkLength;
        _chunks.RemoveRange(chunks, _chunks.Count - chunks);
        foreach (var part in _parts)
        {
            part.Text.Truncate(part.VisibleText);
            part.Reasoning.Truncate(part.VisibleReasoning);
        }
    }

    /// <summary>The part of that agent; the first one's where nobody has that name.</summary>
    public RunPart PartOf(string? agent) => _parts.Find(part => part.Agent == agent) ?? _parts[0];

    /// <summary>Stands for a log of <paramref name="count"/> entries of which only the text is known, part by part.</summary>
    /// <param name="count">How many entries there were.</param>
    /// <param name="parts">The texts of those who answered.</param>
    /// <param name="failOver">The last change of models, where there was one.</param>
    public void SetText(int count, IEnumerable<(string? Agent, string Text, string Reasoning, bool IsBeside)> parts, FailOverEvent? failOver)
    {
        FailOver = failOver;
        foreach (var (agent, text, reasoning, isBeside) in parts)
        {
            var part = new RunPart(checked((byte)_parts.Count), agent) { VisibleText = text.Length, VisibleReasoning = reasoning.Length, IsBeside = isBeside };
            part.Text.Append(text);
            part.Reasoning.Append(reasoning);
            _parts.Add(part);
        }

        Forgotten = Visible = Count = count;
    }

    /// <summary>The agents that began while another was at it, by all entries, also those that readers may not see yet.</summary>
    public HashSet<string> Beside()
    {
        var (open, beside) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        for (var i = Forgotten; i < Count; i++)
        {
            switch (At(i) is { Kind: Kind.Event } entry ? _events[entry.Start] : null)
            {
                case AgentStartEvent { Agent: { } agent }:
                    if (open.Count > 0)
                    {
                        beside.Add(agent);
                    }

                    open.Add(agent);
                    break;
                case AgentEndEvent { Agent: { } agent }:
                    open.Remove(agent);
                    break;
                default:
                    break;
            }
        }

        return beside;
    }

    /// <summary>The tool calls of all entries, also of those that readers may not see yet.</summary>
    public RunCalls AllCalls()
    {
        var calls = new RunCalls();
        var text = new int[_parts.Count];
        for (var i = Forgotten; i < Count; i++)
        {
            var entry = At(i);
            if (entry.Kind == Kind.Text)
            {
                text[entry.Part] = entry.Start + entry.Length;
            }
            else if (entry.Kind == Kind.Event)
            {
                var @event = _events[entry.Start];
                calls.Take(@event, _parts.Count > 0 ? text[PartOf(@event.Agent).Index] : 0);
            }
        }

        return calls;
    }

    private RunEvent Delta(Entry first, Entry last, long seq)
    {
        var (part, t) = (_parts[first.Part], last.Milliseconds);
        return first.Kind == Kind.Reasoning
            ? new ReasoningEvent(part.Reasoning.Slice(first.Start, last.Start + last.Length)) { Seq = seq, T = t, Agent = part.Agent }
            : new TokenEvent(part.Text.Slice(first.Start, last.Start + last.Length)) { Seq = seq, T = t, Agent = part.Agent };
    }

    private Entry At(int index) => _chunks[(index - Forgotten) / ChunkLength][(index - Forgotten) % ChunkLength];

    private void Add(Entry entry)
    {
        var at = (Count++ - Forgotten) % ChunkLength;
        if (at == 0)
        {
            _chunks.Add(new Entry[ChunkLength]);
        }

        _chunks[^1][at] = entry;
    }

    private enum Kind : byte
    {
        Event,
        Text,
        Reasoning,
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly struct Entry(Kind kind, byte part, int start, int length, double milliseconds)
    {
        // Microseconds in 48 bits: almost nine years.
        private readonly uint _low = (uint)(ulong)Math.Round(milliseconds * 1000);
        private readonly ushort _high = (ushort)((ulong)Math.Round(milliseconds * 1000) >> 32);

        public Kind Kind { get; } = kind;

        /// <summary>Whose piece it is.</summary>
        public byte Part { get; } = part;

        /// <summary>Where in the text the piece begins; for an event, its place among the events.</summary>
        public int Start { get; } = start;

        public int Length { get; } = length;

        /// <summary>Whether this piece goes on with the text of <paramref name="earlier"/>.</summary>
        public bool Follows(Entry earlier) => Kind == earlier.Kind && Part == earlier.Part;

        public double Milliseconds => (((ulong)_high << 32) | _low) / 1000.0;
    }
}
