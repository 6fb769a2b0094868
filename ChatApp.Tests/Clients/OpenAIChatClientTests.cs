using System.Text.Json;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Clients;

/// <summary>The official <c>openai</c> client, in Node, against the app.</summary>
public sealed class OpenAIChatClientTests
{
    private const string Quick = "scripted/ttft=0;rate=0;";

    [Fact]
    public async Task Create_Whole_IsTheAnswer()
    {
        var seen = await RunAsync("whole", Quick + "text=Hello 👋 you;reasoning=5");

        var message = seen.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("Hello 👋 you", message.GetProperty("content").GetString());
        Assert.NotEqual("", message.GetProperty("reasoning_content").GetString());
        Assert.Equal("stop", seen.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.True(seen.GetProperty("usage").GetProperty("completion_tokens").GetInt32() > 5);
    }

    [Fact]
    public async Task Create_Streamed_IsTheAnswerWithUsage()
    {
        var seen = await RunAsync("stream", Quick + "text=Hello 👋 you;reasoning=5");

        Assert.Equal("Hello 👋 you", seen.GetProperty("content").GetString());
        Assert.NotEqual("", seen.GetProperty("reasoning").GetString());
        Assert.Equal("""["stop"]""", seen.GetProperty("finish").GetRawText());
        Assert.Equal(1, seen.GetProperty("ids").GetInt32());
        var usage = seen.GetProperty("usage");
        Assert.Equal(usage.GetProperty("total_tokens").GetInt32(), usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Stream_Helper_PutsTheSameTogether()
    {
        var seen = await RunAsync("helper", Quick + "tokens=200;md=1");

        Assert.Equal(seen.GetProperty("content").GetString(), seen.GetProperty("grown").GetString());
        Assert.Equal("stop", seen.GetProperty("finish").GetString());
        Assert.Equal(200, seen.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Stream_HelperWithTools_PutsTheCallsTogether()
    {
        var seen = await RunAsync("helperTools", Quick + "tools=2");

        Assert.Equal("tool_calls", seen.GetProperty("finish").GetString());
        Assert.Equal(["clock", "calculator"], seen.GetProperty("calls").EnumerateArray().Select(call => call.GetProperty("name").GetString()));
        Assert.All(seen.GetProperty("calls").EnumerateArray(), call => Assert.Equal(JsonValueKind.Object, call.GetProperty("arguments").ValueKind));
    }

    [Fact]
    public async Task Create_Tools_AreCalledAndAnswered()
    {
        var seen = await RunAsync("tools", Quick + "tools=2;text=Done");

        Assert.Equal(JsonValueKind.Null, seen.GetProperty("content").ValueKind);
        Assert.Equal("tool_calls", seen.GetProperty("finish").GetString());
        Assert.Equal("""["clock","calculator"]""", seen.GetProperty("calls").GetRawText());
        Assert.Equal(("Done", "stop"), (seen.GetProperty("answer").GetString(), seen.GetProperty("end").GetString()));
    }

    [Fact]
    public async Task Abort_MidStream_CancelsTheRun()
    {
        await using var app = await TestApp.StartAsync();
        var seen = await NodeClient.RunAsync("openai-chat.mjs", app.Client.BaseAddress!, "abort", "scripted/ttft=0;rate=20;tokens=100000");

        Assert.Equal(3, seen.GetProperty("chunks").GetInt32());
        var run = app.Services.GetRequiredService<RunHost>().FindOwn(seen.GetProperty("run").GetString()!, Caller.Local)!;
        await run.Ended();
        Assert.Equal(RunState.Cancelled, run.State);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("errorWhole")]
    public async Task Create_RefusedUpstream_IsARateLimitError(string name)
    {
        var seen = await RunAsync(name, "scripted/status=429;retryAfter=1");

        var error = name == "error" ? seen.GetProperty("before") : seen;
        Assert.Equal("RateLimitError", error.GetProperty("name").GetString());
        Assert.Equal((429, "rate_limit_exceeded"), (error.GetProperty("status").GetInt32(), error.GetProperty("code").GetString()));
        Assert.Equal("1", error.GetProperty("retryAfter").GetString());
    }

    [Fact]
    public async Task Create_FailedMidStream_IsAnApiErrorAfterTheText()
    {
        var seen = await RunAsync("error", Quick + "tokens=50;error=500@10");

        var error = seen.GetProperty("during");
        Assert.True(error.GetProperty("isApiError").GetBoolean());
        Assert.Equal(("server_error", "upstream_error"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        Assert.NotEqual("", seen.GetProperty("content").GetString());
    }

    [Fact]
    public async Task Create_UnknownModel_IsANotFoundError()
    {
        var seen = await RunAsync("error", "nobody/nothing");

        Assert.Equal(("NotFoundError", "model_not_found"), (seen.GetProperty("before").GetProperty("name").GetString(), seen.GetProperty("before").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Models_ListAndRetrieve_FindTheModels()
    {
        var seen = await RunAsync("models", "guide/guide");

        Assert.Contains("guide/guide", seen.GetProperty("ids").EnumerateArray().Select(id => id.GetString()));
        Assert.Equal("guide/guide", seen.GetProperty("one").GetProperty("id").GetString());
        Assert.Equal("NotFoundError", seen.GetProperty("missing").GetProperty("name").GetString());
    }

    private static async Task<JsonElement> RunAsync(string name, string model)
    {
        await using var app = await TestApp.StartAsync();
        return await NodeClient.RunAsync("openai-chat.mjs", app.Client.BaseAddress!, name, model);
    }
}
