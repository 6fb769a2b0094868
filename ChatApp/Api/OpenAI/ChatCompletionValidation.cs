using System.Text.Json;
using System.Text.RegularExpressions;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.OpenAI;

/// <summary>Turns the options of a request into what a model is asked, or says which parameter is wrong.</summary>
internal static partial class ChatCompletionValidation
{
    private const int MaxTools = 128;
    private const int MaxStops = 4;

    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    /// <exception cref="InvalidParameterException">A parameter is missing, out of range, or none that is offered here.</exception>
    public static ChatOptions Options(ChatCompletionRequest request)
    {
        Require(!string.IsNullOrEmpty(request.Model), "model", "model is missing. GET /v1/models lists what there is.", "missing_required_parameter");
        RefuseUnsupported(request);
        Require(request.Temperature is null or (>= 0 and <= 2), "temperature", "temperature is a number from 0 to 2.");
        Require(request.TopP is null or (>= 0 and <= 1), "top_p", "top_p is a number from 0 to 1.");
        Require(request.MaxTokens is null or > 0, "max_tokens", "max_tokens is a whole number, 1 or more.");
        Require(request.MaxCompletionTokens is null or > 0, "max_completion_tokens", "max_completion_tokens is a whole number, 1 or more.");
        Require(request.FrequencyPenalty is null or (>= -2 and <= 2), "frequency_penalty", "frequency_penalty is a number from -2 to 2.");
        Require(request.PresencePenalty is null or (>= -2 and <= 2), "presence_penalty", "presence_penalty is a number from -2 to 2.");
        var options = new ChatOptions
        {
            Temperature = request.Temperature,
            TopP = request.TopP,
            MaxOutputTokens = request.MaxCompletionTokens ?? request.MaxTokens,
            FrequencyPenalty = request.FrequencyPenalty,
            PresencePenalty = request.PresencePenalty,
            Seed = request.Seed,
            StopSequences = Stops(request.Stop),
            ResponseFormat = Format(request.ResponseFormat),
            Tools = Tools(request.Tools ?? []),
            AllowMultipleToolCalls = request.ParallelToolCalls,
        };
        options.ToolMode = ToolChoice(request.ToolChoice, options.Tools);
        SetEffort(options, request.ReasoningEffort);
        return options;
    }

    /// <exception cref="InvalidParameterException">The condition does not hold.</exception>
    internal static void Require(bool holds, string param, string message, string code = "invalid_value")
    {
        if (!holds)
        {
            throw new InvalidParameterException(param, code, message);
        }
    }

    /// <summary>A string's text; null for anything else, and for half a character, which is no text.</summary>
    internal static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    internal static bool IsAbsent(JsonElement element) => element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    internal static JsonElement Find(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    internal static bool IsName(string? name) => name is not null && Name().IsMatch(name);

    private static void RefuseUnsupported(ChatCompletionRequest request)
    {
        const string Unsupported = "unsupported_parameter";
        Require(request.N is null or > 0, "n", "n is 1.");
        Require(request.N is null or 1, "n", "n can't be more than 1: one answer is made for each request. Send the request again for another.", Unsupported);
        Require(request.Logprobs is not true, "logprobs", "logprobs is not offered. Leave it out.", Unsupported);
        Require(request.TopLogprobs is null or 0, "top_logprobs", "top_logprobs is not offered. Leave it out.", Unsupported);
        Require(IsAbsent(request.Functions), "functions", "functions is not offered any more. Send tools.", Unsupported);
    }

    private static List<string>? Stops(JsonElement stop)
    {
        const string Message = "stop is a text, or a list of up to 4 texts, none of them empty.";
        if (IsAbsent(stop))
        {
            return null;
        }

        var texts = stop.ValueKind == JsonValueKind.Array ? stop.EnumerateArray().Select(Text).ToList() : [Text(stop)];
        Require(texts.TrueForAll(text => text is not null), "stop", Message, "invalid_type");
        Require(texts.Count <= MaxStops && texts.TrueForAll(text => text!.Length > 0), "stop", Message);
        return texts!;
    }

    private static void SetEffort(ChatOptions options, string? name)
    {
        if (name is null)
        {
            return;
        }

        Require(ReasoningEfforts.ByName.TryGetValue(name, out var effort), "reasoning_effort", $"reasoning_effort is one of {string.Join(", ", ReasoningEfforts.ByName.Keys)}.");
        options.Reasoning = new ReasoningOptions { Effort = effort };
        if (name == "minimal")
        {
            // A word of OpenAI's that the abstractions lack: its own models are sent it as it is.
            options.AdditionalProperties = new() { ["reasoning_effort"] = name };
        }
    }

    private static ChatResponseFormatJson? Format(ChatCompletionResponseFormat? format)
    {
        switch (format?.Type)
        {
            case null when format is null:
            case "text":
                return null;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema":
                var schema = format.JsonSchema;
                Require(IsName(schema?.Name), "response_format.json_schema.name", "A schema's name has 1 to 64 letters, digits, _ and -.");
                Require(schema!.Schema.ValueKind == JsonValueKind.Object, "response_format.json_schema.schema", "schema is a JSON schema: an object.");
                return ChatResponseFormat.ForJsonSchema(schema.Schema, schema.Name, schema.Description);
            default:
                throw new InvalidParameterException("response_format.type", "invalid_value", "A response_format's type is text, json_object or json_schema.");
        }
    }

    private static List<AITool>? Tools(IReadOnlyList<ChatCompletionTool?> tools)
    {
        Require(tools.Count <= MaxTools, "tools", $"tools holds at most {MaxTools} tools.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var declarations = new List<AITool>();
        for (var i = 0; i < tools.Count; i++)
        {
            var function = tools[i]?.Function;
            Require(tools[i]?.Type == "function", $"tools[{i}].type", "A tool's type is function.");
            Require(IsName(function?.Name), $"tools[{i}].function.name", "A tool's name has 1 to 64 letters, digits, _ and -.");
            Require(names.Add(function!.Name!), $"tools[{i}].function.name", $"Two tools are called {function.Name}. Names are unique.");
            Require(IsAbsent(function.Parameters) || IsSchema(function.Parameters), $"tools[{i}].function.parameters", "parameters is the JSON schema of an object.");
            declarations.Add(AIFunctionFactory.CreateDeclaration(function.Name!, function.Description, IsAbsent(function.Parameters) ? NoParameters : function.Parameters));
        }

        return declarations.Count > 0 ? declarations : null;
    }

    // Only what every provider relies on; the rest of a schema is the provider's to judge.
    private static bool IsSchema(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
        && (IsAbsent(Find(schema, "type")) || Text(Find(schema, "type")) == "object")
        && Find(schema, "properties").ValueKind is JsonValueKind.Undefined or JsonValueKind.Object
        && Find(schema, "required").ValueKind is JsonValueKind.Undefined or JsonValueKind.Array;

    private static ChatToolMode? ToolChoice(JsonElement choice, IList<AITool>? tools)
    {
        const string Message = "tool_choice is none, auto, required, or {\"type\":\"function\",\"function\":{\"name\":\"…\"}}.";
        if (IsAbsent(choice) || Text(choice) == "auto")
        {
            return null;
        }

        if (Text(choice) == "none")
        {
            return ChatToolMode.None;
        }

        Require(choice.ValueKind is JsonValueKind.String or JsonValueKind.Object, "tool_choice", Message, "invalid_type");
        Require(tools is not null, "tool_choice", "tool_choice needs tools to choose from. Send tools.");
        if (Text(choice) == "required")
        {
            return ChatToolMode.RequireAny;
        }

        var name = Text(Find(choice, "type")) == "function" ? Text(Find(Find(choice, "function"), "name")) : null;
        Require(name is not null, "tool_choice", Message);
        Require(tools!.Any(tool => tool.Name == name), "tool_choice", "tool_choice names a function that is not among the tools.");
        return ChatToolMode.RequireSpecific(name!);
    }

    // \z and not $, which lets a line break pass at the end.
    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
