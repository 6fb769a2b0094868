using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>How hard a model should think: <see cref="ChatOptions.Reasoning"/>, or the property <c>reasoning_effort</c> for values it does not know.</summary>
internal static class ReasoningEfforts
{
    private const string Property = "reasoning_effort";

    /// <summary>As requests name them.</summary>
    internal static IReadOnlyDictionary<string, ReasoningEffort> ByName { get; } = new Dictionary<string, ReasoningEffort>(StringComparer.OrdinalIgnoreCase)
    {
        ["none"] = ReasoningEffort.None,
        ["minimal"] = ReasoningEffort.Low,
        ["low"] = ReasoningEffort.Low,
        ["medium"] = ReasoningEffort.Medium,
        ["high"] = ReasoningEffort.High,
        ["xhigh"] = ReasoningEffort.ExtraHigh,
    };

    /// <summary>As OpenAI names it (<c>low</c>, <c>medium</c>, …); null: the model's own choice.</summary>
    internal static string? Name(ChatOptions options) =>
        options.AdditionalProperties?.GetValueOrDefault(Property) as string ?? options.Reasoning?.Effort switch
        {
            ReasoningEffort.None => "none",
            ReasoningEffort.Low => "low",
            ReasoningEffort.Medium => "medium",
            ReasoningEffort.High => "high",
            ReasoningEffort.ExtraHigh => "xhigh",
            _ => null,
        };

    /// <summary>As the abstractions know it; null: the model's own choice.</summary>
    internal static ReasoningEffort? Value(ChatOptions options) => Name(options) is { } name && ByName.TryGetValue(name, out var effort) ? effort : null;
}
