using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api;

/// <summary>A model that uses the server's tools, of which one waits for a yes or no, twice: through each protocol's own client.</summary>
public sealed class ApprovalClientTests : IAsyncLifetime
{
    // The ids of the calls are the same in both rounds, as with some providers.
    private readonly ToolModel _model = new(
        [("look", """{"file":"a.txt"}"""), ("remove", """{"file":"b.txt"}""")],
        [("look", """{"file":"c.txt"}"""), ("remove", """{"file":"d.txt"}""")]);

    private const string Said = "They said: a.txt has two lines; b.txt is removed; c.txt has two lines; Refused: ";

    private TestApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await _model.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task AiSdk_Approvals_GoOnInTheSameMessage()
    {
        var seen = await NodeClient.RunAsync("ai-sdk.mjs", _app.Client.BaseAddress!, "approval");

        Assert.Equal(3, seen.GetProperty("requests").GetInt32());
        // The client was never asked to make a call.
        Assert.Equal(0, seen.GetProperty("calls").GetInt32());
        Assert.False(seen.TryGetProperty("error", out _));
        var messages = seen.GetProperty("messages");
        Assert.Equal(2, messages.GetArrayLength());
        Assert.Equal(
            ["step-start", "text", "tool-look output-available", "tool-remove output-available", "step-start", "text", "tool-look output-available", "tool-remove output-denied", "step-start", "text"],
            Parts(messages[1]));
        Assert.EndsWith($"{Said}Keep it.", messages[1].GetProperty("parts")[9].GetProperty("text").GetString(), StringComparison.Ordinal);
        var states = seen.GetProperty("states");
        Assert.Equal(["step-start", "text", "tool-look output-available", "tool-remove approval-requested"], Parts(states[0]));
        Assert.Equal("waiting", states[0].GetProperty("metadata").GetProperty("state").GetString());
        Assert.Equal(messages[1].GetProperty("id").GetString(), states[0].GetProperty("id").GetString());
        Assert.Equal("tool-remove approval-requested", Parts(states[1])[^1]);
        // Who comes anew while it waits gets all of it, and can answer, too.
        Assert.Equal(Parts(states[0]), Parts(seen.GetProperty("resumed").GetProperty("message")));
        Assert.Equal("finish", seen.GetProperty("resumed").GetProperty("types").EnumerateArray().Last().GetString());
    }

    [Fact]
    public async Task AgUi_Interrupts_AreAnsweredInTheNextRun()
    {
        var seen = await NodeClient.RunAsync("ag-ui.mjs", _app.Client.BaseAddress!, "approval");

        Assert.Equal(["interrupt", "interrupt", "success"], Runs().Select(run => run.GetProperty("finished").GetProperty("outcome").GetString()));
        Assert.All(Runs(), run => Assert.False(run.TryGetProperty("error", out _), run.GetRawText()));
        Assert.All(Runs(), run => Assert.Empty(run.GetProperty("warnings").EnumerateArray()));
        var interrupt = Assert.Single(seen.GetProperty("first").GetProperty("finished").GetProperty("interrupts").EnumerateArray());
        Assert.Equal("tool_call", interrupt.GetProperty("reason").GetString());
        Assert.Equal("call_2", interrupt.GetProperty("toolCallId").GetString());
        Assert.Equal(
            ["user", "assistant Round 1.  look remove", "tool a.txt has two lines", "tool b.txt is removed", "assistant Round 2.  look remove", "tool c.txt has two lines",
                "tool Refused: this call was not allowed.", $"assistant {Said}this call was not allowed."],
            seen.GetProperty("third").GetProperty("messages").EnumerateArray().Select(Message));

        IEnumerable<JsonElement> Runs() => new[] { "first", "second", "third" }.Select(name => seen.GetProperty(name));

        static string Message(JsonElement message)
        {
            var role = message.GetProperty("role").GetString();
            var calls = message.TryGetProperty("toolCalls", out var given) ? given.EnumerateArray().Select(call => $" {call.GetProperty("function").GetProperty("name")}") : [];
            return role == "user" ? role : $"{role} {message.GetProperty("content").GetString()!.TrimStart()}{string.Concat(calls)}";
        }
    }

    [Fact]
    public async Task Responses_ApprovalResponses_GoOnAsNewResponses()
    {
        var seen = await NodeClient.RunAsync("openai-responses.mjs", _app.Client.BaseAddress!, "mcp");
        var (first, second, third) = (seen.GetProperty("first"), seen.GetProperty("second"), seen.GetProperty("third"));

        Assert.Equal(["message", "mcp_call look completed", "mcp_call remove incomplete", "mcp_approval_request remove"], Items(first));
        Assert.Equal(["mcp_call remove completed", "message", "mcp_call look completed", "mcp_call remove incomplete", "mcp_approval_request remove"], Items(second));
        Assert.Equal(["mcp_call remove failed", "message"], Items(third));
        Assert.All(new[] { first, second, third }, response => Assert.Equal("completed", response.GetProperty("status").GetString()));
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("previous_response_id").GetString());
        var removed = second.GetProperty("output")[0];
        Assert.Equal("b.txt is removed", removed.GetProperty("output").GetString());
        Assert.Equal("""{"file":"b.txt"}""", removed.GetProperty("arguments").GetString());
        Assert.Equal(first.GetProperty("output")[3].GetProperty("id").GetString(), removed.GetProperty("approval_request_id").GetString());
        Assert.Equal("Refused: Keep it.", third.GetProperty("output")[0].GetProperty("error").GetString());
        Assert.EndsWith($"{Said}Keep it.", third.GetProperty("output_text").GetString(), StringComparison.Ordinal);
        Assert.Equal("response.created", seen.GetProperty("types")[0].GetString());
        Assert.Equal("[true,true,true]", seen.GetProperty("same").GetRawText());
        Assert.True(seen.GetProperty("sameEvents").GetBoolean());
        Assert.StartsWith("tools[0].server_url", seen.GetProperty("address").GetProperty("param").GetString(), StringComparison.Ordinal);
        Assert.Equal("tools", seen.GetProperty("unknown").GetProperty("param").GetString());
        Assert.Equal(404, seen.GetProperty("gone").GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Responses_WithoutAWordAboutTools_OffersNone()
    {
        await NodeClient.RunAsync("openai-responses.mjs", _app.Client.BaseAddress!, "noTools");

        Assert.Null(_model.Options?.Tools);
    }

    [Fact]
    public async Task ChatCompletions_ServerTools_AreNoCallsOfTheClient()
    {
        var seen = await NodeClient.RunAsync("openai-chat.mjs", _app.Client.BaseAddress!, "executed", "fake/model");

        Assert.Empty(seen.GetProperty("calls").EnumerateArray());
        Assert.Equal(["stop"], seen.GetProperty("finish").EnumerateArray().Select(reason => reason.GetString()));
        Assert.Equal(8, seen.GetProperty("executed").GetArrayLength());
        var executed = seen.GetProperty("whole").GetProperty("message").GetProperty("executed_tools");
        Assert.Equal(["look", "remove", "look", "remove"], executed.EnumerateArray().Select(call => call.GetProperty("name").GetString()));
        Assert.Equal("a.txt has two lines", executed[0].GetProperty("output").GetString());
        Assert.StartsWith("Refused: It needs somebody's yes", executed[1].GetProperty("output").GetString(), StringComparison.Ordinal);
        Assert.Equal("stop", seen.GetProperty("whole").GetProperty("finish_reason").GetString());
        Assert.Equal("stop", seen.GetProperty("final").GetProperty("finish_reason").GetString());
    }

    private static List<string> Parts(JsonElement message) =>
        [.. message.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("type").GetString() + (part.TryGetProperty("toolCallId", out _) ? $" {part.GetProperty("state")}" : ""))];

    private static List<string> Items(JsonElement response) => [.. response.GetProperty("output").EnumerateArray().Select(item => item.GetProperty("type").GetString() switch
    {
        "mcp_call" => $"mcp_call {item.GetProperty("name")} {item.GetProperty("status")}",
        "mcp_approval_request" => $"mcp_approval_request {item.GetProperty("name")}",
        var type => type!,
    })];
}
