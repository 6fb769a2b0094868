namespace ChatApp.Storage;

/// <summary>What is added to a conversation as one step: a question, an answer that begins, or both.</summary>
public sealed record NewTurn
{
    /// <summary>The conversation. Where there is none of that id for that owner, and <see cref="MayCreate"/>, it is made with these values.</summary>
    public required ConversationRow Conversation { get; init; }

    /// <summary>Whether the conversation is made where it is missing.</summary>
    public bool MayCreate { get; init; }

    /// <summary>
    /// The branch's last message as the asker knows it: where the conversation's leaf is another one by now, nothing is added. Ignored with
    /// <see cref="IsBranch"/>.
    /// </summary>
    public string? ExpectedLeafId { get; init; }

    /// <summary>Whether it is added wherever it hangs on, whatever the conversation's leaf is.</summary>
    public bool IsBranch { get; init; }

    /// <summary>Whether it may begin while the leaf is an answer that is being made.</summary>
    public bool IsBeside { get; init; }

    /// <summary>The question; null where an earlier one is answered again.</summary>
    public MessageRow? Question { get; init; }

    /// <summary>The answer that begins, without text; null where none can be made.</summary>
    public MessageRow? Answer { get; init; }

    /// <summary>The run that makes it; null exactly where there is no <see cref="Answer"/>.</summary>
    public RunRow? Run { get; init; }
}

/// <summary>What became of a <see cref="NewTurn"/>.</summary>
/// <param name="Kind">Whether it was added, and why not.</param>
/// <param name="RunId">Of <see cref="TurnOutcomeKind.Busy"/>, the run that is being made; of <see cref="TurnOutcomeKind.Repeated"/>, the one started before.</param>
/// <param name="Fingerprint">Of <see cref="TurnOutcomeKind.Repeated"/>, what the first request was.</param>
public readonly record struct TurnOutcome(TurnOutcomeKind Kind, string? RunId = null, string? Fingerprint = null);

public enum TurnOutcomeKind
{
    /// <summary>It is stored, and is the conversation's leaf.</summary>
    Added,

    /// <summary>There is no such conversation of that owner.</summary>
    NoConversation,

    /// <summary>The message it was to hang on is not in the conversation.</summary>
    NoParent,

    /// <summary>The conversation's leaf is an answer that is being made.</summary>
    Busy,

    /// <summary>Somebody else has added something meanwhile.</summary>
    LeafMoved,

    /// <summary>A run with the same idempotency key is there already.</summary>
    Repeated,
}
