using System.Collections.Immutable;

namespace ChatApp.Conversations;

/// <summary>What the page shows, as of one moment. A new one is made only when the structure changes, not with every piece of text.</summary>
public sealed record ChatSnapshot
{
    /// <summary>The turns, oldest first.</summary>
    public required ImmutableList<ChatTurn> Turns { get; init; }

    /// <summary>The model the next question goes to.</summary>
    public required string Model { get; init; }

    /// <summary>Whether an answer is being made.</summary>
    public bool IsRunning { get; init; }
}
