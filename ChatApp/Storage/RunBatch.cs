namespace ChatApp.Storage;

/// <summary>Events of one run that are stored together. What the bytes mean is the runs' own business.</summary>
/// <param name="RunId">The run.</param>
/// <param name="FirstSeq">The number of the first event.</param>
/// <param name="LastSeq">The number of the last.</param>
/// <param name="Data">The events.</param>
public sealed record RunBatch(string RunId, long FirstSeq, long LastSeq, byte[] Data)
{
    /// <summary>How the run ended, where these are its last events.</summary>
    public RunEnd? End { get; init; }
}

/// <summary>How a run ended: stored in the same step as its last events and its text.</summary>
public sealed record RunEnd
{
    /// <summary>The end state.</summary>
    public required string State { get; init; }

    public required DateTimeOffset Ended { get; init; }

    public required string Text { get; init; }

    public required string Reasoning { get; init; }

    /// <summary>What else is known of it, as JSON.</summary>
    public required string Ending { get; init; }

    /// <summary>All events of the run, from 1 on, in one piece: it takes the place of the many small ones.</summary>
    public required byte[] Whole { get; init; }
}
