using System.Text.Json;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

public sealed class ScriptedToolTests
{
    [Fact]
    public async Task Tools_InOneRound_AreWrittenInTurnsThenWhole()
    {
        var updates = await ScriptedPlay.AllAsync("tools=3;reasoning=4");

        var deltas = updates.SelectMany(update => update.Contents).OfType<ToolCallDeltaContent>().ToList();
        var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
        Assert.Equal(["clock", "calculator", "clock"], calls.Select(call => call.Name));
        Assert.Equal([0, 1, 2, 0, 1, 2], deltas.Take(6).Select(delta => delta.Index));
        Assert.Equal(calls.Select(call => call.CallId), deltas.Take(3).Select(delta => delta.CallId));
        Assert.All(deltas.Skip(3), delta => Assert.Null(delta.CallId ?? delta.Name));
        foreach (var (call, index) in calls.Select((call, index) => (call, index)))
        {
            var pieces = deltas.Where(delta => delta.Index == index && delta.Arguments.Length > 0).Select(delta => delta.Arguments).ToList();
            Assert.True(pieces.Count > 2);
            using var written = JsonDocument.Parse(string.Concat(pieces));
            Assert.Equal(call.Arguments!.Single().Value, written.RootElement.GetProperty(call.Arguments!.Single().Key).GetString());
        }

        Assert.Empty(updates.Tokens());
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.Equal(deltas.Count + 4, updates.Usage()?.OutputTokenCount);
    }

    [Fact]
    public async Task Tools_WithTheirResultsAtTheEnd_AreFollowedByTheAnswer()
    {
        var called = new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("call_7_1", "clock")]);
        var answered = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call_7_1", "12:00")]);

        var updates = await ScriptedPlay.AllAsync("tools=1;tokens=20", null, ScriptedPlay.Hello, called, answered);

        Assert.Equal(20, updates.Tokens().Length);
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task Tools_InTheNextTurn_AreCalledAgain()
    {
        var answered = new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call_7_1", "12:00")]);

        var updates = await ScriptedPlay.AllAsync("tools=1", null, ScriptedPlay.Hello, answered, new ChatMessage(ChatRole.Assistant, "Noon."), ScriptedPlay.Hello);

        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
    }
}
