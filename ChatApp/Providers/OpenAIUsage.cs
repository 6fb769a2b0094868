using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Reads <c>"usage":{"prompt_tokens":9,"completion_tokens":12,"prompt_tokens_details":{"cached_tokens":0},…}</c>.</summary>
internal static class OpenAIUsage
{
    /// <summary>More tokens than any answer has: what lies beyond is a mistake, and would spoil every sum.</summary>
    private const long Most = 1_000_000_000;

    internal static UsageDetails? Read(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } u || Count(u, "prompt_tokens") is null && Count(u, "completion_tokens") is null)
        {
            return null;
        }

        return Clamp(new UsageDetails
        {
            InputTokenCount = Count(u, "prompt_tokens"),
            OutputTokenCount = Count(u, "completion_tokens"),
            CachedInputTokenCount = Count(JsonText.Find(u, "prompt_tokens_details"), "cached_tokens"),
            ReasoningTokenCount = Count(JsonText.Find(u, "completion_tokens_details"), "reasoning_tokens"),
        });
    }

    /// <summary>Brings each count between 0 and a billion; the total is their sum, whatever the provider reckoned.</summary>
    internal static UsageDetails Clamp(UsageDetails usage)
    {
        usage.InputTokenCount = Clamp(usage.InputTokenCount);
        usage.OutputTokenCount = Clamp(usage.OutputTokenCount);
        usage.CachedInputTokenCount = Clamp(usage.CachedInputTokenCount);
        usage.ReasoningTokenCount = Clamp(usage.ReasoningTokenCount);
        usage.TotalTokenCount = (usage.InputTokenCount ?? 0) + (usage.OutputTokenCount ?? 0);
        return usage;
    }

    private static long? Clamp(long? count) => count is { } c ? Math.Clamp(c, 0, Most) : null;

    private static long? Count(JsonElement? parent, string name) =>
        JsonText.Find(parent, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var count)
            ? (long)Math.Clamp(count, 0, Most)
            : null;
}
