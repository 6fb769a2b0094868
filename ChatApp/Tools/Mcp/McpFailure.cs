namespace ChatApp.Tools.Mcp;

/// <summary>A server can't be used, or not any more.</summary>
/// <param name="problem">What happened, for people, as the end of a sentence that begins with the server. Holds nothing that the server said.</param>
/// <param name="detail">What the server said of it, without what is secret; for the log.</param>
internal sealed class McpFailure(string problem, string? detail = null) : Exception(problem)
{
    public string? Detail => detail;
}
