using System.Text.Json;

namespace ChatApp.Tests.Api.AiSdk;

/// <summary>
/// What the client of the AI SDK demands of a stream, written down from its schema (<c>uiMessageChunkSchema</c>) and its reader
/// (<c>processUIMessageStream</c>) in <c>node_modules/ai/dist/index.mjs</c>, and what this server promises beyond that.
/// </summary>
internal sealed class AiSdkRules
{
    // The strings a chunk must have; other types throw in the client.
    private static readonly Dictionary<string, string[]> Required = new()
    {
        ["start"] = ["messageId"],
        ["start-step"] = [],
        ["finish-step"] = [],
        ["text-start"] = ["id"],
        ["text-delta"] = ["id", "delta"],
        ["text-end"] = ["id"],
        ["reasoning-start"] = ["id"],
        ["reasoning-delta"] = ["id", "delta"],
        ["reasoning-end"] = ["id"],
        ["tool-input-start"] = ["toolCallId", "toolName"],
        ["tool-input-delta"] = ["toolCallId", "inputTextDelta"],
        ["tool-input-available"] = ["toolCallId", "toolName"],
        ["tool-input-error"] = ["toolCallId", "toolName", "errorText"],
        ["tool-output-available"] = ["toolCallId"],
        ["tool-output-error"] = ["toolCallId", "errorText"],
        ["tool-output-denied"] = ["toolCallId"],
        ["tool-approval-request"] = ["approvalId", "toolCallId"],
        ["source-url"] = ["sourceId", "url"],
        ["message-metadata"] = [],
        ["error"] = ["errorText"],
        ["abort"] = [],
        ["finish"] = ["finishReason"],
    };

    private static readonly string[] FinishReasons = ["stop", "length", "content-filter", "tool-calls", "error", "other"];

    private readonly HashSet<string> _open = [];
    private readonly HashSet<string> _used = [];
    private readonly Dictionary<string, string> _calls = [];
    private bool _inStep;
    private string _last = "";

    /// <summary>Checks a whole stream.</summary>
    /// <param name="frames">Its frames.</param>
    /// <param name="cut">Whether the server went away: then it ends with an error, and without <c>[DONE]</c>.</param>
    public static void Check(IReadOnlyList<JsonElement> frames, bool cut)
    {
        var rules = new AiSdkRules();
        foreach (var frame in frames)
        {
            rules.Take(frame);
        }

        Assert.Equal(cut ? "error" : "[DONE]", rules._last);
    }

    private void Take(JsonElement frame)
    {
        var type = frame.ValueKind == JsonValueKind.String ? frame.GetString()! : Text(frame, "type");
        Assert.True(type == "[DONE]" || type.StartsWith("data-", StringComparison.Ordinal) || Required.ContainsKey(type), $"The client knows no {type}.");
        Assert.All(Required.GetValueOrDefault(type, []), name => Text(frame, name));
        AssertNoNull(frame);
        Assert.Equal(type == "start", _last.Length == 0);
        Assert.Equal(type == "[DONE]", _last == "finish");
        Assert.NotEqual("[DONE]", _last);
        Assert.True(_last is not ("error" or "abort") || type == "finish", $"Nothing but finish comes after {_last}.");
        switch (type)
        {
            case "start-step":
                Assert.False(_inStep);
                AssertNothingOpen();
                _inStep = true;
                break;
            case "finish-step":
                Assert.True(_inStep);
                // The client forgets the open parts here, and would throw at their next piece.
                AssertNothingOpen();
                _inStep = false;
                break;
            case "text-start" or "reasoning-start":
                Assert.True(_used.Add(Text(frame, "id")));
                _open.Add(PartOf(frame, type));
                break;
            case "text-delta" or "reasoning-delta":
                Assert.Contains(PartOf(frame, type), _open);
                Assert.NotEqual("", Text(frame, "delta"));
                break;
            case "text-end" or "reasoning-end":
                Assert.True(_open.Remove(PartOf(frame, type)));
                break;
            case "tool-input-start":
                Assert.True(_calls.TryAdd(Text(frame, "toolCallId"), "open"));
                break;
            case "tool-input-delta":
                Assert.Equal("open", _calls[Text(frame, "toolCallId")]);
                break;
            case "tool-input-available" or "tool-input-error":
                Assert.Equal("open", _calls[Text(frame, "toolCallId")]);
                Assert.True(frame.TryGetProperty("input", out _));
                _calls[Text(frame, "toolCallId")] = type == "tool-input-available" ? "complete" : "cut";
                break;
            case "tool-approval-request":
                Assert.Equal("complete", _calls[Text(frame, "toolCallId")]);
                break;
            case "tool-output-available" or "tool-output-error" or "tool-output-denied":
                Assert.Equal("complete", _calls[Text(frame, "toolCallId")]);
                Assert.True(type != "tool-output-available" || frame.TryGetProperty("output", out _));
                _calls[Text(frame, "toolCallId")] = "answered";
                break;
            case "message-metadata":
                Assert.Equal(JsonValueKind.Object, frame.GetProperty("messageMetadata").ValueKind);
                break;
            case "error" or "abort" or "finish":
                Assert.False(_inStep);
                AssertNothingOpen();
                Assert.True(type != "finish" || FinishReasons.Contains(Text(frame, "finishReason")));
                break;
            case not "[DONE]" when type.StartsWith("data-", StringComparison.Ordinal):
                Assert.True(frame.TryGetProperty("data", out _));
                break;
        }

        _last = type;
    }

    private void AssertNothingOpen()
    {
        Assert.Empty(_open);
        Assert.DoesNotContain("open", _calls.Values);
    }

    private static string PartOf(JsonElement frame, string type) => $"{type.Split('-')[0]} {Text(frame, "id")}";

    private static string Text(JsonElement frame, string name) => frame.GetProperty(name).GetString()!;

    /// <summary>An optional field that is null is refused: it must be absent.</summary>
    internal static void AssertNoNull(JsonElement element)
    {
        Assert.NotEqual(JsonValueKind.Null, element.ValueKind);
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                AssertNoNull(property.Value);
            }
        }
    }
}
