namespace ChatApp.Tools.Mcp;

/// <summary>Where a server stands, for people.</summary>
/// <param name="Name">Its name in the settings.</param>
/// <param name="State">Whether its tools can be called.</param>
/// <param name="Tools">Its tools, by the names that models use.</param>
/// <param name="Problem">Why it is not running, or what was last wrong with it; null for nothing. Holds nothing that is secret.</param>
public sealed record McpServerStatus(string Name, McpServerState State, IReadOnlyList<string> Tools, string? Problem)
{
    /// <summary>Tools that are not as they were when the server first named them: they ask again.</summary>
    public IReadOnlyList<string> Changed { get; init; } = [];

    /// <summary>How long until it is started again; null where it runs or starts.</summary>
    public TimeSpan? Pause { get; init; }

    /// <summary>What its program last wrote to its error output, at most 20 lines. For whoever runs ChatApp, and nobody else.</summary>
    public IReadOnlyList<string> ErrorOutput { get; init; } = [];
}

/// <summary>Whether a server's tools can be called.</summary>
public enum McpServerState
{
    /// <summary>Not yet.</summary>
    Starting,

    /// <summary>Yes.</summary>
    Ready,

    /// <summary>No; it is started again after a pause.</summary>
    Failed,

    /// <summary>No: ChatApp is ending.</summary>
    Stopped,
}
