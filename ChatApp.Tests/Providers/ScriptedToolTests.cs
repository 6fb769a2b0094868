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

    [Fact]
    public async Task Rounds_OfCalls_AreOtherCallsEachTimeThenTheAnswer()
    {
        var said = new List<ChatMessage> { ScriptedPlay.Hello };
        var ids = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            var updates = await ScriptedPlay.AllAsync("tools=2;rounds=3;tokens=5", null, [.. said]);
            var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
            Assert.Equal(2, calls.Count);
            ids.AddRange(calls.Select(call => $"{call.CallId} {call.Arguments!.Single().Value}"));
            said.Add(new ChatMessage(ChatRole.Assistant, [.. calls]));
            // One message for each result, as some protocols have it.
            said.AddRange(calls.Select(call => new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, "x")])));
        }

        Assert.Equal(6, ids.Distinct().Count());
        Assert.Equal(5, (await ScriptedPlay.AllAsync("tools=2;rounds=3;tokens=5", null, [.. said])).Tokens().Length);
        said.Add(new ChatMessage(ChatRole.Assistant, "Done."));
        said.Add(ScriptedPlay.Hello);
        Assert.Equal(ChatFinishReason.ToolCalls, (await ScriptedPlay.AllAsync("tools=2;rounds=3", null, [.. said]))[^1].FinishReason);
    }

    [Theory]
    [InlineData("""call=fetch:{"url":"https://example.com/a;b","n":[1,{"x":"}"}]};rate=0""", "fetch", """{"url":"https://example.com/a;b","n":[1,{"x":"}"}]}""")]
    [InlineData("""call=echo:{"é":"\"ü;text=\""}""", "echo", """{"é":"\"ü;text=\""}""")]
    [InlineData("call=echo:{}", "echo", "{}")]
    [InlineData("call=echo;tokens=3", "echo", "{}")]
    public async Task Call_OfOneTool_HasTheseArguments(string script, string name, string arguments)
    {
        var updates = await ScriptedPlay.AllAsync(script.Replace(";rate=0", ";tokens=3", StringComparison.Ordinal));
        var call = Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());

        Assert.Equal(name, call.Name);
        Assert.Equal(arguments, string.Concat(updates.SelectMany(update => update.Contents).OfType<ToolCallDeltaContent>().Select(delta => delta.Arguments)));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(arguments), JsonSerializer.SerializeToElement(call.Arguments)));
    }

    [Theory]
    [InlineData("call=")]
    [InlineData("call=:{}")]
    [InlineData("call=echo:")]
    [InlineData("call=echo:[1]")]
    [InlineData("call=echo:{\"a\":1")]
    [InlineData("call=echo:{\"a\":1}x")]
    [InlineData("rounds=-1")]
    [InlineData("badargs=2")]
    public void Call_ThatIsNone_IsNotUnderstood(string script) => Assert.Contains(
        "call=TOOL:{JSON}", Assert.Throws<UnknownModelException>(() => ScriptedPlay.Client(script)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task BadArgs_AreNoJsonAndSaySo()
    {
        var updates = await ScriptedPlay.AllAsync("tools=2;badargs=1");
        var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();

        Assert.Equal(["clock", "calculator"], calls.Select(call => call.Name));
        Assert.All(calls, call => Assert.IsAssignableFrom<JsonException>(call.Exception));
        var written = string.Concat(updates.SelectMany(update => update.Contents).OfType<ToolCallDeltaContent>().Where(delta => delta.Index == 0).Select(delta => delta.Arguments));
        Assert.ThrowsAny<JsonException>(() => { JsonElement.Parse(written); });
    }
}
