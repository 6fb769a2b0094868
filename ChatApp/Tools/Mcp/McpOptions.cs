namespace ChatApp.Tools.Mcp;

/// <summary>Section <c>ChatApp:Mcp</c>. Only who writes the settings names servers: no request and no stored data can.</summary>
public sealed class McpOptions
{
    /// <summary>The configuration's section.</summary>
    public const string Section = "ChatApp:Mcp";

    /// <summary>The servers by name: letters, digits and <c>-</c>, a letter first, at most 32 characters. The name is the first part of its tools' names.</summary>
    public IDictionary<string, McpServerOptions> Servers { get; } = new Dictionary<string, McpServerOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with them: each names its setting, the problem and the fix, none a value of <c>Env</c> or <c>Headers</c>.</summary>
    internal List<string> Problems { get; } = [];
}

/// <summary>One entry of <c>ChatApp:Mcp:Servers</c>: a program that is started, or an address that is asked.</summary>
public sealed class McpServerOptions
{
    /// <summary>The program to start, as a path or a name found on <c>PATH</c>. It is started as it is, by no shell.</summary>
    public string? Command { get; set; }

    /// <summary>Its arguments, one each.</summary>
    public IList<string> Args { get; } = [];

    /// <summary>Its environment, besides <c>PATH</c>, <c>HOME</c> and the like; of ChatApp's own environment it gets nothing else. Never shown or logged.</summary>
    public IDictionary<string, string> Env { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where it is started. Default: where ChatApp's program is.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>The address of a server that speaks Streamable HTTP.</summary>
    public Uri? Url { get; set; }

    /// <summary>What is sent with each request to it, such as <c>Authorization</c>. Never shown or logged.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>False leaves the server out.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Who has to say yes before one of its tools is called. Default <c>once</c>.</summary>
    public ToolApproval Approval { get; set; } = ToolApproval.Once;

    /// <summary>The same for single tools, by the server's own name of the tool.</summary>
    public IDictionary<string, ToolApproval> ApprovalOf { get; } = new Dictionary<string, ToolApproval>(StringComparer.Ordinal);

    /// <summary>The tools that are taken, by the server's own names; empty for all.</summary>
    public IList<string> Tools { get; } = [];

    /// <summary>Whether its tools are used where nothing names tools. Default true.</summary>
    public bool IsDefault { get; set; } = true;

    /// <summary>How long it may take to start and to name its tools. Default 30 s.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one call may take. Default 60 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(60);
}
