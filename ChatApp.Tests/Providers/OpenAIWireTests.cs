using System.Text.Json;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

/// <summary>Answers as real servers send them.</summary>
public sealed class OpenAIWireTests
{
    [Fact]
    public async Task Stream_OpenAIsOwn_GivesTextUsageAndEnd()
    {
        var play = await UpstreamPlay.OpenAIAsync("""
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-mini","service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x"}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-mini","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-mini","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-mini","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":7}}}

            data: [DONE]


            """);

        Assert.Null(play.Failure);
        Assert.Equal("Hi there", play.Text);
        Assert.Equal(ChatFinishReason.Stop, play.Finish);
        Assert.Equal((9, 12, 21, 4, 7), (play.Usage!.InputTokenCount, play.Usage.OutputTokenCount, play.Usage.TotalTokenCount, play.Usage.CachedInputTokenCount, play.Usage.ReasoningTokenCount));
        Assert.All(play.Updates, u => Assert.Equal("chatcmpl-1", u.ResponseId));
    }

    [Theory]
    [InlineData("DeepSeek, llama.cpp", """{"reasoning_content":"Hm"}""", """{"content":"Hi","reasoning_content":null}""")]
    [InlineData("OpenRouter, vLLM, Ollama", """{"role":"assistant","content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]}""", """{"content":"Hi","reasoning":null}""")]
    [InlineData("both spellings at once", """{"reasoning_content":"Hm","reasoning":"Hm"}""", """{"content":"Hi"}""")]
    [InlineData("Mistral's parts", """{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}""", """{"content":[{"type":"text","text":"Hi"}]}""")]
    [InlineData("inline tags", """{"content":"<think>\nHm"}""", """{"content":"</think>\n\nHi"}""")]
    public async Task Stream_EverySpellingOfReasoning_IsToldApartFromText(string server, string first, string second)
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas(first, second) + Finish("stop"));

        Assert.True(play is { Reasoning: "Hm", Text: "Hi" }, $"{server}: '{play.Reasoning}' and '{play.Text}', {play.Failure?.Message}");
        Assert.Equal(ChatFinishReason.Stop, play.Finish);
    }

    [Theory]
    [InlineData("""{"id":null,"model":null,"created":null,"system_fingerprint":null,"choices":[{"delta":{"role":null,"content":"Hi"}}]}""")]
    [InlineData("""{"created":1790000000000.5,"choices":[{"delta":{"role":"","content":"Hi","tool_calls":null}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":""},{"index":1,"delta":{"content":"other"}}],"usage":{"prompt_tokens":9.5,"completion_tokens":null}}""")]
    [InlineData("""{"choices":[{"delta":{"content":"no","content":"Hi"}}],"timings":{"predicted_n":1},"unknown":[1,2]}""")]
    public async Task F59_Stream_AlmostRightChunk_GivesItsText(string chunk)
    {
        var play = await UpstreamPlay.OpenAIAsync($"data: {chunk}\n\ndata: {{\"choices\":null}}\n\ndata: {{}}\n\n" + Finish("stop"));

        Assert.Null(play.Failure);
        Assert.Equal(("Hi", ChatFinishReason.Stop), (play.Text, play.Finish!.Value));
    }

    [Theory]
    [InlineData("stop", "stop")]
    [InlineData("eos", "stop")]
    [InlineData("length", "length")]
    [InlineData("max_tokens", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("tool_calls", "tool_calls")]
    public async Task Stream_FinishReason_IsMapped(string wire, string expected)
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"content":"Hi"}""") + Finish(wire));

        Assert.Equal(expected, play.Finish!.Value.Value);
    }

    [Fact]
    public async Task Stream_DoneWithoutAFinishReason_IsTheEnd()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"content":"Hi"}""") + "data: [DONE]\n\n");

        Assert.Equal(ChatFinishReason.Stop, play.Finish);
    }

    [Fact]
    public async Task Stream_ArgumentsBeforeTheName_WaitForIt()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas(
            """{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"arguments":"{\"a\""}}]}""",
            """{"tool_calls":[{"index":0,"function":{"name":"add","arguments":":\"\ud83d"}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"\ude00\"}"}}]}""") + Finish("tool_calls"));

        var deltas = play.Contents.OfType<ToolCallDeltaContent>().ToList();
        Assert.Equal([("call_1", "add"), (null, null)], deltas.Select(d => (d.CallId, d.Name)));
        Assert.Equal("{\"a\":\"😀\"}", string.Concat(deltas.Select(d => d.Arguments)));
        Assert.Equal("😀", play.Contents.OfType<FunctionCallContent>().Single().Arguments!["a"]?.ToString());
    }

    [Fact]
    public async Task Stream_ToolCallsByIndex_GivesFragmentsAndWholeCalls()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas(
            """{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":""}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}""",
            """{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"now","arguments":"{}"}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}""") + Finish("tool_calls"));

        Assert.Equal(
            [(0, "call_1", "add", ""), (0, null, null, "{\"a\":"), (1, "call_2", "now", "{}"), (0, null, null, "1}")],
            play.Contents.OfType<ToolCallDeltaContent>().Select(d => (d.Index, d.CallId, d.Name, d.Arguments)));
        var calls = play.Contents.OfType<FunctionCallContent>().ToArray();
        Assert.Equal([("call_1", "add"), ("call_2", "now")], calls.Select(c => (c.CallId, c.Name)));
        Assert.Equal(1, ((JsonElement)calls[0].Arguments!["a"]!).GetInt32());
        Assert.Equal(ChatFinishReason.ToolCalls, play.Finish);
        Assert.Same(play.Updates.Single(u => u.FinishReason is not null), play.Updates.Single(u => u.Contents.Contains(calls[0])));
    }

    [Theory]
    [InlineData("no index, all at once", """{"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]}""", "{}")]
    [InlineData("index 0 for every call", """{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]}""", "{}")]
    [InlineData("null index, continued without id", """{"tool_calls":[{"index":null,"id":"a","function":{"name":"f","arguments":"{"}},{"function":{"arguments":"}"}}]}""", """{"tool_calls":[{"id":"b","function":{"name":"g","arguments":{}}}]}""")]
    public async Task F67_Stream_ToolCallsWithoutUsableIndex_AreToldApartById(string server, string first, string second)
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas(first, second) + Finish("stop"));

        var calls = play.Contents.OfType<FunctionCallContent>().ToArray();
        Assert.True(calls.Select(c => (c.CallId, c.Name)).SequenceEqual([("a", "f"), ("b", "g")]), server);
        Assert.All(calls, c => Assert.Null(c.Exception));
        Assert.Equal(ChatFinishReason.ToolCalls, play.Finish);
    }

    [Fact]
    public async Task F67_Stream_ToolCallWithBrokenArguments_KeepsTheCallWithItsError()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{oops"}}]}""") + Finish("tool_calls"));

        Assert.NotNull(Assert.Single(play.Contents.OfType<FunctionCallContent>()).Exception);
    }

    [Fact]
    public async Task F61_Stream_ArgumentsWithHalfASurrogatePair_AreText()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\":\"\\ud83d \\ud83d\\ude00 \\ude00\\ud83d \\\\ud83d\"}"}}]}""") + Finish("tool_calls"));

        var call = Assert.Single(play.Contents.OfType<FunctionCallContent>());
        Assert.Equal("""\uFFFD \ud83d\ude00 \uFFFD\uFFFD \\ud83d""", ((JsonElement)call.Arguments!["a"]!).GetRawText().Trim('"'));
        Assert.Equal("\uFFFD \U0001F600 \uFFFD\uFFFD \\ud83d", call.Arguments["a"]!.ToString());
    }

    [Fact]
    public async Task Stream_ToolCallCutByTheLimit_IsNotMade()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\""}}]}""") + Finish("length"));

        Assert.Empty(play.Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.Length, play.Finish);
    }

    [Theory]
    [InlineData("""{"prompt_tokens":-3,"completion_tokens":5,"total_tokens":2}""", 0, 5)]
    [InlineData("""{"prompt_tokens":99999999999999,"completion_tokens":1e300}""", 1_000_000_000, 1_000_000_000)]
    [InlineData("""{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10,"prompt_tokens_details":null}""", 9, 1)]
    public async Task F65_Usage_NegativeOrHuge_IsClamped(string usage, long input, long output)
    {
        var play = await UpstreamPlay.OpenAIAsync($$"""
            data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}],"usage":{{usage}}}

            data: [DONE]


            """);

        Assert.Equal((input, output, input + output), (play.Usage!.InputTokenCount, play.Usage.OutputTokenCount, play.Usage.TotalTokenCount));
    }

    [Fact]
    public async Task F65_Stream_DataAfterTheEnd_IsIgnoredExceptUsage()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"content":"Hi"}""")
            + """data: {"choices":[{"delta":{},"finish_reason":"stop"}]}""" + "\n\n"
            + """data: {"choices":[{"delta":{"content":" late"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}""" + "\n\n"
            + """data: {"error":{"message":"late"}}""" + "\n\n"
            + "data: [DONE]\n\n" + Deltas("""{"content":" later"}"""));

        Assert.Null(play.Failure);
        Assert.Equal(("Hi", ChatFinishReason.Stop, 2L), (play.Text, play.Finish!.Value, play.Usage!.OutputTokenCount!.Value));
    }

    [Fact]
    public async Task F61_Stream_HalfASurrogatePair_StaysForTheNextPiece()
    {
        var play = await UpstreamPlay.OpenAIAsync(Deltas("""{"content":"a\ud83db \ud83d\ude00 \\ud83d"}""") + Finish("stop"));

        Assert.Equal("a\ud83db 😀 \\ud83d", play.Text);
    }

    internal static string Deltas(params string[] deltas) =>
        string.Concat(deltas.Select(d => $"data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{d},\"finish_reason\":null}}]}}\n\n"));

    internal static string Finish(string reason) =>
        $"data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\ndata: [DONE]\n\n";
}
