namespace ChatApp.Tools.Fetch;

/// <summary>Section <c>ChatApp:Tools:Fetch</c>: whether models may read web pages, and which.</summary>
public sealed class FetchOptions
{
    public const string Section = $"{ToolsOptions.Section}:Fetch";

    /// <summary>Whether there is the tool at all. Default false.</summary>
    public bool Enabled { get; set; }

    /// <summary>The hosts that may be read: <c>example.com</c>, <c>*.example.com</c> for those below it, <c>*</c> for any; with a port, as in <c>example.com:8443</c>, for that port.</summary>
    public IList<string> Allow { get; } = [];

    /// <summary>How many bytes of a page are read, after decompression. Default 1000000.</summary>
    public int MaxBytes { get; set; } = 1_000_000;

    /// <summary>How long reading a page may take, redirects included. Default 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many characters of its text the model is given. Default 50000.</summary>
    public int MaxCharacters { get; set; } = 50_000;
}
