using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Api;

/// <summary>Which tools a request is answered with: those of the server, by their names, and those that its client has declared.</summary>
internal static class RequestTools
{
    private const int Most = 128;
    private const int MaxName = 128;

    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    /// <summary>Reads the names of the server's tools: a list, or false for none. Nothing means the model's own, which is null.</summary>
    /// <param name="tools">What the request says.</param>
    /// <param name="property">Where it says it.</param>
    public static (IReadOnlyList<string>? Names, Problem? Problem) Read(JsonElement? tools, string property = "tools")
    {
        switch (tools)
        {
            case null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined }:
                return (null, null);
            case { ValueKind: JsonValueKind.False }:
                return ([], null);
            case { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() <= Most
                && list.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String && name.GetString() is { Length: > 0 and <= MaxName }):
                return ([.. list.EnumerateArray().Select(name => name.GetString()!)], null);
            default:
                return (null, Problem.Validation(property, $"{property} is a list of tools by their names, at most {Most}, or false for none. GET /api/tools lists what there is."));
        }
    }

    /// <summary>The same of a query: names with commas between them, or false.</summary>
    public static IReadOnlyList<string>? Read(string text) => text.Length == 0 ? null
        : text == "false" ? []
        : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Declares the client's tools to the model. They are not called here: a call of one ends the run, and the client answers it in its next.</summary>
    /// <param name="options">The request's options; null for none.</param>
    /// <param name="tools">The tools; null for none.</param>
    /// <param name="property">Where the request has them.</param>
    public static (ChatOptions? Options, Problem? Problem) Declare(ChatOptions? options, IReadOnlyList<ClientTool?>? tools, string property)
    {
        if (tools is not { Count: > 0 })
        {
            return (options, null);
        }

        if (tools.Count > Most || tools.Any(tool => string.IsNullOrEmpty(tool?.Name) || tool.Parameters is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) }))
        {
            return (null, Problem.Validation(property, $"A tool has a name, a description and, as its parameters, a JSON schema. There may be {Most}."));
        }

        options ??= new ChatOptions();
        options.Tools = [.. tools.Select(tool => AIFunctionFactory.CreateDeclaration(tool!.Name!, tool.Description ?? "", Schema(tool.Parameters)))];
        return (options, null);
    }

    private static JsonElement Schema(JsonElement? parameters) => parameters is { ValueKind: JsonValueKind.Object } schema ? schema : NoParameters;
}

/// <summary>A tool of the client's; <c>parameters</c> is a JSON schema.</summary>
internal sealed record ClientTool
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public JsonElement? Parameters { get; init; }
}
