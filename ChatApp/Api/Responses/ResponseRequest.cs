using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatApp.Api.Responses;

/// <summary>The body of <c>POST /v1/responses</c>. Properties it does not name are ignored.</summary>
internal sealed record ResponseRequest
{
    public string? Model { get; init; }

    /// <summary>A text, or a list of items.</summary>
    public JsonElement? Input { get; init; }

    public string? Instructions { get; init; }

    public bool? Stream { get; init; }

    public bool? Store { get; init; }

    public bool? Background { get; init; }

    [JsonPropertyName("previous_response_id")]
    public string? PreviousResponseId { get; init; }

    public float? Temperature { get; init; }

    [JsonPropertyName("top_p")]
    public float? TopP { get; init; }

    [JsonPropertyName("max_output_tokens")]
    public int? MaxOutputTokens { get; init; }

    public ReasoningRequest? Reasoning { get; init; }

    public TextRequest? Text { get; init; }

    public IReadOnlyList<ResponseTool?>? Tools { get; init; }

    /// <summary><c>none</c>, <c>auto</c>, <c>required</c>, or an object that names a function.</summary>
    [JsonPropertyName("tool_choice")]
    public JsonElement? ToolChoice { get; init; }

    [JsonPropertyName("parallel_tool_calls")]
    public bool? ParallelToolCalls { get; init; }

    public IReadOnlyDictionary<string, string?>? Metadata { get; init; }

    /// <summary>Refused: a conversation that is kept elsewhere would be missing from the answer's context.</summary>
    public JsonElement? Conversation { get; init; }

    /// <summary>Refused: a template that is kept elsewhere.</summary>
    public JsonElement? Prompt { get; init; }

    internal sealed record ReasoningRequest(string? Effort);

    internal sealed record TextRequest(JsonElement? Format);
}
