using ChatApp.Runs;

namespace ChatApp.Conversations;

/// <summary>A question and its answer.</summary>
/// <param name="Id">The question's id, unique among all messages.</param>
/// <param name="Prompt">What the person wrote.</param>
public sealed record ChatTurn(string Id, string Prompt)
{
    /// <summary>The answer's id; null where there is none.</summary>
    public string? AnswerId { get; init; }

    /// <summary>The answer; null where there is none.</summary>
    public Run? Run { get; init; }

    /// <summary>The questions that stand at this place of the conversation, this one among them, oldest first: more than one once it was edited.</summary>
    public IReadOnlyList<string> Questions { get; init; } = [];

    /// <summary>The answers to the question, this one among them, oldest first: more than one once it was asked again.</summary>
    public IReadOnlyList<string> Answers { get; init; } = [];

    /// <summary>Why no answer could be started.</summary>
    public RunProblem? Refusal { get; init; }

    /// <summary>Where the answer was stopped by hand: how long it took until the provider's connection was closed.</summary>
    public TimeSpan? StopTook { get; init; }
}
