namespace ChatApp.Api.Conversations;

/// <summary>The body of <c>POST /api/conversations</c>.</summary>
internal sealed record NewConversation
{
    public string? Title { get; init; }
}

/// <summary>The body of <c>PATCH /api/conversations/{id}</c>: what it names is changed.</summary>
internal sealed record ConversationChange
{
    public string? Title { get; init; }

    public string? LeafId { get; init; }
}
