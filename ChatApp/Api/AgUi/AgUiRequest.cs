using System.Text.Json;
using ChatApp.Api.Native;

namespace ChatApp.Api.AgUi;

/// <summary>
/// The body of <c>POST /api/ag-ui</c>, a <c>RunAgentInput</c>. <c>state</c> is taken and not used: no agent here keeps any. Properties it does
/// not name are ignored, and null counts as absent, since older clients write it.
/// </summary>
internal sealed record AgUiRequest
{
    public string? ThreadId { get; init; }

    public string? RunId { get; init; }

    public IReadOnlyList<AgUiMessage?>? Messages { get; init; }

    /// <summary>What the client can do when the model asks it to.</summary>
    public IReadOnlyList<AgUiTool?>? Tools { get; init; }

    /// <summary>What the application lets the model know.</summary>
    public IReadOnlyList<AgUiContext?>? Context { get; init; }

    /// <summary>An object of the application's own; see <see cref="AgUiProps"/>.</summary>
    public JsonElement? ForwardedProps { get; init; }
}

/// <summary>What <c>forwardedProps</c> may say to this server.</summary>
internal sealed record AgUiProps
{
    public string? Model { get; init; }

    public ChatStreamOptions? Options { get; init; }
}

/// <summary>A message, with the fields of all roles.</summary>
internal sealed record AgUiMessage
{
    public string? Role { get; init; }

    /// <summary>A text, or a row of parts.</summary>
    public JsonElement? Content { get; init; }

    public IReadOnlyList<AgUiToolCall?>? ToolCalls { get; init; }

    /// <summary>The call that a tool's message answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>What went wrong with that call.</summary>
    public string? Error { get; init; }
}

/// <summary>A call in a message of the assistant.</summary>
internal sealed record AgUiToolCall
{
    public string? Id { get; init; }

    public AgUiFunction? Function { get; init; }
}

/// <summary>Which tool, and its arguments as JSON text.</summary>
internal sealed record AgUiFunction
{
    public string? Name { get; init; }

    public string? Arguments { get; init; }
}

/// <summary>A tool of the client's; <c>parameters</c> is a JSON schema.</summary>
internal sealed record AgUiTool
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public JsonElement? Parameters { get; init; }
}

/// <summary>A piece of what the application knows.</summary>
internal sealed record AgUiContext
{
    public string? Description { get; init; }

    public string? Value { get; init; }
}
