using System.Text.Json;
using ChatApp.Tests.Api.AiSdk;

namespace ChatApp.Tests.Api.AgUi;

/// <summary>
/// What AG-UI's client demands of a stream, written down from its schema (<c>@ag-ui/core</c>, <c>schemas.mjs</c>) and its verifier
/// (<c>@ag-ui/client</c>, <c>verifyEvents</c>), and what this server promises beyond that: no empty piece, which clients before 1.0 refuse,
/// nothing open at an error either, and no event that those clients don't know.
/// </summary>
internal sealed class AgUiRules
{
    private static readonly Dictionary<string, string[]> Required = new()
    {
        ["RUN_STARTED"] = ["threadId", "runId"],
        ["RUN_FINISHED"] = ["threadId", "runId"],
        ["RUN_ERROR"] = ["message", "code"],
        ["STEP_STARTED"] = ["stepName"],
        ["STEP_FINISHED"] = ["stepName"],
        ["TEXT_MESSAGE_START"] = ["messageId", "role"],
        ["TEXT_MESSAGE_CONTENT"] = ["messageId", "delta"],
        ["TEXT_MESSAGE_END"] = ["messageId"],
        ["REASONING_START"] = ["messageId"],
        ["REASONING_MESSAGE_START"] = ["messageId", "role"],
        ["REASONING_MESSAGE_CONTENT"] = ["messageId", "delta"],
        ["REASONING_MESSAGE_END"] = ["messageId"],
        ["REASONING_END"] = ["messageId"],
        ["TOOL_CALL_START"] = ["toolCallId", "toolCallName", "parentMessageId"],
        ["TOOL_CALL_ARGS"] = ["toolCallId", "delta"],
        ["TOOL_CALL_END"] = ["toolCallId"],
        ["TOOL_CALL_RESULT"] = ["messageId", "toolCallId", "content", "role"],
        ["CUSTOM"] = ["name"],
    };

    private readonly HashSet<string> _open = [];
    private readonly HashSet<string> _used = [];
    private readonly HashSet<string> _complete = [];
    private string _last = "";

    /// <summary>Checks a whole stream.</summary>
    public static void Check(IReadOnlyList<JsonElement> frames)
    {
        var rules = new AgUiRules();
        foreach (var frame in frames)
        {
            rules.Take(frame);
        }

        Assert.Contains(rules._last, (string[])["RUN_FINISHED", "RUN_ERROR"]);
    }

    private void Take(JsonElement frame)
    {
        var type = Text(frame, "type");
        Assert.True(Required.ContainsKey(type), $"The client knows no {type}.");
        Assert.All(Required[type], name => Text(frame, name));
        AiSdkRules.AssertNoNull(frame);
        Assert.Equal(type == "RUN_STARTED", _last.Length == 0);
        Assert.False(_last is "RUN_FINISHED" or "RUN_ERROR", $"{type} comes after the end.");
        Assert.True(!frame.TryGetProperty("delta", out var delta) || delta.GetString()!.Length > 0, $"{type} is empty.");
        switch (type)
        {
            case "STEP_STARTED":
                Assert.True(_open.Add($"step {Text(frame, "stepName")}"));
                break;
            case "STEP_FINISHED":
                Assert.True(_open.Remove($"step {Text(frame, "stepName")}"));
                break;
            case "TEXT_MESSAGE_START" or "REASONING_START":
                Assert.True(_used.Add(Text(frame, "messageId")));
                Assert.True(_open.Add($"{type.Split('_')[0]} {Text(frame, "messageId")}"));
                break;
            case "TEXT_MESSAGE_CONTENT":
                Assert.Contains($"TEXT {Text(frame, "messageId")}", _open);
                break;
            case "TEXT_MESSAGE_END" or "REASONING_END":
                Assert.True(_open.Remove($"{type.Split('_')[0]} {Text(frame, "messageId")}"));
                break;
            case "REASONING_MESSAGE_START":
                Assert.Equal("reasoning", Text(frame, "role"));
                Assert.True(_open.Add($"thought {Text(frame, "messageId")}"));
                break;
            case "REASONING_MESSAGE_CONTENT":
                Assert.Contains($"thought {Text(frame, "messageId")}", _open);
                break;
            case "REASONING_MESSAGE_END":
                Assert.True(_open.Remove($"thought {Text(frame, "messageId")}"));
                break;
            case "TOOL_CALL_START":
                Assert.True(_used.Add($"call {Text(frame, "toolCallId")}"));
                Assert.True(_open.Add($"call {Text(frame, "toolCallId")}"));
                _used.Add(Text(frame, "parentMessageId"));
                break;
            case "TOOL_CALL_ARGS":
                Assert.Contains($"call {Text(frame, "toolCallId")}", _open);
                break;
            case "TOOL_CALL_END":
                Assert.True(_open.Remove($"call {Text(frame, "toolCallId")}"));
                _complete.Add(Text(frame, "toolCallId"));
                break;
            case "TOOL_CALL_RESULT":
                Assert.True(_complete.Remove(Text(frame, "toolCallId")));
                Assert.True(_used.Add(Text(frame, "messageId")));
                break;
            case "CUSTOM":
                Assert.True(frame.TryGetProperty("value", out _));
                break;
            case "RUN_FINISHED" or "RUN_ERROR":
                Assert.Empty(_open);
                Assert.All(
                    frame.TryGetProperty("usage", out var usage) ? usage.EnumerateArray().SelectMany(entry => entry.EnumerateObject()) : [],
                    entry => Assert.True(entry.Name == "model" || entry.Value.GetInt64() >= 0));
                break;
        }

        _last = type;
    }

    private static string Text(JsonElement frame, string name) => frame.GetProperty(name).GetString()!;
}
