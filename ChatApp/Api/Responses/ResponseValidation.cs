using System.Text.Json;
using ChatApp.Api.OpenAI;
using ChatApp.Providers;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary>Turns a request's body into what a run is asked, or says what is wrong with it.</summary>
internal static class ResponseValidation
{
    public static OpenAIError? Check(ResponseRequest request) => request switch
    {
        { Conversation: not null } => ResponseProblems.Unsupported("conversation", "There are no conversations here. Send previous_response_id, or the whole input."),
        { Prompt: not null } => ResponseProblems.Unsupported("prompt", "There are no stored prompts here. Send instructions and input."),
        { Temperature: not (null or (>= 0 and <= 2)) } => ResponseProblems.Invalid("temperature", "temperature is a number from 0 to 2."),
        { TopP: not (null or (>= 0 and <= 1)) } => ResponseProblems.Invalid("top_p", "top_p is a number from 0 to 1."),
        { MaxOutputTokens: <= 0 } => ResponseProblems.Invalid("max_output_tokens", "max_output_tokens is a whole number, 1 or more."),
        { Reasoning.Effort: { } effort } when !ReasoningEfforts.ByName.ContainsKey(effort) =>
            ResponseProblems.Invalid("reasoning.effort", $"reasoning.effort is one of {string.Join(", ", ReasoningEfforts.ByName.Keys)}."),
        { Background: true, Store: false } => ResponseProblems.Invalid("store", "A response in the background has to be stored: leave out store: false, or background."),
        { Metadata.Count: > 16 } => ResponseProblems.Invalid("metadata", "metadata holds at most 16 entries."),
        { Metadata: { } metadata } when metadata.Any(entry => entry is not { Key.Length: <= 64, Value.Length: <= 512 }) =>
            ResponseProblems.Invalid("metadata", "metadata has keys of at most 64 characters and texts of at most 512."),
        _ => CheckFormat(request.Text?.Format) ?? CheckTools(request.Tools ?? []) ?? CheckChoice(request.ToolChoice, request.Tools ?? []),
    };

    public static ResponseSettings Settings(ResponseRequest request, IReadOnlyDictionary<string, string>? labels = null) => new()
    {
        Labels = labels ?? new Dictionary<string, string>(),
        Background = request.Background ?? false,
        Store = request.Store ?? true,
        Instructions = request.Instructions,
        MaxOutputTokens = request.MaxOutputTokens,
        ParallelToolCalls = request.ParallelToolCalls ?? true,
        PreviousResponseId = request.PreviousResponseId,
        ReasoningEffort = request.Reasoning?.Effort,
        Temperature = request.Temperature,
        TopP = request.TopP,
        Metadata = request.Metadata?.ToDictionary(entry => entry.Key, entry => entry.Value!) ?? [],
        ToolChoice = request.ToolChoice,
        Tools = [.. request.Tools?.OfType<ResponseTool>() ?? []],
        TextFormat = request.Text?.Format,
    };

    public static ChatOptions Options(ResponseRequest request) => new()
    {
        Temperature = request.Temperature,
        TopP = request.TopP,
        MaxOutputTokens = request.MaxOutputTokens,
        Reasoning = request.Reasoning?.Effort is { } effort ? new ReasoningOptions { Effort = ReasoningEfforts.ByName[effort] } : null,
        ResponseFormat = Format(request.Text?.Format),
        Tools = request.Tools?.Where(tool => tool!.Type == "function").Select(tool => (AITool)Declare(tool!)).ToList() is { Count: > 0 } tools ? tools : null,
        ToolMode = Mode(request.ToolChoice),
        AllowMultipleToolCalls = request.ParallelToolCalls,
    };

    private static OpenAIError? CheckFormat(JsonElement? format) => (format is { } given ? Text(given, "type") : "text") switch
    {
        "text" or "json_object" => null,
        "json_schema" when string.IsNullOrEmpty(Text(format!.Value, "name")) => ResponseProblems.Invalid("text.format.name", "A json_schema has a name."),
        "json_schema" when Find(format!.Value, "schema") is not { ValueKind: JsonValueKind.Object } =>
            ResponseProblems.Invalid("text.format.schema", "A json_schema has its schema, an object."),
        "json_schema" => null,
        _ => ResponseProblems.Invalid("text.format.type", "text.format.type is text, json_object or json_schema."),
    };

    private static OpenAIError? CheckTools(IReadOnlyList<ResponseTool?> tools)
    {
        for (var i = 0; i < tools.Count; i++)
        {
            switch (tools[i])
            {
                case null or { Type: null }:
                    return ResponseProblems.Invalid($"tools[{i}].type", "A tool is an object with a type: function.");
                case { Type: "mcp" } server:
                    if (CheckServer(server, $"tools[{i}]") is { } problem)
                    {
                        return problem;
                    }

                    break;
                case { Type: not "function" }:
                    return ResponseProblems.Unsupported($"tools[{i}].type", "A tool's type may only be function or mcp here.");
                case { Name: null or "" }:
                    return ResponseProblems.Invalid($"tools[{i}].name", "A function has a name.");
                case { Parameters: { ValueKind: not JsonValueKind.Object } }:
                    return ResponseProblems.Invalid($"tools[{i}].parameters", "A function's parameters are a JSON schema, an object.");
            }
        }

        return null;
    }

    private static OpenAIError? CheckServer(ResponseTool server, string at) => server switch
    {
        { ServerUrl: not null } or { ConnectorId: not null } or { TunnelId: not null } or { Authorization: not null } => ResponseProblems.Unsupported(
            $"{at}.server_url", "No address of a request is asked here. The servers are those of the settings: name one with server_label, or chatapp for all tools."),
        { ServerLabel: null or "" } => ResponseProblems.Invalid($"{at}.server_label", "An mcp tool has a server_label: chatapp, or the name of an MCP server of the settings."),
        { AllowedTools: { ValueKind: not JsonValueKind.Null } allowed } when Names(allowed) is null =>
            ResponseProblems.Invalid($"{at}.allowed_tools", "allowed_tools is a list of names, or an object with them as tool_names."),
        _ => null,
    };

    /// <summary>The tools of this server that the request names, with the label of each; null where it names none, and the model has those of the settings.</summary>
    /// <exception cref="UnknownToolException">There is none of a name.</exception>
    public static IReadOnlyDictionary<string, string>? ServerTools(ResponseRequest request, ToolBox tools)
    {
        var servers = request.Tools?.Where(tool => tool!.Type == "mcp").ToList() ?? [];
        if (servers.Count == 0)
        {
            return null;
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var server in servers)
        {
            var label = server!.ServerLabel!;
            var own = label == ResponseTool.OwnLabel ? tools.All : [.. tools.All.Where(tool => tool.Source == label)];
            var allowed = server.AllowedTools is { } given ? Names(given) : null;
            foreach (var name in allowed ?? [.. own.Where(tool => tool.IsDefault || label != ResponseTool.OwnLabel).Select(tool => tool.Name)])
            {
                _ = own.FirstOrDefault(tool => tool.Name == name) ?? throw new UnknownToolException(name, own.Select(tool => tool.Name));
                labels.TryAdd(name, label);
            }
        }

        return labels;
    }

    private static IReadOnlyList<string>? Names(JsonElement allowed) => allowed.ValueKind switch
    {
        JsonValueKind.Array when allowed.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String) => [.. allowed.EnumerateArray().Select(name => name.GetString()!)],
        JsonValueKind.Object when Find(allowed, "tool_names") is { ValueKind: JsonValueKind.Array } names => Names(names),
        _ => null,
    };

    private static OpenAIError? CheckChoice(JsonElement? choice, IReadOnlyList<ResponseTool?> tools) => choice switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } mode => mode.GetString() is "none" or "auto" or "required"
            ? null
            : ResponseProblems.Invalid("tool_choice", "tool_choice is none, auto, required, or an object that names a function."),
        { ValueKind: JsonValueKind.Object } chosen when Text(chosen, "type") == "function" => tools.Any(tool => tool!.Name == Text(chosen, "name"))
            ? null
            : ResponseProblems.Invalid("tool_choice.name", "tool_choice names a function that is not among tools."),
        { ValueKind: JsonValueKind.Object } => ResponseProblems.Unsupported("tool_choice.type", "tool_choice.type may only be function here."),
        _ => ResponseProblems.Invalid("tool_choice", "tool_choice is none, auto, required, or an object that names a function."),
    };

    private static ChatResponseFormatJson? Format(JsonElement? format) => (format is { } given ? Text(given, "type") : null) switch
    {
        "json_object" => ChatResponseFormat.Json,
        "json_schema" => ChatResponseFormat.ForJsonSchema(Find(format!.Value, "schema")!.Value, Text(format.Value, "name"), Text(format.Value, "description")),
        _ => null,
    };

    private static AIFunctionDeclaration Declare(ResponseTool tool) =>
        AIFunctionFactory.CreateDeclaration(tool.Name!, tool.Description, tool.Parameters ?? JsonElement.Parse("""{"type":"object","properties":{}}"""));

    private static ChatToolMode? Mode(JsonElement? choice) => choice switch
    {
        { ValueKind: JsonValueKind.Object } chosen => ChatToolMode.RequireSpecific(Text(chosen, "name")!),
        { } mode => mode.GetString() switch { "none" => ChatToolMode.None, "required" => ChatToolMode.RequireAny, _ => null },
        null => null,
    };

    private static JsonElement? Find(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement parent, string name) => Find(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
