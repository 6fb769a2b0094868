using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;
using OpenAI.Chat;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>A run's options as settings of a kernel: by the names that connectors read into settings of their own.</summary>
internal static class KernelSettings
{
    internal static PromptExecutionSettings Of(ChatOptions? options, KernelOffer offer, IChatCompletionService chat)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        var settings = new PromptExecutionSettings { ModelId = options?.ModelId, FunctionChoiceBehavior = offer.Choice, ExtensionData = values };
        if (options is null)
        {
            return settings;
        }

        Set("temperature", (decimal?)options.Temperature);
        Set("top_p", (decimal?)options.TopP);
        Set("top_k", options.TopK);
        Set("max_tokens", options.MaxOutputTokens);
        Set("frequency_penalty", (decimal?)options.FrequencyPenalty);
        Set("presence_penalty", (decimal?)options.PresencePenalty);
        Set("seed", options.Seed);
        Set("stop_sequences", options.StopSequences is { Count: > 0 } stops ? stops : null);
        Set("response_format", Format(options.ResponseFormat));
        return ReasoningEfforts.Name(options) is { } effort ? WithEffort(settings, effort, chat) : settings;

        void Set(string name, object? value)
        {
            if (value is not null)
            {
                values[name] = value;
            }
        }
    }

    // OpenAI's and Azure's connectors refuse an effort that comes as text among other settings, and do so for values they don't know.
    private static PromptExecutionSettings WithEffort(PromptExecutionSettings settings, string effort, IChatCompletionService chat)
    {
        if (!chat.GetType().Name.EndsWith("OpenAIChatCompletionService", StringComparison.Ordinal))
        {
            settings.ExtensionData!["reasoning_effort"] = effort;
            return settings;
        }

        var own = OpenAIPromptExecutionSettings.FromExecutionSettings(settings);
        own.ReasoningEffort = new ChatReasoningEffortLevel(effort);
        return own;
    }

    private static object? Format(Microsoft.Extensions.AI.ChatResponseFormat? format) => format switch
    {
        ChatResponseFormatJson { Schema: { } schema } json => new JsonObject
        {
            ["type"] = "json_schema",
            ["json_schema"] = new JsonObject { ["name"] = json.SchemaName ?? "answer", ["schema"] = JsonNode.Parse(schema.GetRawText()) },
        },
        ChatResponseFormatJson => "json_object",
        _ => null,
    };
}
