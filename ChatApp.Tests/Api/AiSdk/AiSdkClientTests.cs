using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.AiSdk;

/// <summary>The AI SDK's own clients against the whole app.</summary>
public sealed class AiSdkClientTests : IAsyncLifetime
{
    private TestApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Send_Answer_IsAMessageWithItsTextAndFigures()
    {
        var seen = await RunAsync("text");
        var message = seen.GetProperty("message");

        Assert.Equal("Hello there", TextOf(message));
        Assert.Equal("assistant", message.GetProperty("role").GetString());
        Assert.Equal($"msg_{Metadata(message, "runId").GetString()}", message.GetProperty("id").GetString());
        Assert.Equal("scripted/ttft=0;rate=0;text=Hello there", Metadata(message, "model").GetString());
        Assert.Equal("completed", Metadata(message, "state").GetString());
        Assert.True(Metadata(message, "ttftMs").GetDouble() >= 0);
        Assert.True(Metadata(message, "durationMs").GetDouble() > 0);
        Assert.Equal(Metadata(message, "tokens").GetInt32(), Metadata(message, "usage").GetProperty("outputTokens").GetInt32());
        Assert.Empty(seen.GetProperty("errors").EnumerateArray());
        var headers = seen.GetProperty("headers");
        Assert.Equal("v1", headers.GetProperty("x-vercel-ai-ui-message-stream").GetString());
        Assert.Equal("text/event-stream", headers.GetProperty("content-type").GetString());
        Assert.Equal("no", headers.GetProperty("x-accel-buffering").GetString());
        Assert.StartsWith("no-cache", headers.GetProperty("cache-control").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_Reasoning_IsAPartBeforeTheText()
    {
        var message = (await RunAsync("reasoning")).GetProperty("message");

        Assert.Equal(["step-start", "reasoning", "text"], Types(message));
        Assert.All(message.GetProperty("parts").EnumerateArray().Skip(1), part => Assert.Equal("done", part.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Send_ToolCalls_AreParts()
    {
        var message = (await RunAsync("tools")).GetProperty("message");

        Assert.Equal(["step-start", "tool-clock", "tool-calculator"], Types(message));
        Assert.All(message.GetProperty("parts").EnumerateArray().Skip(1), part => Assert.Equal("input-available", part.GetProperty("state").GetString()));
        Assert.NotEqual("", message.GetProperty("parts")[1].GetProperty("input").GetProperty("timeZone").GetString());
    }

    [Fact]
    public async Task Send_FailureInTheMiddle_IsAnErrorAfterTheText()
    {
        var seen = await RunAsync("error");

        Assert.NotEqual("", TextOf(seen.GetProperty("message")));
        Assert.NotEqual("", Assert.Single(seen.GetProperty("errors").EnumerateArray()).GetString());
        Assert.Equal("failed", Metadata(seen.GetProperty("message"), "state").GetString());
    }

    [Fact]
    public async Task Send_UnknownModel_IsAnErrorThatSaysSo() =>
        Assert.Contains("nowhere", (await RunAsync("invalidModel")).GetString(), StringComparison.Ordinal);

    [Fact]
    public async Task Reconnect_DuringTheAnswer_GetsAllOfItAndNothingOnceItIsOver()
    {
        var seen = await RunAsync("resume");

        Assert.Equal(JsonValueKind.Null, seen.GetProperty("nothingYet").ValueKind);
        Assert.Equal(JsonValueKind.Null, seen.GetProperty("afterwards").ValueKind);
        Assert.Equal(TextOf(seen.GetProperty("whole")), TextOf(seen.GetProperty("resumed")));
        Assert.Equal(seen.GetProperty("whole").GetRawText(), seen.GetProperty("resumed").GetRawText());
        Assert.Equal(seen.GetProperty("whole").GetRawText(), seen.GetProperty("resumedByRun").GetRawText());
    }

    [Fact]
    public async Task Chat_SendAndRegenerate_GoesThroughItsStates()
    {
        var seen = await RunAsync("chat");

        Assert.Equal(["submitted", "streaming", "ready"], seen.GetProperty("statuses").EnumerateArray().Select(status => status.GetString()).Distinct());
        Assert.Equal(["user", "assistant"], seen.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal("Hi", TextOf(seen.GetProperty("messages")[1]));
        Assert.Equal("stop", seen.GetProperty("finishReason").GetString());
        Assert.False(seen.GetProperty("isError").GetBoolean());
    }

    [Fact]
    public async Task Chat_Stop_KeepsTheTextAndIsNoError()
    {
        var seen = await RunAsync("chatStop");

        Assert.Equal("ready", seen.GetProperty("status").GetString());
        Assert.False(seen.TryGetProperty("error", out _));
        Assert.NotEqual("", seen.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Chat_CancelledElsewhere_KeepsTheTextAndIsNoError()
    {
        var seen = await RunAsync("chatCancelledElsewhere");

        Assert.Equal("cancelled", seen.GetProperty("cancel").GetProperty("state").GetString());
        Assert.Equal("ready", seen.GetProperty("status").GetString());
        Assert.NotEqual("", TextOf(seen.GetProperty("message")));
        Assert.Equal("cancelled", Metadata(seen.GetProperty("message"), "state").GetString());
        Assert.All(seen.GetProperty("message").GetProperty("parts").EnumerateArray().Skip(1), part => Assert.Equal("done", part.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Chat_Failure_IsItsErrorWithTheFiguresKept()
    {
        var seen = await RunAsync("chatError");

        Assert.Equal("error", seen.GetProperty("status").GetString());
        Assert.NotEqual("", seen.GetProperty("error").GetString());
        Assert.Equal("failed", Metadata(seen.GetProperty("message"), "state").GetString());
    }

    [Fact]
    public async Task Chat_ToolsAnsweredByThePage_GoesOnInTheSameMessage()
    {
        var seen = await RunAsync("chatTools");

        Assert.Equal(2, seen.GetProperty("requests").GetInt32());
        var answer = seen.GetProperty("messages")[1];
        Assert.Equal(2, seen.GetProperty("messages").GetArrayLength());
        Assert.Equal(["step-start", "tool-clock", "tool-calculator", "step-start", "text"], Types(answer));
        Assert.Equal("output-available", answer.GetProperty("parts")[1].GetProperty("state").GetString());
        Assert.NotEqual("", TextOf(answer));
    }

    private Task<JsonElement> RunAsync(string name) => NodeClient.RunAsync("ai-sdk.mjs", _app.Client.BaseAddress!, name);

    private static string TextOf(JsonElement message) => string.Concat(
        message.GetProperty("parts").EnumerateArray().Where(part => part.GetProperty("type").GetString() == "text").Select(part => part.GetProperty("text").GetString()));

    private static IEnumerable<string?> Types(JsonElement message) => message.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("type").GetString());

    private static JsonElement Metadata(JsonElement message, string name) => message.GetProperty("metadata").GetProperty(name);
}
