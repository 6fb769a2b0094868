using Microsoft.Extensions.AI;

namespace ChatApp.Tools;

/// <summary>What a tool may know of the call it answers: it stands in the arguments' <see cref="AIFunctionArguments.Context"/> under this type.</summary>
public sealed class ToolCall
{
    /// <summary>The name that what is the asker's is stored under; empty where no key is needed.</summary>
    public required string Owner { get; init; }

    /// <summary>The run that calls.</summary>
    public required string RunId { get; init; }

    /// <summary>The conversation it belongs to; null for none.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Says how far the call has come; may be called from any thread and any number of times, of which a few a second are shown.</summary>
    public required Action<ToolProgress> Report { get; init; }

    /// <summary>The call that these arguments came with; null where they did not come from a run.</summary>
    public static ToolCall? Of(AIFunctionArguments arguments) => arguments.Context?.TryGetValue(typeof(ToolCall), out var call) == true ? call as ToolCall : null;
}

/// <summary>How far a call has come.</summary>
/// <param name="Step">What is being done, for people.</param>
/// <param name="Percent">0 to 100; null where that is not known.</param>
public sealed record ToolProgress(string Step, double? Percent = null);
