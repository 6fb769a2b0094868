using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatApp.Api.Responses;

/// <summary>What a response object repeats of its request. The defaults are those of a run that was asked for in another protocol.</summary>
internal sealed record ResponseSettings
{
    public static ResponseSettings Default { get; } = new();

    /// <summary>Whether it goes on without a reader, and can be cancelled by its id.</summary>
    public bool Background { get; init; }

    /// <summary>Whether it can be asked for by its id later.</summary>
    public bool Store { get; init; } = true;

    public string? Instructions { get; init; }

    public int? MaxOutputTokens { get; init; }

    public bool ParallelToolCalls { get; init; } = true;

    public string? PreviousResponseId { get; init; }

    public string? ReasoningEffort { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>As it came; null: <c>auto</c>.</summary>
    public JsonElement? ToolChoice { get; init; }

    public IReadOnlyList<ResponseTool> Tools { get; init; } = [];

    /// <summary>What the client calls the place where a tool is called, by the tool's name.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What the client calls the place where the tool is called.</summary>
    public string LabelOf(string tool) => Labels.GetValueOrDefault(tool, ResponseTool.OwnLabel);

    /// <summary><c>text.format</c> as it came; null: plain text.</summary>
    public JsonElement? TextFormat { get; init; }

    /// <summary>Writes its properties into a response object. Those that OpenAI's clients declare as nullable are written as null.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteBoolean("background"u8, Background);
        json.WriteString("instructions"u8, Instructions);
        WriteNumber(json, "max_output_tokens", MaxOutputTokens);
        json.WriteStartObject("metadata"u8);
        foreach (var (key, value) in Metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteBoolean("parallel_tool_calls"u8, ParallelToolCalls);
        json.WriteString("previous_response_id"u8, PreviousResponseId);
        json.WriteStartObject("reasoning"u8);
        json.WriteString("effort"u8, ReasoningEffort);
        json.WriteNull("summary"u8);
        json.WriteEndObject();
        json.WriteBoolean("store"u8, Store);
        WriteNumber(json, "temperature", Temperature);
        json.WriteStartObject("text"u8);
        json.WritePropertyName("format"u8);
        if (TextFormat is { } format)
        {
            format.WriteTo(json);
        }
        else
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WritePropertyName("tool_choice"u8);
        if (ToolChoice is { } choice)
        {
            choice.WriteTo(json);
        }
        else
        {
            json.WriteStringValue("auto"u8);
        }

        json.WriteStartArray("tools"u8);
        foreach (var tool in Tools)
        {
            tool.Write(json);
        }

        json.WriteEndArray();
        WriteNumber(json, "top_p", TopP);
        json.WriteString("truncation"u8, "disabled"u8);
    }

    // 0.1f as a double is 0.10000000149011612; as a decimal it stays what was written.
    private static void WriteNumber(Utf8JsonWriter json, string name, float? value)
    {
        json.WritePropertyName(name);
        if (value is { } number)
        {
            json.WriteRawValue(((decimal)number).ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        json.WritePropertyName(name);
        if (value is { } number)
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}

/// <summary>A function the model may call, which the caller runs; or, of type <c>mcp</c>, tools of this server, which it runs itself.</summary>
internal sealed record ResponseTool
{
    /// <summary>The label under which all tools of this server are had.</summary>
    public const string OwnLabel = "chatapp";

    public string? Type { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The JSON schema of its arguments.</summary>
    public JsonElement? Parameters { get; init; }

    public bool? Strict { get; init; }

    /// <summary><see cref="OwnLabel"/>, or the name of an MCP server of the settings.</summary>
    [JsonPropertyName("server_label")]
    public string? ServerLabel { get; init; }

    /// <summary>Refused, as the three below: this server asks no address that a caller names.</summary>
    [JsonPropertyName("server_url")]
    public JsonElement? ServerUrl { get; init; }

    [JsonPropertyName("connector_id")]
    public JsonElement? ConnectorId { get; init; }

    [JsonPropertyName("tunnel_id")]
    public JsonElement? TunnelId { get; init; }

    public JsonElement? Authorization { get; init; }

    /// <summary>A list of names, or an object with them as <c>tool_names</c>.</summary>
    [JsonPropertyName("allowed_tools")]
    public JsonElement? AllowedTools { get; init; }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, Type);
        if (Type == "mcp")
        {
            json.WriteString("server_label"u8, ServerLabel);
            json.WritePropertyName("allowed_tools"u8);
            (AllowedTools ?? JsonElement.Parse("null")).WriteTo(json);
            json.WriteEndObject();
            return;
        }

        json.WriteString("name"u8, Name);
        json.WriteString("description"u8, Description);
        json.WritePropertyName("parameters"u8);
        if (Parameters is { } parameters)
        {
            parameters.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteBoolean("strict"u8, Strict ?? false);
        json.WriteEndObject();
    }
}
