namespace ChatApp.Runs;

/// <summary>What one agent adds to a run, or, without agents, the whole of it: its text, its reasoning and what it used. The run's lock guards it.</summary>
/// <param name="index">Its place among the run's parts.</param>
/// <param name="agent">The agent's name; null for a run without agents.</param>
internal sealed class RunPart(byte index, string? agent)
{
    private RunUsage? _earlier;
    private int _earlierAnswer;
    private bool _wasFinal = true;
    private RunUsage? _reported;
    private int? _reportedAnswer;
    private int _countedAtReport;

    public byte Index => index;

    public string? Agent => agent;

    public TextLog Text { get; } = new();

    public TextLog Reasoning { get; } = new();

    /// <summary>The number of its last step.</summary>
    public int Step { get; set; }

    /// <summary>How much of the text readers may see.</summary>
    public int VisibleText { get; set; }

    /// <summary>The same of the reasoning.</summary>
    public int VisibleReasoning { get; set; }

    /// <summary>Whether readers know that its agent has finished.</summary>
    public bool IsVisiblyDone { get; set; }

    /// <summary>Whether it began while another was at it, as far as readers know.</summary>
    public bool IsBeside { get; set; }

    /// <summary>Whether readers know that its agent has begun.</summary>
    public bool HasVisiblyBegun { get; set; }

    /// <summary>Where readers know that its model has stalled: since when it has been silent, in milliseconds from the moment the run was asked for.</summary>
    public double? SilentSince { get; set; }

    /// <summary>Tokens of the answer as counted from the pieces.</summary>
    public int Counted { get; private set; }

    /// <summary>The same of the reasoning.</summary>
    public int CountedReasoning { get; private set; }

    /// <summary>Whether the provider's own figures count everything: some say them early, and what comes after that they have not counted.</summary>
    public bool IsReportFinal => _reported is not null && Counted + CountedReasoning == _countedAtReport;

    /// <summary>Whether the number of the answer's tokens is the provider's.</summary>
    public bool AreTokensFinal => _reportedAnswer is not null && IsReportFinal && _wasFinal;

    /// <summary>Tokens of the answer.</summary>
    public int Tokens => _earlierAnswer + Answered;

    private int Answered => _reportedAnswer is not { } reported ? Counted : IsReportFinal ? reported : Math.Max(reported, Counted);

    /// <summary>The model is asked again: what it has said is counted, and what follows is counted anew.</summary>
    /// <param name="inputEstimate">The size of what was sent, for where the provider did not say.</param>
    public void NextRound(int inputEstimate)
    {
        _wasFinal = AreTokensFinal;
        _earlierAnswer = Tokens;
        _earlier = Usage(inputEstimate);
        (_reported, _reportedAnswer, _countedAtReport, Counted, CountedReasoning) = (null, null, 0, 0, 0);
    }

    public void Count(int tokens, bool reasoning)
    {
        if (reasoning)
        {
            CountedReasoning += tokens;
        }
        else
        {
            Counted += tokens;
        }
    }

    /// <summary>Another model is asked in the place of one that has said nothing: what that one has used is none of the answer's.</summary>
    public void Forget() => (_reported, _reportedAnswer, _countedAtReport) = (null, null, 0);

    /// <param name="usage">What the provider says was used.</param>
    /// <param name="answerTokens">How much of its output is answer, not reasoning, where that is known.</param>
    public void Report(RunUsage usage, int? answerTokens) => (_reported, _reportedAnswer, _countedAtReport) = (usage, answerTokens, Counted + CountedReasoning);

    /// <param name="inputEstimate">The size of what was sent, for where the provider does not say.</param>
    public RunUsage Usage(int inputEstimate) => _earlier is null ? Now(inputEstimate)
        : new RunUsage(_earlier.InputTokens + Now(inputEstimate).InputTokens, _earlier.OutputTokens + Now(inputEstimate).OutputTokens, _earlier.Estimated || Now(inputEstimate).Estimated);

    private RunUsage Now(int inputEstimate) => _reported is null ? new RunUsage(inputEstimate, Counted + CountedReasoning, Estimated: true)
        : IsReportFinal ? _reported
        : _reported with { OutputTokens = Math.Max(_reported.OutputTokens, Counted + CountedReasoning), Estimated = true };
}
