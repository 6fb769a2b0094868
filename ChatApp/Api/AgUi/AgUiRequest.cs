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
    public IReadOnlyList<ClientTool?>? Tools { get; init; }

    /// <summary>What the application lets the model know.</summary>
    public IReadOnlyList<AgUiContext?>? Context { get; init; }

    /// <summary>Answers to what an earlier run stopped for.</summary>
    public IReadOnlyList<AgUiResume?>? Resume { get; init; }

    /// <summary>An object of the application's own; see <see cref="AgUiProps"/>.</summary>
    public JsonElement? ForwardedProps { get; init; }
}

/// <summary>What <c>forwardedProps</c> may say to this server.</summary>
internal sealed record AgUiProps
{
    public string? Model { get; init; }

    public ChatStreamOptions? Options { get; init; }

    /// <summary>The names of the server's tools to use, or false for none; without it the model's own.</summary>
    public JsonElement? Tools { get; init; }
}

/// <summary>An answer to an interrupt.</summary>
internal sealed record AgUiResume
{
    public string? InterruptId { get; init; }

    /// <summary><c>resolved</c>, with the answer in the payload, or <c>cancelled</c>, which is a no.</summary>
    public string? Status { get; init; }

    /// <summary>An object with <c>approved</c> and, if there is a word about it, <c>reason</c>; or true or false.</summary>
    public JsonElement? Payload { get; init; }
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

/// <summary>A piece of what the application knows.</summary>
internal sealed record AgUiContext
{
    public string? Description { get; init; }

    public string? Value { get; init; }
}
