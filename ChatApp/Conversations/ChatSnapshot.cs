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

    /// <summary>The stored conversation's id; null while nothing has been asked.</summary>
    public string? ConversationId { get; init; }

    /// <summary>What the conversation is called; null while nothing has been asked.</summary>
    public string? Title { get; init; }

    /// <summary>Whether there are earlier turns than those shown; <see cref="ChatSession.LoadEarlierAsync"/> brings them.</summary>
    public bool HasEarlier { get; init; }

    /// <summary>Whether a stored conversation is on its way: there is nothing to show yet.</summary>
    public bool IsLoading { get; init; }

    /// <summary>Whether saving waits for the database: what the model says is shown once it is saved.</summary>
    public bool IsSavingDelayed { get; init; }

    /// <summary>Why the conversation can't be shown, for people; null where it can.</summary>
    public string? Problem { get; init; }
}
