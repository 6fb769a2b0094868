using System.Text.Json;
using ChatApp.Api.Native;

namespace ChatApp.Api.AiSdk;

/// <summary>
/// The body of <c>POST /api/ai-sdk/chat</c>: what <c>DefaultChatTransport</c> sends, and what its <c>body</c> option may add: <c>model</c>,
/// <c>system</c>, <c>options</c>, <c>store</c>,
/// <c>tools</c> and <c>clientTools</c>. Properties it does not name are ignored.
/// </summary>
internal sealed record AiSdkRequest
{
    /// <summary>The chat's id, of the client's choosing.</summary>
    public string? Id { get; init; }

    public IReadOnlyList<UiMessage?>? Messages { get; init; }

    /// <summary><c>submit-message</c> or <c>regenerate-message</c>.</summary>
    public string? Trigger { get; init; }

    public string? Model { get; init; }

    public string? System { get; init; }

    public ChatStreamOptions? Options { get; init; }

    /// <summary>The names of the server's tools to use, or false for none; without it the model's own.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>What the page can do when the model asks it to.</summary>
    public IReadOnlyList<ClientTool?>? ClientTools { get; init; }

    /// <summary>Whether the chat is also kept as a conversation.</summary>
    public bool? Store { get; init; }
}

/// <summary>A message as the client shows it: a row of parts.</summary>
internal sealed record UiMessage
{
    public string? Id { get; init; }

    public string? Role { get; init; }

    public IReadOnlyList<UiPart?>? Parts { get; init; }
}

/// <summary>A part, with the fields of all types: <c>text</c>, <c>file</c>, <c>tool-NAME</c>, <c>dynamic-tool</c>, <c>step-start</c> and others.</summary>
internal sealed record UiPart
{
    public string? Type { get; init; }

    public string? Text { get; init; }

    /// <summary>A file's address.</summary>
    public string? Url { get; init; }

    public string? MediaType { get; init; }

    public string? ToolCallId { get; init; }

    /// <summary>The tool of a <c>dynamic-tool</c>; otherwise it is in the type.</summary>
    public string? ToolName { get; init; }

    /// <summary>
    /// Where a tool call stands: <c>output-available</c>, <c>output-error</c>, <c>output-denied</c>, <c>approval-requested</c>, <c>approval-responded</c>, or
    /// without an outcome.
    /// </summary>
    public string? State { get; init; }

    public JsonElement? Input { get; init; }

    public JsonElement? Output { get; init; }

    public string? ErrorText { get; init; }

    public UiApproval? Approval { get; init; }
}

/// <summary>A yes or no to a tool call.</summary>
internal sealed record UiApproval
{
    /// <summary>As its <c>tool-approval-request</c> said.</summary>
    public string? Id { get; init; }

    /// <summary>Null until somebody has answered.</summary>
    public bool? Approved { get; init; }

    public string? Reason { get; init; }
}
