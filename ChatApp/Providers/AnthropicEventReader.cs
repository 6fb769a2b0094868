using System.Text.Json;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Completes what the package's adapter makes of each event, which it hands over with it.</summary>
internal sealed class AnthropicEventReader
{
    private readonly List<AIContent> _calls = [];
    private readonly Dictionary<long, int> _callOfBlock = [];
    private ChatFinishReason? _reason;

    /// <summary>Whether <c>message_stop</c> has come.</summary>
    internal bool Finished { get; private set; }

    internal ChatResponseUpdate? Read(ChatResponseUpdate update)
    {
        _reason = update.FinishReason ?? _reason;
        update.FinishReason = null;
        foreach (var usage in update.Contents.OfType<UsageContent>())
        {
            OpenAIUsage.Clamp(usage.Details);
        }

        _calls.AddRange(update.Contents.OfType<FunctionCallContent>());
        var contents = update.Contents.Where(c => c is not (FunctionCallContent or TextContent { Text: "" })).ToList();
        if (update.RawRepresentation is RawMessageStreamEvent raw)
        {
            // The package passes on what it does not know. Events of a new kind are to be ignored; what isn't an event is an error.
            if (raw.Value is null && raw.Json.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException("The event is no JSON object.");
            }

            ReadRaw(raw.Value, update, contents);
        }

        update.Contents = contents;
        return contents.Count > 0 || update.FinishReason is not null ? update : null;
    }

    private void ReadRaw(object? raw, ChatResponseUpdate update, List<AIContent> contents)
    {
        switch (raw)
        {
            case RawContentBlockStartEvent { ContentBlock.Value: ToolUseBlock tool } start:
                var index = _callOfBlock[start.Index] = _callOfBlock.Count;
                contents.Add(new ToolCallDeltaContent(index, "") { CallId = tool.ID, Name = tool.Name });
                break;

            case RawContentBlockDeltaEvent { Delta.Value: InputJsonDelta fragment } delta when _callOfBlock.TryGetValue(delta.Index, out var call):
                contents.Add(new ToolCallDeltaContent(call, fragment.PartialJson));
                break;

            case RawMessageStopEvent when !Finished:
                Finished = true;
                update.FinishReason = _reason ?? ChatFinishReason.Stop;

                // Cut short by the limit, a call's arguments are half of what was meant.
                if (update.FinishReason == ChatFinishReason.ToolCalls)
                {
                    contents.AddRange(_calls);
                }

                break;
        }
    }
}
