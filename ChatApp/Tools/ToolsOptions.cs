namespace ChatApp.Tools;

/// <summary>Section <c>ChatApp:Tools</c>.</summary>
public sealed class ToolsOptions
{
    public const string Section = "ChatApp:Tools";

    /// <summary>How often a model may be asked for one answer, tools in between. Default 16.</summary>
    public int MaxRounds { get; set; } = 16;

    /// <summary>How many calls are made at once; the others wait. Default 8.</summary>
    public int MaxParallel { get; set; } = 8;

    /// <summary>How many calls a model may ask for in one step; those behind it are refused. Default 64.</summary>
    public int MaxCalls { get; set; } = 64;

    /// <summary>How many characters a call's arguments may have, as JSON. Default 65536.</summary>
    public int MaxArguments { get; set; } = 64 * 1024;

    /// <summary>How many characters of a result are kept; the rest is cut off, and the model is told so. Default 100000.</summary>
    public int MaxResult { get; set; } = 100_000;

    /// <summary>How long a call may take, where its tool does not say. Default 60 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a call waits for somebody to say yes; then it counts as refused. Default 1 day.</summary>
    public TimeSpan ApprovalTimeout { get; set; } = TimeSpan.FromDays(1);
}
