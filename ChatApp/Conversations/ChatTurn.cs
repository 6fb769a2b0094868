using ChatApp.Runs;

namespace ChatApp.Conversations;

/// <summary>A question and its answer.</summary>
/// <param name="Id">Its id within the conversation.</param>
/// <param name="Prompt">What the person wrote.</param>
public sealed record ChatTurn(string Id, string Prompt)
{
    /// <summary>The answer; null where none could be started.</summary>
    public Run? Run { get; init; }

    /// <summary>Why no answer could be started.</summary>
    public RunProblem? Refusal { get; init; }

    /// <summary>Where the answer was stopped by hand: how long it took until the provider's connection was closed.</summary>
    public TimeSpan? StopTook { get; init; }
}
