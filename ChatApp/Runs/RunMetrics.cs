namespace ChatApp.Runs;

/// <summary>The figures of a run, all on the monotonic clock and counted from the moment it was asked for.</summary>
public sealed record RunMetrics
{
    /// <summary>Milliseconds to the first token of the answer.</summary>
    public double? TtftMs { get; init; }

    /// <summary>Milliseconds to the first token of reasoning, where there was one.</summary>
    public double? ReasoningMs { get; init; }

    /// <summary>Milliseconds until the provider had accepted the request.</summary>
    public double? ConnectedMs { get; init; }

    /// <summary>Milliseconds to the first byte of the response's body.</summary>
    public double? FirstByteMs { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public int Tokens { get; init; }

    /// <summary>True while <see cref="Tokens"/> is counted from the pieces that came; the provider's own count, once it is there, replaces it.</summary>
    public bool Estimated { get; init; }

    /// <summary>(tokens − 1) / (last token − first token); absent before the second token.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Tokens that came within the last second; absent once the run has ended.</summary>
    public double? TokensPerSecondNow { get; init; }

    /// <summary>Milliseconds to the end, or to now while the run goes on.</summary>
    public double DurationMs { get; init; }

    /// <summary>How often the model was asked.</summary>
    public int Steps { get; init; }
}

/// <summary>What the run used, in tokens.</summary>
/// <param name="InputTokens">What was sent, where the provider said so or it could be estimated.</param>
/// <param name="OutputTokens">What came back, reasoning included.</param>
/// <param name="Estimated">True where the provider did not say.</param>
public sealed record RunUsage(int InputTokens, int OutputTokens, bool Estimated)
{
    /// <summary>Both together.</summary>
    public int TotalTokens => InputTokens + OutputTokens;
}

/// <summary>Something the answer rests on.</summary>
public sealed record RunSource(string Title, string Url);
