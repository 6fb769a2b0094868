using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.AgUi;

/// <summary>AG-UI's own client, with its verifier, against the whole app.</summary>
public sealed class AgUiClientTests : IAsyncLifetime
{
    private TestApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Run_Answer_IsAMessage()
    {
        var seen = await RunAsync("text");

        AssertClean(seen);
        Assert.Equal("run-1", seen.GetProperty("events")[0].GetProperty("runId").GetString());
        Assert.Equal("thread-1", seen.GetProperty("events")[0].GetProperty("threadId").GetString());
        Assert.Equal(["user", "assistant"], Roles(seen));
        Assert.Equal("Hello there", seen.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.Equal("completed", seen.GetProperty("result").GetProperty("state").GetString());
        Assert.True(seen.GetProperty("events").EnumerateArray().Last().GetProperty("usage")[0].GetProperty("outputTokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Run_Reasoning_IsAMessageOfItsOwn()
    {
        var seen = await RunAsync("reasoning");

        AssertClean(seen);
        Assert.Equal(["user", "reasoning", "assistant"], Roles(seen));
    }

    [Fact]
    public async Task Run_ClientTools_AreCalledAnsweredAndGoneOnFrom()
    {
        var seen = await RunAsync("tools");
        var (first, second) = (seen.GetProperty("first"), seen.GetProperty("second"));

        AssertClean(first);
        AssertClean(second);
        var calls = first.GetProperty("messages")[1].GetProperty("toolCalls");
        Assert.Equal(["clock", "calculator"], calls.EnumerateArray().Select(call => call.GetProperty("function").GetProperty("name").GetString()));
        Assert.All(calls.EnumerateArray(), call => JsonElement.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!));
        Assert.Equal(2, first.GetProperty("finished").GetProperty("pendingToolCallIds").GetArrayLength());
        Assert.Equal(["user", "assistant", "tool", "tool", "assistant"], Roles(second));
        Assert.NotEqual("", second.GetProperty("messages")[4].GetProperty("content").GetString());
    }

    [Fact]
    public async Task Run_CallsNamedLikeEarlierOnes_AreOthers()
    {
        var seen = await RunAsync("sameCalls");

        AssertClean(seen);
        Assert.Equal(["user", "assistant", "user", "assistant"], Roles(seen));
        var calls = seen.GetProperty("messages").EnumerateArray().Where(message => message.TryGetProperty("toolCalls", out _)).Select(message => message.GetProperty("toolCalls")[0]);
        Assert.Equal(2, calls.Select(call => call.GetProperty("id").GetString()).Distinct().Count());
        Assert.Single(calls.Select(call => call.GetProperty("function").GetProperty("arguments").GetString()).Distinct());
    }

    [Fact]
    public async Task Run_Cancelled_IsAnOutcomeAndNoError()
    {
        var seen = await RunAsync("stop");

        AssertClean(seen);
        Assert.Equal("cancelled", seen.GetProperty("cancel").GetProperty("state").GetString());
        Assert.Equal("cancelled", seen.GetProperty("finished").GetProperty("outcome").GetString());
        Assert.NotEqual("", seen.GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Fact]
    public async Task Run_FailureInTheMiddle_IsARunErrorAfterTheText()
    {
        var seen = await RunAsync("error");

        Assert.Equal("upstream-error", seen.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(["TEXT_MESSAGE_END", "STEP_FINISHED", "CUSTOM", "RUN_ERROR"], Types(seen).TakeLast(4));
        Assert.NotEqual("", seen.GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Fact]
    public async Task Run_UnknownModel_IsRefusedWithTheReason()
    {
        var error = (await RunAsync("invalidModel")).GetProperty("error").GetProperty("message").GetString();

        Assert.StartsWith("HTTP 400", error, StringComparison.Ordinal);
        Assert.Contains("unknown-model", error, StringComparison.Ordinal);
    }

    private static void AssertClean(JsonElement seen)
    {
        Assert.False(seen.TryGetProperty("error", out var error), error.ToString());
        Assert.Empty(seen.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()));
        Assert.Equal("RUN_FINISHED", Types(seen).Last());
    }

    private static IEnumerable<string?> Types(JsonElement seen) => seen.GetProperty("types").EnumerateArray().Select(type => type.GetString());

    private static IEnumerable<string?> Roles(JsonElement seen) => seen.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("role").GetString());

    private Task<JsonElement> RunAsync(string name) => NodeClient.RunAsync("ag-ui.mjs", _app.Client.BaseAddress!, name);
}
