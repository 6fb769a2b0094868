namespace ChatApp.Conversations;

/// <summary>Section <c>ChatApp:Conversations</c>.</summary>
public sealed class ConversationsOptions
{
    public const string Section = "ChatApp:Conversations";

    /// <summary>How much of a conversation a model is sent, in estimated tokens; the oldest turns are left out first.</summary>
    public int ContextTokens { get; set; } = 32_000;

    /// <summary>How many conversations are kept at hand in memory, whoever's they are; the one unused for longest is read again when it is wanted.</summary>
    public int Keep { get; set; } = 500;
}
