using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

/// <summary>Anthropic's Messages API, as the wire carries it.</summary>
public sealed class AnthropicTests
{
    internal static readonly string Start = Event("message_start",
        """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}""");

    private static readonly string Stop = Event("message_stop", """{"type":"message_stop"}""");

    [Fact]
    public async Task Stream_Whole_GivesReasoningTextUsageAndEnd()
    {
        await using var upstream = await FakeUpstream.StreamAsync(Start + Event("ping", """{"type":"ping"}""")
            + Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""")
            + Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}""")
            + Event("content_block_delta", """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}""")
            + Event("content_block_stop", """{"type":"content_block_stop","index":0}""")
            + Text("Hi", 1) + Event("new_kind_of_event", """{"type":"new_kind_of_event"}""") + Delta("end_turn") + Stop);
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.Anthropic(upstream)));

        Assert.Null(play.Failure);
        Assert.Equal(("Hm", "Hi", ChatFinishReason.Stop), (play.Reasoning, play.Text, play.Finish!.Value));
        Assert.Equal(15, play.Usage!.OutputTokenCount);
        var asked = upstream.Exchanges.Single();
        Assert.Equal(("/v1/messages", $"Bearer {UpstreamPlay.Key}"), (asked.Path, asked.Headers["Authorization"]));
        using var body = JsonDocument.Parse(asked.Body);
        Assert.Equal(8192, body.RootElement.GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task Stream_ToolCalls_GivesFragmentsThenWholeCallsWithTheEnd()
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.SendAsync(Start + Text("Let me see", 0)
            + Tool(1, "toolu_1", "add", "{\"a\":", " 1}") + Tool(2, "toolu_2", "now") + Delta("tool_use") + Stop));

        Assert.Equal(
            [(0, "toolu_1", "add", ""), (0, null, null, "{\"a\":"), (0, null, null, " 1}"), (1, "toolu_2", "now", "")],
            play.Contents.OfType<ToolCallDeltaContent>().Select(d => (d.Index, d.CallId, d.Name, d.Arguments)));
        var calls = play.Updates.Single(u => u.FinishReason == ChatFinishReason.ToolCalls).Contents.OfType<FunctionCallContent>().ToArray();
        Assert.Equal(["toolu_1", "toolu_2"], calls.Select(c => c.CallId));
        Assert.Equal("1", calls[0].Arguments!["a"]!.ToString());
        Assert.Equal(2, play.Contents.OfType<FunctionCallContent>().Count());
    }

    [Fact]
    public async Task Stream_ToolCallCutByTheLimit_IsNotMade()
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.SendAsync(Start + Tool(0, "toolu_1", "add", "{\"a\":") + Delta("max_tokens") + Stop));

        Assert.Empty(play.Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.Length, play.Finish);
    }

    [Fact]
    public async Task F63_Stream_WithoutMessageStop_HasNoFinishReason()
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.SendAsync(Start + Text("Hi") + Delta("end_turn")));

        Assert.Equal(("Hi", null, null), (play.Text, play.Finish, play.Failure));
    }

    [Fact]
    public async Task F64_Stream_ConnectionBreaks_IsInterrupted()
    {
        var read = new TaskCompletionSource();
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Start + Text("Hi"));
            await read.Task;
            x.Reset();
        });
        var failure = await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var update in UpstreamPlay.Client(UpstreamPlay.Anthropic(upstream)).GetStreamingResponseAsync([UpstreamPlay.Hello]))
            {
                read.TrySetResult();
            }
        });

        Assert.Equal(ProviderFault.Interrupted, failure.Fault);
    }

    [Fact]
    public async Task Stream_ErrorInside_IsToldWithItsMessage()
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.SendAsync(Start + Event("error", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""")));

        Assert.Equal((529, "anthropic has a problem of its own (529). Retry in a moment. It says: Overloaded"), (play.Failure!.Status, play.Failure.Message));
    }

    [Theory]
    [InlineData("content_block_delta", """{"type":"content_block""")]
    [InlineData("content_block_delta", """{"type":"content_block_delta","index":0}""")]
    [InlineData("content_block_delta", "[]")]
    [InlineData("content_block_delta", "null")]
    [InlineData("message_delta", """{"type":"message_delta","delta":5}""")]
    public async Task F59_Stream_BrokenEvent_FailsAsProtocol(string name, string json)
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.SendAsync(Start + Text("Hi") + Event(name, json)));

        Assert.Equal(("Hi", ProviderFault.Protocol), (play.Text, play.Failure?.Fault));
    }

    [Fact]
    public async Task F53_Status_KeyRefused_NamesTheSettingAndNeverTheKey()
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.RespondAsync(401,
            $$$"""{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key {{{UpstreamPlay.Key}}} in {{{x.Headers["Authorization"]}}}"}}"""));

        Assert.Equal("anthropic refused the key (401). Check ANTHROPIC_API_KEY or ChatApp:Providers:anthropic:ApiKey, then retry. It says: invalid x-api-key [key] in [key]", play.Failure?.Message);
    }

    [Fact]
    public async Task F57_ContentType_WebPage_FailsAsProtocol()
    {
        var play = await UpstreamPlay.AnthropicAsync(x => x.RespondAsync(200, "<html>", "text/html"));

        Assert.Equal(ProviderFault.Protocol, play.Failure?.Fault);
    }

    [Theory]
    [InlineData("claude-sonnet-4-5", "\"budget_tokens\":1024")]
    [InlineData("claude-3-7-sonnet-20250219", "\"budget_tokens\":1024")]
    [InlineData("claude-opus-4-20250514", "\"budget_tokens\":1024")]
    [InlineData("claude-opus-4-6", "\"effort\":\"low\"")]
    [InlineData("claude-sonnet-5", "\"effort\":\"low\"")]
    public async Task Request_ReasoningEffort_AsksForThinkingAsTheModelTakesIt(string model, string expected)
    {
        await using var upstream = await FakeUpstream.StreamAsync(Start + Text("Hi") + Delta("end_turn") + Stop);
        await UpstreamPlay.DrainAsync(UpstreamPlay.Anthropic(upstream).CreateClient(model), new ChatOptions { AdditionalProperties = new() { ["reasoning_effort"] = "low" } });

        Assert.Contains(expected, upstream.Exchanges.Single().Body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_ToolRoundWithImage_IsSentInAnthropicsShape()
    {
        await using var upstream = await FakeUpstream.StreamAsync(Start + Text("Hi") + Delta("end_turn") + Stop);
        var options = new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("add", "Adds.", JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}"""))] };
        ChatMessage[] messages =
        [
            new(ChatRole.User, [new TextContent("What is this, plus 1?"), new DataContent(new byte[] { 1, 2, 3 }, "image/png")]),
            new(ChatRole.Assistant, [
                new TextReasoningContent("Hm") { ProtectedData = "c2ln" }, new TextContent("Let me see"),
                new FunctionCallContent("toolu_1", "add", new Dictionary<string, object?> { ["a"] = 1 }), new FunctionCallContent("toolu_2", "now")]),
            new(ChatRole.Tool, [new FunctionResultContent("toolu_1", "2"), new FunctionResultContent("toolu_2", "noon")]),
        ];
        await foreach (var update in UpstreamPlay.Anthropic(upstream).CreateClient("claude-sonnet-4-5").GetStreamingResponseAsync(messages, options))
        {
            Assert.NotNull(update);
        }

        using var body = JsonDocument.Parse(upstream.Exchanges.Single().Body);
        var tool = Assert.Single(body.RootElement.GetProperty("tools").EnumerateArray());
        Assert.Equal(("add", "Adds."), (tool.GetProperty("name").GetString(), tool.GetProperty("description").GetString()));
        Assert.Equal("number", tool.GetProperty("input_schema").GetProperty("properties").GetProperty("a").GetProperty("type").GetString());
        var sent = body.RootElement.GetProperty("messages").EnumerateArray().ToArray();
        Assert.Equal(["user", "assistant", "user"], sent.Select(message => message.GetProperty("role").GetString()));
        var image = sent[0].GetProperty("content")[1];
        Assert.Equal(("image", "image/png", "AQID"), (image.GetProperty("type").GetString(), image.GetProperty("source").GetProperty("media_type").GetString(), image.GetProperty("source").GetProperty("data").GetString()));
        Assert.Equal(["thinking", "text", "tool_use", "tool_use"], sent[1].GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal(("toolu_1", 1), (sent[1].GetProperty("content")[2].GetProperty("id").GetString(), sent[1].GetProperty("content")[2].GetProperty("input").GetProperty("a").GetInt32()));
        Assert.Equal(["toolu_1", "toolu_2"], sent[2].GetProperty("content").EnumerateArray().Select(block => block.GetProperty("tool_use_id").GetString()));
    }

    internal static string Text(string text, int block = 0) =>
        Event("content_block_start", $$$"""{"type":"content_block_start","index":{{{block}}},"content_block":{"type":"text","text":""}}""")
        + Event("content_block_delta", $$$"""{"type":"content_block_delta","index":{{{block}}},"delta":{"type":"text_delta","text":"{{{text}}}"}}""")
        + Event("content_block_stop", $$$"""{"type":"content_block_stop","index":{{{block}}} }""");

    private static string Tool(int block, string id, string name, params string[] fragments) =>
        Event("content_block_start", $$$"""{"type":"content_block_start","index":{{{block}}},"content_block":{"type":"tool_use","id":"{{{id}}}","name":"{{{name}}}","input":{} } }""")
        + string.Concat(fragments.Select(f => Event("content_block_delta",
            $$$"""{"type":"content_block_delta","index":{{{block}}},"delta":{"type":"input_json_delta","partial_json":{{{JsonSerializer.Serialize(f)}}} } }""")))
        + Event("content_block_stop", $$$"""{"type":"content_block_stop","index":{{{block}}} }""");

    private static string Delta(string reason) =>
        Event("message_delta", $$$"""{"type":"message_delta","delta":{"stop_reason":"{{{reason}}}","stop_sequence":null},"usage":{"output_tokens":15}}""");

    private static string Event(string name, string json) => $"event: {name}\ndata: {json}\n\n";
}
