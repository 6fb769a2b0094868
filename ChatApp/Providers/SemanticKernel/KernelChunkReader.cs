using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using OpenAI.Chat;
using ChatFinishReason = Microsoft.Extensions.AI.ChatFinishReason;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>
/// Reads what a chat service streams. Fragments of a call belong together by their indices; id and name come with the first alone. The finish
/// reason and the usage are no properties of a chunk but metadata, which connectors fill each in its own way.
/// </summary>
internal sealed class KernelChunkReader(KernelOffer offer)
{
    private const string FinishKey = "FinishReason";

    private readonly OpenAIToolCalls _calls = new();
    private bool _tellsFinish;
    private bool _finished;

    /// <summary>What a chunk says; null: nothing.</summary>
    internal ChatResponseUpdate? Read(StreamingChatMessageContent chunk)
    {
        var contents = new List<AIContent>();
        ChatFinishReason? finish = null;
        if (!_finished && chunk.ChoiceIndex == 0)
        {
            Add(contents, ReasoningOf(chunk.InnerContent), reasoning: true);
            foreach (var item in chunk.Items)
            {
                Read(item, contents);
            }

            Add(contents, chunk.Metadata?.GetValueOrDefault("RefusalUpdate") as string, reasoning: false);
            _tellsFinish |= chunk.Metadata?.ContainsKey(FinishKey) == true;
            finish = chunk.Metadata?.GetValueOrDefault(FinishKey)?.ToString() is { Length: > 0 } reason ? Finish(reason, contents) : null;
        }

        if (UsageOf(chunk.Metadata?.GetValueOrDefault("Usage")) is { } usage)
        {
            contents.Add(new UsageContent(OpenAIUsage.Clamp(usage)));
        }

        return contents.Count == 0 && finish is null ? null : Update(contents, finish, chunk);
    }

    /// <summary>What the end of the stream says: of a connector that tells no finish reason, it is the end of the answer.</summary>
    internal ChatResponseUpdate? End()
    {
        var contents = new List<AIContent>();
        return _finished || _tellsFinish ? null : Update(contents, Finish("stop", contents), chunk: null);
    }

    private static ChatResponseUpdate Update(List<AIContent> contents, ChatFinishReason? finish, StreamingChatMessageContent? chunk) => new(ChatRole.Assistant, contents)
    {
        FinishReason = finish,
        ModelId = chunk?.ModelId,
        ResponseId = chunk?.Metadata?.GetValueOrDefault("CompletionId") as string,
    };

    private void Read(StreamingKernelContent item, List<AIContent> contents)
    {
        switch (item)
        {
            case StreamingReasoningContent thought:
                Add(contents, thought.Text, reasoning: true);
                break;
            case StreamingTextContent text:
                Add(contents, text.Text, reasoning: false);
                break;
            case StreamingFunctionCallUpdateContent call:
                // Indices count anew in each request that a connector makes for one answer.
                _calls.Read((call.RequestIndex << 16) + call.FunctionCallIndex, call.CallId ?? "", offer.NameOf(call.Name ?? ""), call.Arguments ?? "", contents);
                break;
        }
    }

    // Stop, Length, ToolCalls (OpenAI)   STOP, MAX_TOKENS, SAFETY (Gemini)   stop, length (Ollama, Mistral)   end_turn, max_tokens, tool_use (Claude)
    private ChatFinishReason Finish(string reason, List<AIContent> contents)
    {
        _finished = true;
        switch (reason.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant())
        {
            case "LENGTH" or "MAXTOKENS" or "MODELLENGTH":
                // A call that was being written is cut short with the rest: it is not to be made.
                return ChatFinishReason.Length;
            case "CONTENTFILTER" or "CONTENTFILTERED" or "SAFETY":
                return ChatFinishReason.ContentFilter;
            default:
                // Some say "stop" where they mean "tool_calls".
                return _calls.Complete(contents) ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        }
    }

    // The connector passes over what a model thinks; the chunk below it still has it.
    private static string? ReasoningOf(object? inner) =>
        inner is StreamingChatCompletionUpdate update
        && (update.Patch.TryGetValue("$.choices[0].delta.reasoning_content"u8, out string? text) || update.Patch.TryGetValue("$.choices[0].delta.reasoning"u8, out text))
            ? text
            : null;

    private static UsageDetails? UsageOf(object? usage) => usage switch
    {
        ChatTokenUsage tokens => new UsageDetails
        {
            InputTokenCount = tokens.InputTokenCount,
            OutputTokenCount = tokens.OutputTokenCount,
            CachedInputTokenCount = tokens.InputTokenDetails?.CachedTokenCount,
            ReasoningTokenCount = tokens.OutputTokenDetails?.ReasoningTokenCount,
        },
        UsageContent content => content.Details,
        UsageDetails details => details,
        _ => null,
    };

    private static void Add(List<AIContent> contents, string? text, bool reasoning)
    {
        if (!string.IsNullOrEmpty(text))
        {
            contents.Add(reasoning ? new TextReasoningContent(text) : new Microsoft.Extensions.AI.TextContent(text));
        }
    }
}
