namespace ChatApp.Storage;

/// <summary>A message of a conversation's tree.</summary>
public sealed record MessageRow
{
    public const string User = "user";
    public const string Assistant = "assistant";

    /// <summary>Its id, unique in the database. Ids sort by time: of two siblings, the one with the smaller id was first.</summary>
    public required string Id { get; init; }

    /// <summary>The message it answers or follows; null for a first one.</summary>
    public string? ParentId { get; init; }

    /// <summary><see cref="User"/> or <see cref="Assistant"/>.</summary>
    public required string Role { get; init; }

    /// <summary>What was written. Of an answer that is being made, nothing yet: its run's events have it.</summary>
    public required string Text { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The run that made it, or makes it; null for questions and for what was imported.</summary>
    public RunRow? Run { get; init; }

    /// <summary>The ids of all messages with the same parent, this one among them, oldest first. Only <see cref="ConversationStore.PathAsync"/> fills it.</summary>
    public IReadOnlyList<string> Siblings { get; init; } = [];
}
