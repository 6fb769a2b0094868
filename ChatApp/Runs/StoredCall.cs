namespace ChatApp.Runs;

/// <summary>What is kept of a tool call once its run has ended, for as long as the answer is kept. As JSON it is stored: a name given here may not change.</summary>
internal sealed record StoredCall(string Name, string State)
{
    // Of one text; and of all calls together, before each keeps little.
    private const int MostCharacters = 4096;
    private const int MostOfAll = 64 * 1024;
    private const int Little = 256;

    public string? Agent { get; init; }

    public int TextAt { get; init; }

    public string? Id { get; init; }

    public string? Arguments { get; init; }

    public string? Result { get; init; }

    public double? Ms { get; init; }

    /// <summary>What is kept of a run's calls; null for none.</summary>
    public static IReadOnlyList<StoredCall>? Of(IReadOnlyList<RunCall> calls)
    {
        if (calls.Count == 0)
        {
            return null;
        }

        var left = MostOfAll;
        return [.. calls.Select(call => new StoredCall(call.Name, call.State.ToString())
        {
            Agent = call.Agent,
            TextAt = call.TextAt,
            Id = call.CallId,
            Arguments = Cut(call.Arguments, ref left),
            Result = call.Result is null ? null : Cut(call.Result, ref left),
            Ms = call.Ms,
        })];
    }

    public static IEnumerable<RunCall> Read(IReadOnlyList<StoredCall> calls) => calls.Select((call, i) => new RunCall(i, call.Agent, call.TextAt)
    {
        CallId = call.Id ?? "",
        Name = call.Name ?? "",
        Arguments = call.Arguments ?? "",
        State = Enum.TryParse<RunCallState>(call.State, out var state) ? state : RunCallState.Cut,
        Result = call.Result,
        Ms = call.Ms,
    });

    private static string Cut(string text, ref int left)
    {
        var most = left > 0 ? MostCharacters : Little;
        left -= Math.Min(text.Length, most);
        return text.Length <= most ? text : $"{text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)}…";
    }
}

/// <summary>Who has written how much of a stored text. As JSON it is stored: a name given here may not change.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Text">How many characters of text are its.</param>
/// <param name="Reasoning">The same of the reasoning.</param>
/// <param name="IsBeside">Whether it began while another was at it.</param>
internal sealed record StoredLane(string? Agent, int Text, int Reasoning, bool IsBeside = false)
{
    // As the texts of several are put together.
    private const int Between = 2;

    /// <summary>What is kept of a run's parts; null where there are no agents.</summary>
    public static IReadOnlyList<StoredLane>? Of(IReadOnlyList<RunPart> parts, IReadOnlySet<string> beside) => parts is [] or [{ Agent: null }] ? null
        : [.. parts.Select(part => new StoredLane(part.Agent, part.Text.Length, part.Reasoning.Length, part.Agent is not null && beside.Contains(part.Agent)))];

    /// <summary>The parts of a stored text; one alone where it is not known who wrote what.</summary>
    public static IEnumerable<(string? Agent, string Text, string Reasoning, bool IsBeside)> Split(IReadOnlyList<StoredLane>? lanes, string text, string reasoning)
    {
        if (lanes is null || Split(lanes, lane => lane.Text, text) is not { } texts || Split(lanes, lane => lane.Reasoning, reasoning) is not { } thoughts)
        {
            return [(null, text, reasoning, false)];
        }

        return lanes.Select((lane, i) => (lane.Agent, texts[i], thoughts[i], lane.IsBeside));
    }

    private static List<string>? Split(IReadOnlyList<StoredLane> lanes, Func<StoredLane, int> length, string text)
    {
        var pieces = new List<string>(lanes.Count);
        var (at, isFirst) = (0, true);
        foreach (var lane in lanes)
        {
            var own = length(lane);
            at += own == 0 || isFirst ? 0 : Between;
            isFirst &= own == 0;
            if (own < 0 || at + own > text.Length)
            {
                return null;
            }

            pieces.Add(text.Substring(at, own));
            at += own;
        }

        return at == text.Length ? pieces : null;
    }
}
