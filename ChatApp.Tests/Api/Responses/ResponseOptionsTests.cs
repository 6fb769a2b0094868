using System.Text.Json;
using ChatApp.Api.Responses;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Api.Responses;

public sealed class ResponseOptionsTests
{
    private static ChatOptions OptionsOf(string json)
    {
        var request = JsonSerializer.Deserialize<ResponseRequest>(json, JsonSerializerOptions.Web)!;
        Assert.Null(ResponseValidation.Check(request));
        return ResponseValidation.Options(request);
    }

    [Fact]
    public void Options_EverythingGiven_IsWhatTheModelIsAsked()
    {
        var options = OptionsOf("""
            {"temperature":0.5,"top_p":0.25,"max_output_tokens":7,"reasoning":{"effort":"high"},"parallel_tool_calls":false,"tool_choice":{"type":"function","name":"f"},
             "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}},{"type":"function","name":"g"}],
             "text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"}}}}
            """);

        Assert.Equal((0.5f, 0.25f, 7), (options.Temperature, options.TopP, options.MaxOutputTokens));
        Assert.Equal(ReasoningEffort.High, options.Reasoning!.Effort);
        Assert.False(options.AllowMultipleToolCalls);
        Assert.Equal("f", Assert.IsType<RequiredChatToolMode>(options.ToolMode).RequiredFunctionName);
        var functions = options.Tools!.Cast<AIFunctionDeclaration>().ToList();
        Assert.Equal(["f", "g"], functions.Select(function => function.Name));
        Assert.True(functions[0].JsonSchema.GetProperty("properties").TryGetProperty("a", out _));
        var format = Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat);
        Assert.Equal("answer", format.SchemaName);
        Assert.Equal("""{"type":"object"}""", format.Schema!.Value.GetRawText());
    }

    [Theory]
    [InlineData("none", typeof(NoneChatToolMode))]
    [InlineData("required", typeof(RequiredChatToolMode))]
    [InlineData("auto", null)]
    public void Options_ToolChoice_IsItsMode(string choice, Type? mode) => Assert.Equal(mode, OptionsOf($$"""{"tool_choice":"{{choice}}"}""").ToolMode?.GetType());

    [Fact]
    public void Options_NothingGiven_LeavesAllToTheModel()
    {
        var options = OptionsOf("{}");
        Assert.Null(options.Temperature);
        Assert.Null(options.Tools);
        Assert.Null(options.ToolMode);
        Assert.Null(options.ResponseFormat);
        Assert.Null(options.Reasoning);
    }
}
