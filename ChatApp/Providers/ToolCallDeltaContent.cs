using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// A fragment of a tool call as the model writes it. The abstractions know only whole calls; readers want to watch one grow.
/// The whole call follows as a <see cref="FunctionCallContent"/> once the model has said that it is complete.
/// </summary>
/// <param name="index">Which call of this answer, from 0, in order of appearance.</param>
/// <param name="arguments">The next piece of the arguments' JSON text; may be empty.</param>
public sealed class ToolCallDeltaContent(int index, string arguments) : AIContent
{
    /// <summary>Which call of this answer, from 0, in order of appearance.</summary>
    public int Index { get; } = index;

    /// <summary>The next piece of the arguments' JSON text; may be empty.</summary>
    public string Arguments { get; } = arguments;

    /// <summary>The call's id, on its first fragment.</summary>
    public string? CallId { get; init; }

    /// <summary>The tool's name, on the call's first fragment.</summary>
    public string? Name { get; init; }
}
