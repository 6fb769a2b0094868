using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatApp.Api.OpenAI;

/// <summary>
/// The body of <c>POST /v1/chat/completions</c>. Properties it does not name are ignored, among them <c>user</c>, <c>metadata</c>, <c>store</c> and <c>logit_bias</c>.
/// Where a value may have several types it is an element, and <see cref="ChatCompletionValidation"/> reads it.
/// </summary>
internal sealed record ChatCompletionRequest
{
    public string? Model { get; init; }

    public IReadOnlyList<ChatCompletionMessage?>? Messages { get; init; }

    public bool? Stream { get; init; }

    [JsonPropertyName("stream_options")]
    public ChatCompletionStreamOptions? StreamOptions { get; init; }

    public float? Temperature { get; init; }

    [JsonPropertyName("top_p")]
    public float? TopP { get; init; }

    /// <summary>The old name of <see cref="MaxCompletionTokens"/>, which most clients still send.</summary>
    [JsonPropertyName("max_tokens")]
    public int? MaxTokens { get; init; }

    [JsonPropertyName("max_completion_tokens")]
    public int? MaxCompletionTokens { get; init; }

    /// <summary>A text, or up to four.</summary>
    public JsonElement Stop { get; init; }

    public long? Seed { get; init; }

    [JsonPropertyName("frequency_penalty")]
    public float? FrequencyPenalty { get; init; }

    [JsonPropertyName("presence_penalty")]
    public float? PresencePenalty { get; init; }

    [JsonPropertyName("reasoning_effort")]
    public string? ReasoningEffort { get; init; }

    [JsonPropertyName("response_format")]
    public ChatCompletionResponseFormat? ResponseFormat { get; init; }

    public IReadOnlyList<ChatCompletionTool?>? Tools { get; init; }

    /// <summary><c>none</c>, <c>auto</c>, <c>required</c>, or <c>{"type":"function","function":{"name":"…"}}</c>.</summary>
    [JsonPropertyName("tool_choice")]
    public JsonElement ToolChoice { get; init; }

    [JsonPropertyName("parallel_tool_calls")]
    public bool? ParallelToolCalls { get; init; }

    public int? N { get; init; }

    public bool? Logprobs { get; init; }

    [JsonPropertyName("top_logprobs")]
    public int? TopLogprobs { get; init; }

    /// <summary>What no other server of this protocol knows.</summary>
    public ChatCompletionExtension? Chatapp { get; init; }

    /// <summary>What tools were before they were tools.</summary>
    public JsonElement Functions { get; init; }
}

/// <summary>What may be asked of this server beside OpenAI's words.</summary>
internal sealed record ChatCompletionExtension
{
    /// <summary>The names of the server's tools to use, or false for none; without it those that the settings give the model.</summary>
    public JsonElement? Tools { get; init; }
}

internal sealed record ChatCompletionStreamOptions
{
    /// <summary>Whether one more chunk says what was used.</summary>
    [JsonPropertyName("include_usage")]
    public bool? IncludeUsage { get; init; }
}

internal sealed record ChatCompletionMessage
{
    public string? Role { get; init; }

    /// <summary>A text, or a list of parts; null beside an assistant's <see cref="ToolCalls"/>.</summary>
    public JsonElement Content { get; init; }

    [JsonPropertyName("tool_calls")]
    public IReadOnlyList<ChatCompletionToolCall?>? ToolCalls { get; init; }

    /// <summary>Which call a tool's message answers.</summary>
    [JsonPropertyName("tool_call_id")]
    public string? ToolCallId { get; init; }
}

internal sealed record ChatCompletionToolCall
{
    public string? Id { get; init; }

    public string? Type { get; init; }

    public ChatCompletionFunction? Function { get; init; }
}

internal sealed record ChatCompletionTool
{
    public string? Type { get; init; }

    public ChatCompletionFunction? Function { get; init; }
}

/// <summary>A function: as a tool it has <see cref="Description"/> and <see cref="Parameters"/>, as a call <see cref="Arguments"/>.</summary>
internal sealed record ChatCompletionFunction
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    /// <summary>The JSON schema of its arguments.</summary>
    public JsonElement Parameters { get; init; }

    /// <summary>The arguments, an object as a text.</summary>
    public string? Arguments { get; init; }
}

internal sealed record ChatCompletionResponseFormat
{
    public string? Type { get; init; }

    [JsonPropertyName("json_schema")]
    public ChatCompletionJsonSchema? JsonSchema { get; init; }
}

internal sealed record ChatCompletionJsonSchema
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public JsonElement Schema { get; init; }
}
