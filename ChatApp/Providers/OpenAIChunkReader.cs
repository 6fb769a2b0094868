using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Reads the chunks of one answer, in every spelling that servers which call themselves compatible were seen to use:
/// <code>
/// {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}
/// {"choices":[{"delta":{"reasoning_content":"Hm"}}]}           DeepSeek, llama.cpp; "reasoning" at OpenRouter, newer vLLM, Ollama
/// {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12}}
/// {"error":{"message":"Overloaded","code":502}}
/// </code>
/// The package's own model of a chunk is too strict for them: an unknown <c>finish_reason</c>, a null <c>id</c> or <c>choices</c> ends it with an exception.
/// </summary>
internal sealed class OpenAIChunkReader(UpstreamTarget target)
{
    private readonly OpenAIToolCalls _calls = new();
    private string? _id;
    private string? _model;

    /// <summary>Whether the model has said that its answer is over. What follows is ignored, except usage.</summary>
    internal bool Finished { get; private set; }

    /// <summary>Whether <c>[DONE]</c> has come.</summary>
    internal bool Ended { get; private set; }

    /// <summary>What an event says; null: nothing.</summary>
    /// <exception cref="ProviderException">It reports an error, or isn't a chunk.</exception>
    internal ChatResponseUpdate? Read(string eventType, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || Ended)
        {
            return null;
        }

        if (data.StartsWith("[DONE]"u8))
        {
            Ended = true;

            // Few leave out the finish reason; this is their end marker then.
            var contents = new List<AIContent>();
            return Finished ? null : Update(contents, Finish("stop", contents));
        }

        return ReadChunk(eventType, data);
    }

    private ChatResponseUpdate? ReadChunk(string eventType, ReadOnlySpan<byte> json)
    {
        var chunk = Parse(json);
        if (chunk.ValueKind != JsonValueKind.Object)
        {
            throw UpstreamErrors.Protocol(target, $"sent {chunk.ValueKind} instead of a chunk");
        }

        var contents = new List<AIContent>();
        ChatFinishReason? finish = null;
        if (!Finished)
        {
            if (JsonText.Find(chunk, "error") is { ValueKind: JsonValueKind.Object or JsonValueKind.String } error)
            {
                throw UpstreamErrors.FromErrorElement(target, error);
            }

            if (eventType == "error")
            {
                throw UpstreamErrors.FromErrorElement(target, chunk);
            }

            _id ??= NullIfEmpty(JsonText.Read(chunk, "id"));
            _model ??= NullIfEmpty(JsonText.Read(chunk, "model"));
            if (FirstChoice(chunk) is { } choice)
            {
                finish = ReadChoice(choice, contents);
            }
        }

        if (OpenAIUsage.Read(JsonText.Find(chunk, "usage")) is { } usage)
        {
            contents.Add(new UsageContent(usage));
        }

        return contents.Count == 0 && finish is null ? null : Update(contents, finish);
    }

    private ChatResponseUpdate Update(List<AIContent> contents, ChatFinishReason? finish) => new(ChatRole.Assistant, contents)
    {
        FinishReason = finish,
        ModelId = _model,
        ResponseId = _id,
        MessageId = _id,
    };

    private JsonElement Parse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            // A token may end within a character, and some servers send it so; the damage stays within that character.
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException e)
        {
            throw UpstreamErrors.Protocol(target, "sent broken JSON", e);
        }
    }

    // n > 1 is never asked for; a choice that isn't the first is nobody's.
    private static JsonElement? FirstChoice(JsonElement chunk)
    {
        if (JsonText.Find(chunk, "choices") is { ValueKind: JsonValueKind.Array } choices)
        {
            foreach (var choice in choices.EnumerateArray())
            {
                if (JsonText.Find(choice, "index") is not { ValueKind: JsonValueKind.Number } index || (index.TryGetInt32(out var i) && i == 0))
                {
                    return choice;
                }
            }
        }

        return null;
    }

    private ChatFinishReason? ReadChoice(JsonElement choice, List<AIContent> contents)
    {
        if (JsonText.Find(choice, "delta") is { } delta)
        {
            ReadReasoning(delta, contents);
            if (JsonText.Find(delta, "content") is { } content)
            {
                ReadContent(content, contents);
            }

            Add(contents, JsonText.ReadPiece(delta, "refusal"), reasoning: false);
            _calls.Read(JsonText.Find(delta, "tool_calls"), contents);
        }

        return JsonText.Read(choice, "finish_reason") is { Length: > 0 } reason ? Finish(reason, contents) : null;
    }

    // Servers in transition send both spellings with the same text.
    private static void ReadReasoning(JsonElement delta, List<AIContent> contents)
    {
        var text = JsonText.ReadPiece(delta, "reasoning_content");
        Add(contents, text.Length > 0 ? text : JsonText.ReadPiece(delta, "reasoning"), reasoning: true);
    }

    // "Hi"   or Mistral's parts:  [{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Hi"}]
    private static void ReadContent(JsonElement content, List<AIContent> contents, bool reasoning = false)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            Add(contents, JsonText.ReadPiece(content), reasoning);
        }
        else if (content.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in content.EnumerateArray())
            {
                Add(contents, JsonText.ReadPiece(part, "text"), reasoning);
                if (JsonText.Find(part, "thinking") is { } thinking)
                {
                    ReadContent(thinking, contents, reasoning: true);
                }
            }
        }
    }

    private ChatFinishReason Finish(string reason, List<AIContent> contents)
    {
        if (reason is "error" or "abort" or "cancelled" or "insufficient_system_resource")
        {
            // The server gave up; that is no end of an answer.
            throw UpstreamErrors.Interrupted(target, inner: null);
        }

        Finished = true;
        switch (reason)
        {
            case "length" or "max_tokens" or "model_length":
                // A call that was being written is cut short with the rest: it is not to be made.
                return ChatFinishReason.Length;
            case "content_filter" or "safety":
                return ChatFinishReason.ContentFilter;
            default:
                // Some say "stop" where they mean "tool_calls".
                return _calls.Complete(contents) || reason is "tool_calls" or "function_call" ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
        }
    }

    private static void Add(List<AIContent> contents, string text, bool reasoning)
    {
        if (text.Length > 0)
        {
            contents.Add(reasoning ? new TextReasoningContent(text) : new TextContent(text));
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
