using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using static ChatApp.Tests.Providers.OpenAIWireTests;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>Answers that come through a kernel's connector.</summary>
public sealed class KernelWireTests
{
    [Fact]
    public async Task Stream_WithAUsageChunkWithoutChoices_GivesTextUsageAndEnd()
    {
        var play = await KernelPlay.StreamAsync("""
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":7}}}

            data: [DONE]


            """);

        Assert.Null(play.Failure);
        Assert.Equal(("Hi there", ChatFinishReason.Stop), (play.Text, play.Finish));
        Assert.Equal((9, 12, 21, 4, 7), (play.Usage!.InputTokenCount, play.Usage.OutputTokenCount, play.Usage.TotalTokenCount, play.Usage.CachedInputTokenCount, play.Usage.ReasoningTokenCount));
        Assert.All(play.Updates, update => Assert.Equal("chatcmpl-1", update.ResponseId));
    }

    [Theory]
    [InlineData("a field of its own", """{"content":"","reasoning_content":"Hm"}""", """{"content":"Hi"}""")]
    [InlineData("another name", """{"content":"","reasoning":"Hm"}""", """{"content":"Hi"}""")]
    [InlineData("inline tags", """{"content":"<think>\nHm"}""", """{"content":"</think>\n\nHi"}""")]
    public async Task Stream_WithReasoning_TellsItApartFromText(string spelling, string first, string second)
    {
        var play = await KernelPlay.StreamAsync(Deltas(first, second) + Finish("stop"));

        Assert.True(play is { Reasoning: "Hm", Text: "Hi" }, $"{spelling}: '{play.Reasoning}' and '{play.Text}', {play.Failure?.Message}");
    }

    [Fact]
    public async Task Stream_ParallelCallsWithSplitArguments_GivesFragmentsAndWholeCalls()
    {
        var play = await KernelPlay.StreamAsync(Deltas(
            """{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":""}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}""",
            """{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"now","arguments":"{}"}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}""") + Finish("tool_calls"));

        Assert.Null(play.Failure);
        Assert.Equal(
            [(0, "call_1", "add", ""), (0, null, null, "{\"a\":"), (1, "call_2", "now", "{}"), (0, null, null, "1}")],
            play.Contents.OfType<ToolCallDeltaContent>().Select(delta => (delta.Index, delta.CallId, delta.Name, delta.Arguments)));
        var calls = play.Contents.OfType<Microsoft.Extensions.AI.FunctionCallContent>().ToArray();
        Assert.Equal([("call_1", "add"), ("call_2", "now")], calls.Select(call => (call.CallId, call.Name)));
        Assert.Equal(1, ((JsonElement)calls[0].Arguments!["a"]!).GetInt32());
        Assert.Equal(ChatFinishReason.ToolCalls, play.Finish);
    }

    [Theory]
    [InlineData("length", "length")]
    [InlineData("content_filter", "content_filter")]
    [InlineData("tool_calls", "stop")]
    public async Task Stream_OtherEnds_AreTold(string reason, string expected)
    {
        var play = await KernelPlay.StreamAsync(Deltas("""{"content":"Hi"}""") + Finish(reason));

        Assert.Equal(expected, play.Finish?.Value);
    }

    [Fact]
    public async Task Stream_CallCutByTheLimit_IsNotMade()
    {
        var play = await KernelPlay.StreamAsync(Deltas("""{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"a\""}}]}""") + Finish("length"));

        Assert.Empty(play.Contents.OfType<Microsoft.Extensions.AI.FunctionCallContent>());
        Assert.Equal(ChatFinishReason.Length, play.Finish);
    }

    [Fact]
    public async Task Stream_WithoutAnEnd_HasNoFinishReason()
    {
        var play = await KernelPlay.StreamAsync(Deltas("""{"content":"Hi"}"""));

        Assert.Equal(("Hi", null, null), (play.Text, play.Finish, play.Failure));
    }

    [Fact]
    public async Task Stream_OfAServiceThatTellsNoEnd_EndsWithItsStream()
    {
        var provider = KernelPlay.Provider((IKernelBuilder builder) => builder.Services.AddKeyedSingleton<Microsoft.SemanticKernel.ChatCompletion.IChatCompletionService>("m", new PlainService()));
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(provider));

        Assert.Equal(("Hm", "Hi there", ChatFinishReason.Stop, 3L), (play.Reasoning, play.Text, play.Finish, play.Usage!.OutputTokenCount));
    }

    [Fact]
    public async Task Stream_OfAnIChatClient_GivesItsCallsAndMakesNone()
    {
        await using var upstream = await FakeUpstream.StreamAsync(Deltas(
            """{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"add","arguments":""}}]}""",
            """{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}""") + Finish("tool_calls"));
        var provider = KernelPlay.Provider((IKernelBuilder builder) => builder.AddOpenAIChatClient("gpt", upstream.Endpoint, UpstreamPlay.Key, serviceId: "m", httpClient: KernelPlay.Http()));
        var made = false;
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(provider), new ChatOptions { Tools = [AIFunctionFactory.Create((int a) => made = true, "add")] });

        Assert.Null(play.Failure);
        Assert.Equal(("call_1", "add", "1"), play.Contents.OfType<Microsoft.Extensions.AI.FunctionCallContent>().Select(call => (call.CallId, call.Name, call.Arguments!["a"]!.ToString())).Single());
        Assert.Equal(ChatFinishReason.ToolCalls, play.Updates[^1].FinishReason);
        Assert.False(made);
        Assert.Single(upstream.Exchanges);
    }

    private sealed class PlainService : Microsoft.SemanticKernel.ChatCompletion.IChatCompletionService
    {
        public IReadOnlyDictionary<string, object?> Attributes { get; } = new Dictionary<string, object?>();

        public Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
            Microsoft.SemanticKernel.ChatCompletion.ChatHistory chatHistory, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public async IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
            Microsoft.SemanticKernel.ChatCompletion.ChatHistory chatHistory,
            PromptExecutionSettings? executionSettings = null,
            Kernel? kernel = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var thought = new StreamingChatMessageContent(null, null);
            thought.Items.Add(new StreamingReasoningContent("Hm"));
            yield return thought;
            yield return new StreamingChatMessageContent(null, "Hi");
            yield return new StreamingChatMessageContent(null, " there") { Metadata = new Dictionary<string, object?> { ["Usage"] = new UsageDetails { OutputTokenCount = 3 } } };
        }
    }
}
