namespace ChatApp.Storage;

/// <summary>A stored conversation, without its messages.</summary>
public sealed record ConversationRow
{
    /// <summary>Its id, unique in the database.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the API key it was made with; empty where none was needed.</summary>
    public required string Owner { get; init; }

    /// <summary>What it is called.</summary>
    public required string Title { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When something was last asked in it.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>The last message of the branch that is shown; null while there is none.</summary>
    public string? LeafId { get; init; }

    /// <summary>Whether an answer is being made in it.</summary>
    public bool IsRunning { get; init; }

    /// <summary>What its owner has decided about tools in it.</summary>
    public ConversationTools Tools { get; init; } = ConversationTools.None;
}

/// <summary>A conversation that a search found.</summary>
/// <param name="Conversation">The conversation.</param>
/// <param name="Excerpt">The words found with some around them, as plain text; empty where only the title matches.</param>
public sealed record FoundConversation(ConversationRow Conversation, string Excerpt);
