using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>What is asked in a conversation: something new, or an earlier question once more.</summary>
public sealed record Question
{
    /// <summary>The conversation's id.</summary>
    public required string ConversationId { get; init; }

    /// <summary>Whether the conversation is made where there is none of that id.</summary>
    public bool MayCreate { get; init; }

    /// <summary>What is decided about tools in a conversation that is made for this question.</summary>
    public ConversationTools Tools { get; init; } = ConversationTools.None;

    /// <summary>What is asked; null where <see cref="AgainId"/> says it.</summary>
    public string? Prompt { get; init; }

    /// <summary>What the model is told before all else, if anything.</summary>
    public string? System { get; init; }

    /// <summary>Whether the prompt begins a branch after <see cref="ParentId"/>, whatever stands there; otherwise it follows the branch that is shown.</summary>
    public bool IsBranch { get; init; }

    /// <summary>Whether it may begin while an answer is made at the end of the branch that is shown.</summary>
    public bool IsBeside { get; init; }

    /// <summary>The message that a branch goes on from; null for another first question.</summary>
    public string? ParentId { get; init; }

    /// <summary>A question that is answered again; the answers it has stay.</summary>
    public string? AgainId { get; init; }

    /// <summary>An answer to <see cref="AgainId"/> that was cut, which the new one goes on with.</summary>
    public string? ContinuedId { get; init; }
}
