namespace ChatApp.Conversations;

/// <summary>Section <c>ChatApp:Conversations</c>.</summary>
public sealed class ConversationsOptions
{
    public const string Section = "ChatApp:Conversations";

    /// <summary>How much of a conversation a model is sent, in estimated tokens; the oldest turns are left out first.</summary>
    public int ContextTokens { get; set; } = 32_000;

    /// <summary>How many conversations are kept in memory for each API key, or in all without keys; the one unused for longest goes first.</summary>
    public int Keep { get; set; } = 10_000;

    /// <summary>How many turns a conversation keeps; the oldest go first.</summary>
    public int KeepTurns { get; set; } = DefaultKeepTurns;

    internal const int DefaultKeepTurns = 1000;
}
