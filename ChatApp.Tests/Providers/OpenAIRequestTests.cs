using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

public sealed class OpenAIRequestTests
{
    [Fact]
    public void Create_PlainMessages_SendsOnlyWhatIsNeeded()
    {
        AssertJson("""
            {"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}],
             "stream":true,"stream_options":{"include_usage":true}}
            """,
            null,
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi"), new(ChatRole.Assistant, [new TextReasoningContent("Hm"), new TextContent("Hello")])]);
    }

    [Fact]
    public void Create_ToolRound_SendsCallsAndOneMessagePerResult()
    {
        AssertJson("""
            {"model":"m","messages":[
               {"role":"assistant","content":null,"tool_calls":[
                 {"id":"a","type":"function","function":{"name":"add","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"now","arguments":"{}"}}]},
               {"role":"tool","tool_call_id":"a","content":"{\"sum\":2}"},{"role":"tool","tool_call_id":"b","content":"noon"}],
             "stream":true,"stream_options":{"include_usage":true}}
            """,
            null,
            [
                new(ChatRole.Assistant, [new FunctionCallContent("a", "add", new Dictionary<string, object?> { ["x"] = 1 }), new FunctionCallContent("b", "now")]),
                new(ChatRole.Tool, [new FunctionResultContent("a", new { sum = 2 }), new FunctionResultContent("b", "noon")]),
            ]);
    }

    [Theory]
    [InlineData(true, ",\"strict\":true}")]
    [InlineData(false, ",\"strict\":false}")]
    [InlineData(null, "\"parameters\":{}}")]
    public void Create_ToolThatIsStrict_SaysSo(bool? strict, string part)
    {
        var properties = strict is null ? new AdditionalPropertiesDictionary() : new AdditionalPropertiesDictionary { ["strict"] = strict };
        var options = new ChatOptions { Tools = [new StrictTool(properties)] };

        Assert.Contains(part, Encoding.UTF8.GetString(OpenAIRequest.Create("m", [], options, isOpenAI: false)), StringComparison.Ordinal);
    }

    private sealed class StrictTool(AdditionalPropertiesDictionary properties) : AIFunctionDeclaration
    {
        public override string Name => "add";

        public override IReadOnlyDictionary<string, object?> AdditionalProperties => properties;

        public override JsonElement JsonSchema => JsonElement.Parse("{}");
    }

    [Fact]
    public void Create_AllOptions_AreSentByTheirNames()
    {
        var options = new ChatOptions
        {
            Temperature = 0.1f,
            TopP = 0.9f,
            MaxOutputTokens = 100,
            Seed = 7,
            StopSequences = ["END"],
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.ExtraHigh },
            ResponseFormat = ChatResponseFormat.Json,
            ToolMode = ChatToolMode.RequireSpecific("add"),
            AllowMultipleToolCalls = false,
            Tools = [AIFunctionFactory.CreateDeclaration("add", "Adds.", JsonElement.Parse("""{"type":"object"}"""))],
        };
        AssertJson("""
            {"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true},"temperature":0.1,"top_p":0.9,"max_tokens":100,"seed":7,
             "reasoning_effort":"xhigh","response_format":{"type":"json_object"},"stop":["END"],
             "tools":[{"type":"function","function":{"name":"add","description":"Adds.","parameters":{"type":"object"}}}],
             "parallel_tool_calls":false,"tool_choice":{"type":"function","function":{"name":"add"}}}
            """,
            options);
    }

    [Fact]
    public void Create_ForOpenAIItself_UsesItsNewNameForTheLimit()
    {
        var body = Encoding.UTF8.GetString(OpenAIRequest.Create("m", [], new ChatOptions { MaxOutputTokens = 5 }, isOpenAI: true));

        Assert.Contains("\"max_completion_tokens\":5", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"max_tokens\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_EffortAsAProperty_WinsAndIsSentAsItIs()
    {
        var options = new ChatOptions { AdditionalProperties = new() { ["reasoning_effort"] = "minimal" }, Reasoning = new() { Effort = ReasoningEffort.High } };

        Assert.Contains("\"reasoning_effort\":\"minimal\"", Encoding.UTF8.GetString(OpenAIRequest.Create("m", [], options, false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Image_SendsParts()
    {
        AssertJson("""
            {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}]}],
             "stream":true,"stream_options":{"include_usage":true}}
            """,
            null,
            [new(ChatRole.User, [new TextContent("What?"), new DataContent(new byte[] { 1, 2 }, "image/png")])]);
    }

    private static void AssertJson(string expected, ChatOptions? options, params ChatMessage[] messages)
    {
        var actual = Encoding.UTF8.GetString(OpenAIRequest.Create("m", messages, options, isOpenAI: false));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
    }
}
