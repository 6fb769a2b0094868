using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using static ChatApp.Tests.Providers.OpenAIWireTests;

namespace ChatApp.Tests.Providers.SemanticKernel;

/// <summary>What a kernel's connector sends of a run's question.</summary>
public sealed class KernelRequestTests
{
    [Fact]
    public async Task Request_WithOptions_SendsThemAll()
    {
        var body = await AskAsync([UpstreamPlay.Hello], new ChatOptions
        {
            Instructions = "Be brief.",
            Temperature = 0.1f,
            TopP = 0.9f,
            MaxOutputTokens = 50,
            FrequencyPenalty = 0.5f,
            PresencePenalty = -0.5f,
            Seed = 7,
            StopSequences = ["END", "STOP"],
            ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"object","properties":{"a":{"type":"string"}}}"""), "thing"),
            AdditionalProperties = new AdditionalPropertiesDictionary { ["reasoning_effort"] = "xhigh" },
        });

        Assert.Equal("gpt", Text(body, "model"));
        Assert.Equal([("system", "Be brief."), ("user", "Hello")], Messages(body));
        Assert.Equal((0.1, 0.9, 0.5, -0.5), (Number(body, "temperature"), Number(body, "top_p"), Number(body, "frequency_penalty"), Number(body, "presence_penalty")));
        Assert.Equal((50, 7), (Number(body, "max_completion_tokens"), Number(body, "seed")));
        Assert.Equal(["END", "STOP"], body.GetProperty("stop").EnumerateArray().Select(stop => stop.GetString()));
        Assert.Equal("xhigh", Text(body, "reasoning_effort"));
        var format = body.GetProperty("response_format").GetProperty("json_schema");
        Assert.Equal(("thing", "string"), (Text(format, "name"), Text(format.GetProperty("schema").GetProperty("properties").GetProperty("a"), "type")));
        Assert.False(body.TryGetProperty("tools", out _));
    }

    [Fact]
    public async Task Request_WithoutOptions_SendsNone()
    {
        var body = await AskAsync([UpstreamPlay.Hello], null);

        Assert.Equal(["messages", "model", "stream", "stream_options"], body.EnumerateObject().Select(property => property.Name).Order());
    }

    [Fact]
    public async Task Request_WithTools_OffersThemUnderTheirNames()
    {
        var body = await AskAsync(
            [
                new ChatMessage(ChatRole.User, "What is it?"),
                new ChatMessage(ChatRole.Assistant, [new TextContent("I look."), new FunctionCallContent("c1", "files.read", new Dictionary<string, object?> { ["path"] = "é" }), new FunctionCallContent("c2", "math_add")]),
                new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c1", "text"), new FunctionResultContent("c2", 3)]),
            ],
            new ChatOptions { Tools = [Declaration("files.read"), Declaration("files_read"), Declaration("math_add"), Declaration("get-time")], AllowMultipleToolCalls = false });

        Assert.Equal(["files_read", "files_read_", "math_add", "get-time"], body.GetProperty("tools").EnumerateArray().Select(tool => Text(tool.GetProperty("function"), "name")));
        Assert.Equal("auto", Text(body, "tool_choice"));
        Assert.False(body.GetProperty("parallel_tool_calls").GetBoolean());
        var messages = body.GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(["user", "assistant", "tool", "tool"], messages.Select(message => Text(message, "role")));
        var calls = messages[1].GetProperty("tool_calls").EnumerateArray().Select(call => (Text(call, "id"), Text(call.GetProperty("function"), "name"), JsonElement.Parse(Text(call.GetProperty("function"), "arguments")).ToString()));
        Assert.Equal([("c1", "files_read"), ("c2", "math_add")], calls.Select(call => (call.Item1, call.Item2)));
        Assert.Equal([("c1", "text"), ("c2", "3")], messages.Skip(2).Select(message => (Text(message, "tool_call_id"), Text(message, "content"))));
    }

    [Theory]
    [InlineData("none", "none", 2)]
    [InlineData("required", "required", 2)]
    [InlineData("b", "required", 1)]
    public async Task Request_WithAToolMode_SendsIt(string mode, string choice, int offered)
    {
        var body = await AskAsync([UpstreamPlay.Hello], new ChatOptions
        {
            Tools = [Declaration("a"), Declaration("b")],
            ToolMode = mode switch { "none" => ChatToolMode.None, "required" => ChatToolMode.RequireAny, _ => ChatToolMode.RequireSpecific(mode) },
        });

        Assert.Equal((choice, offered), (Text(body, "tool_choice"), body.GetProperty("tools").GetArrayLength()));
    }

    [Fact]
    public async Task Request_WithASchemaOfReferences_WritesThemOut()
    {
        var tool = AIFunctionFactory.CreateDeclaration("draw", "Draws.", JsonElement.Parse("""
            {"type":"object","required":["at"],"properties":{"at":{"$ref":"#/$defs/Point"},"any":true,"tree":{"$ref":"#/$defs/Tree"}},
             "$defs":{"Point":{"type":"object","description":"Where.","properties":{"x":{"type":"number"}}},"Tree":{"type":"array","items":{"$ref":"#/$defs/Tree"}}}}
            """));
        var body = await AskAsync([UpstreamPlay.Hello], new ChatOptions { Tools = [tool] });

        var parameters = body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters");
        Assert.Equal("number", Text(parameters.GetProperty("properties").GetProperty("at").GetProperty("properties").GetProperty("x"), "type"));
        Assert.Equal(["at"], parameters.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.DoesNotContain("$ref", parameters.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WithAnImage_SendsIt()
    {
        var body = await AskAsync([new ChatMessage(ChatRole.User, [new TextContent("What is this?"), new DataContent(new byte[] { 1, 2, 3 }, "image/png")])], null);

        var parts = body.GetProperty("messages")[0].GetProperty("content");
        Assert.Equal(("What is this?", "data:image/png;base64,AQID"), (Text(parts[0], "text"), Text(parts[1].GetProperty("image_url"), "url")));
    }

    [Fact]
    public async Task Call_OfAToolWithAnotherName_ComesBackUnderOurs()
    {
        var play = await KernelPlay.StreamAsync(
            Deltas("""{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"files_read","arguments":"{}"}}]}""") + Finish("tool_calls"),
            new ChatOptions { Tools = [Declaration("files.read")] });

        Assert.Equal("files.read", play.Contents.OfType<FunctionCallContent>().Single().Name);
        Assert.Equal("files.read", play.Contents.OfType<ChatApp.Providers.ToolCallDeltaContent>().Single().Name);
    }

    private static AIFunctionDeclaration Declaration(string name) =>
        AIFunctionFactory.CreateDeclaration(name, $"Does {name}.", JsonElement.Parse("""{"type":"object","properties":{"path":{"type":"string"}}}"""));

    private static async Task<JsonElement> AskAsync(ChatMessage[] messages, ChatOptions? options)
    {
        await using var upstream = await FakeUpstream.StreamAsync(Deltas("""{"content":"Hi"}""") + Finish("stop"));
        using var client = KernelPlay.Client(upstream);
        var answer = await client.GetResponseAsync(messages, options);
        Assert.Equal("Hi", answer.Text);
        return JsonElement.Parse(upstream.Exchanges.Single().Body);
    }

    private static IEnumerable<(string, string)> Messages(JsonElement body) => body.GetProperty("messages").EnumerateArray().Select(message => (Text(message, "role"), Text(message, "content")));

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static double Number(JsonElement json, string name) => json.GetProperty(name).GetDouble();
}
