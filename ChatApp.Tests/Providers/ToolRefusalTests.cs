using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatApp.Tests.Providers;

/// <summary>Models that take no tools.</summary>
public sealed class ToolRefusalTests
{
    private const string Answer = """
        data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}

        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]


        """;

    private static ChatOptions Offering => new() { Tools = [AIFunctionFactory.CreateDeclaration("clock", null, JsonElement.Parse("{}"))] };

    [Theory]
    [InlineData(400, """{"error":{"message":"registry.ollama.ai/library/gemma:2b does not support tools","type":"api_error"}}""")]
    [InlineData(404, """{"error":{"message":"No endpoints found that support tool use. To learn more, visit https://openrouter.ai/docs","code":404}}""")]
    [InlineData(400, """{"message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"}""")]
    [InlineData(500, """{"error":{"message":"tools param requires --jinja flag"}}""")]
    [InlineData(400, """{"error":{"message":"`tool calling` is not supported with this model"}}""")]
    [InlineData(400, """{"error":{"message":"deepseek-reasoner does not support Function Calling"}}""")]
    [InlineData(400, """{"message":"Function calling is not enabled for this model"}""")]
    [InlineData(400, """{"error":{"message":"Unsupported parameter: 'tools'"}}""")]
    public async Task Refusal_OfTools_IsAskedAgainWithoutAndRemembered(int status, string refusal)
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.Body.Contains("\"tools\"", StringComparison.Ordinal) ? x.RespondAsync(status, refusal) : x.SendAsync(Answer));
        var known = new ToollessModels();
        var first = await UpstreamPlay.DrainAsync(Client(upstream, known), Offering);
        var second = await UpstreamPlay.DrainAsync(Client(upstream, known), Offering);

        Assert.Equal(("Hi", "Hi", null, null), (first.Text, second.Text, first.Failure, second.Failure));
        Assert.Equal(3, upstream.Exchanges.Count);
        Assert.Single(first.Contents.OfType<ThinkingContent>());
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"Invalid schema for function 'clock': keyword 'format' is not supported"}}""")]
    [InlineData(400, """{"error":{"message":"tools[0].function.parameters is not supported"}}""")]
    [InlineData(400, """{"error":{"message":"Unsupported parameter: 'tools[0].strict'"}}""")]
    [InlineData(401, """{"error":{"message":"this key does not support tools"}}""")]
    [InlineData(400, """{"error":{"message":"temperature is not supported"}}""")]
    public async Task Refusal_OfAnythingElse_IsTold(int status, string refusal)
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(status, refusal));
        var play = await UpstreamPlay.DrainAsync(Client(upstream, new ToollessModels()), Offering);

        Assert.Equal(status, play.Failure?.Status);
        Assert.Single(upstream.Exchanges);
    }

    [Fact]
    public async Task Refusal_ThatRepeatsWordsOfTheQuestion_IsNotRemembered()
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(400, """{"error":{"message":"Invalid message: 'it does not support tools'"}}"""));
        var known = new ToollessModels();

        Assert.Equal(400, (await UpstreamPlay.DrainAsync(Client(upstream, known), Offering)).Failure?.Status);
        Assert.False(known.Contains("openai", "m"));
    }

    [Fact]
    public async Task Refusal_WhereACallIsDemanded_IsTold()
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(400, """{"error":"m does not support tools"}"""));
        var options = Offering;
        options.ToolMode = ChatToolMode.RequireAny;

        Assert.Equal(400, (await UpstreamPlay.DrainAsync(Client(upstream, new ToollessModels()), options)).Failure?.Status);
        Assert.Single(upstream.Exchanges);
    }

    private static ToolRefusalClient Client(FakeUpstream upstream, ToollessModels known) =>
        new(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)), "openai", "m", known, NullLogger.Instance);
}
