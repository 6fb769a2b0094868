using ChatApp.Tools;
using ChatApp.Tools.Mcp;

namespace ChatApp.Api.Native;

/// <summary>Says which tools there are, for pages and programs that let people choose, and where the MCP servers stand. Everybody is told the same, and no settings.</summary>
internal static class ListTools
{
    public static IResult Get(ToolBox tools, McpServers servers) => Results.Json(new Answer(
        [.. tools.All.Select(tool => new ToolAnswer(tool.Name, tool.Title, tool.Function.Description, tool.Source, Word(tool.Approval), tool.IsDefault))],
        [.. servers.Status.Select(server => new ServerAnswer(server.Name, Word(server.State), server.Tools.Count, server.Problem, server.Changed))]));

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private sealed record Answer(IReadOnlyList<ToolAnswer> Tools, IReadOnlyList<ServerAnswer> Servers);

    private sealed record ToolAnswer(string Name, string? Title, string Description, string Source, string Approval, bool IsDefault);

    private sealed record ServerAnswer(string Name, string State, int Tools, string? Problem, IReadOnlyList<string> Changed);
}
