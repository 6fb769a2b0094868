using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatApp.Api.Native;

/// <summary>The body of <c>POST /api/chat/stream</c>, and of a <c>chat</c> on the WebSocket. Properties it does not name are ignored.</summary>
internal record ChatStreamRequest
{
    public IReadOnlyList<ChatStreamMessage>? Messages { get; init; }

    public string? Model { get; init; }

    public string? ConversationId { get; init; }

    public string? System { get; init; }

    public ChatStreamOptions? Options { get; init; }

    public IReadOnlyList<ChatStreamAgent>? Agents { get; init; }

    public string? AgentMode { get; init; }

    public bool? Store { get; init; }

    public string? OnDisconnect { get; init; }

    public string? Format { get; init; }

    /// <summary>The names of the tools that may be used, or false for none; without it the model's own.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>A JSON schema that the answer shall fit.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>The message of the conversation that the question follows; without it, the last one of the branch that is shown.</summary>
    public string? ParentMessageId { get; init; }
}

/// <summary>One message: who said it, and what.</summary>
internal sealed record ChatStreamMessage
{
    public string? Role { get; init; }

    public string? Content { get; init; }

    /// <summary>Which call a tool's message answers.</summary>
    [JsonPropertyName("toolCallId")]
    public string? ToolCallId { get; init; }
}

/// <summary>One of several that answer: a name for its events, and what sets it apart.</summary>
internal sealed record ChatStreamAgent
{
    public string? Name { get; init; }

    public string? Model { get; init; }

    public string? System { get; init; }

    /// <summary>As <see cref="ChatStreamRequest.Tools"/>, which it goes before.</summary>
    public JsonElement? Tools { get; init; }
}

/// <summary>How the model shall answer.</summary>
internal sealed record ChatStreamOptions
{
    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? MaxTokens { get; init; }

    public IReadOnlyList<string>? Stop { get; init; }

    public long? Seed { get; init; }

    public string? ReasoningEffort { get; init; }
}
