using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using ChatApp.Tools.Mcp;

namespace ChatApp.Tests.Tools.Mcp;

/// <summary>Servers over Streamable HTTP, in a version of the protocol with sessions.</summary>
public sealed class McpHttpTests
{
    private static async Task<TestServers> ReadyAsync(FakeUpstream upstream)
    {
        var servers = await TestServers.StartAsync(
            time: null,
            ("ChatApp:Mcp:Servers:tests:Url", $"{upstream.Address}mcp"),
            ("ChatApp:Mcp:Servers:tests:Headers:Authorization", "Bearer open-sesame"));
        await servers.Reaches(McpServerState.Ready);
        return servers;
    }

    /// <summary>A server with the tool <c>tool</c>, whose calls are answered by <paramref name="call"/>.</summary>
    private static Task<FakeUpstream> ServeAsync(Func<FakeExchange, string, Task> call) => FakeUpstream.StartAsync(async exchange =>
    {
        // The standing stream for notices, and the goodbye.
        if (exchange.Body.Length == 0)
        {
            await exchange.RespondAsync(405);
            return;
        }

        var message = JsonElement.Parse(exchange.Body);
        var id = message.TryGetProperty("id", out var given) ? given.GetRawText() : "";
        switch (message.GetProperty("method").GetString())
        {
            case "server/discover":
                await exchange.RespondAsync(200, Error(id, -32601, "No such method."));
                break;
            case "initialize":
                await exchange.RespondAsync(
                    200,
                    Result(id, """{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"http","version":"1"}}"""),
                    headers: [("Mcp-Session-Id", "session-1"), ("Set-Cookie", "crumb=1")]);
                break;
            case "tools/list":
                await exchange.RespondAsync(200, Result(id, """{"tools":[{"name":"tool","description":"Does it.","inputSchema":{"type":"object"}}]}"""));
                break;
            case "tools/call":
                await call(exchange, id);
                break;
            default:
                await exchange.RespondAsync(202);
                break;
        }
    });

    private static string Result(string id, string result) => $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{result}}}""";

    private static string Error(string id, int code, string message) => $$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":{{{code}}},"message":"{{{message}}}"}}""";

    private static string Text(string id, string text) => Result(id, $$"""{"content":[{"type":"text","text":"{{text}}"}]}""");

    [Fact]
    public async Task Call_OverHttp_IsAnsweredWithHeadersAndSessionAndNoCookie()
    {
        await using var upstream = await ServeAsync((exchange, id) => exchange.RespondAsync(200, Text(id, "done")));
        await using var servers = await ReadyAsync(upstream);

        Assert.Equal("done", await servers.CallAsync("tool"));

        var call = upstream.Exchanges.Single(exchange => exchange.Body.Contains("tools/call", StringComparison.Ordinal));
        Assert.Equal("session-1", call.Headers["Mcp-Session-Id"]);
        Assert.Equal("2025-06-18", call.Headers["MCP-Protocol-Version"]);
        Assert.All(upstream.Exchanges, exchange =>
        {
            Assert.Equal("Bearer open-sesame", exchange.Headers["Authorization"]);
            Assert.False(exchange.Headers.ContainsKey("Cookie"));
        });
        Assert.DoesNotContain("\"sampling\"", string.Concat(upstream.Exchanges.Select(exchange => exchange.Body)), StringComparison.Ordinal);
        Assert.DoesNotContain("\"elicitation\"", string.Concat(upstream.Exchanges.Select(exchange => exchange.Body)), StringComparison.Ordinal);
        Assert.DoesNotContain("\"roots\"", string.Concat(upstream.Exchanges.Select(exchange => exchange.Body)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_AnsweredWithAStream_ReportsProgress()
    {
        var seen = new TaskCompletionSource<ToolProgress>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await ServeAsync(async (exchange, id) =>
        {
            await exchange.SendEventAsync($$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{id}}},"progress":1,"total":2,"message":"Half"}}""");
            await seen.Task;
            await exchange.SendEventAsync(Text(id, "whole"));
        });
        await using var servers = await ReadyAsync(upstream);

        Assert.Equal("whole", await servers.CallAsync("tool", report: progress => seen.TrySetResult(progress)));
        Assert.Equal(new ToolProgress("Half", 50), await seen.Task);
    }

    [Fact]
    public async Task Call_Stopped_ClosesTheConnectionAndSaysSo()
    {
        var calls = new TaskCompletionSource<FakeExchange>();
        await using var upstream = await ServeAsync((exchange, _) =>
        {
            calls.TrySetResult(exchange);
            return exchange.HangAsync();
        });
        await using var servers = await ReadyAsync(upstream);
        using var stop = new CancellationTokenSource();
        var call = servers.CallAsync("tool", cancellationToken: stop.Token);
        var exchange = await calls.Task;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await exchange.Left.WaitAsync(Eventually.Limit);
        await Eventually.Holds(
            () => upstream.Exchanges.Any(other => other.Body.Contains("notifications/cancelled", StringComparison.Ordinal) && other.Body.Contains("\"call-1\"", StringComparison.Ordinal)), "the word of it");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public async Task V15_HugeAnswer_IsCutOffWithoutItsMemory(string contentType)
    {
        var block = new byte[1024 * 1024];
        Array.Fill(block, (byte)'x');
        await using var upstream = await ServeAsync(async (exchange, _) =>
        {
            await exchange.StartAsync(contentType);
            await exchange.SendAsync("data: ");
            for (var i = 0; i < 100; i++)
            {
                await exchange.SendAsync(block);
            }
        });
        await using var servers = await ReadyAsync(upstream);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        await using var watch = new Timer(_ => most = Math.Max(Volatile.Read(ref most), GC.GetTotalMemory(forceFullCollection: false)), null, 0, 1);

        var failure = await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("tool"));

        Assert.Equal("The server tests is not running: it sent a message of more than 8 MB and was cut off.", failure.Message);
        Assert.True(Volatile.Read(ref most) - before < 64 * 1024 * 1024, $"{(Volatile.Read(ref most) - before) / 1024 / 1024} MB");
    }

    [Theory]
    [InlineData(302, "answered with HTTP 302, a redirect, which is not followed. Correct Url")]
    [InlineData(401, "answered with HTTP 401")]
    [InlineData(500, "answered with HTTP 500")]
    public async Task V12_StatusAtStart_IsSaidWithoutTheKey(int status, string problem)
    {
        await using var upstream = await FakeUpstream.StartAsync(exchange => exchange.RespondAsync(status, $"you sent {exchange.Headers["Authorization"]}", "text/plain", ("Location", "/elsewhere")));
        await using var servers = await TestServers.StartAsync(
            time: null,
            ("ChatApp:Mcp:Servers:tests:Url", $"{upstream.Address}mcp"),
            ("ChatApp:Mcp:Servers:tests:Headers:Authorization", "Bearer open-sesame"));
        await servers.Reaches(McpServerState.Failed);

        Assert.Equal(problem, servers.Status.Problem);
        Assert.All(upstream.Exchanges, exchange => Assert.Equal("/mcp", exchange.Path));
        await Eventually.Holds(() => servers.Log.Contains("It is started again", StringComparison.Ordinal), "a line in the log");
        Assert.DoesNotContain("open-sesame", servers.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_SessionThatIsGone_ConnectsAgain()
    {
        var calls = 0;
        await using var upstream = await ServeAsync((exchange, id) => Interlocked.Increment(ref calls) == 1 ? exchange.RespondAsync(404) : exchange.RespondAsync(200, Text(id, "back")));
        await using var servers = await ReadyAsync(upstream);

        await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("tool"));
        await servers.Reaches(McpServerState.Failed);
        await servers.Reaches(McpServerState.Ready);

        Assert.Equal("back", await servers.CallAsync("tool"));
    }

    [Fact]
    public async Task Start_NobodyThere_SaysSo()
    {
        await using var servers = await TestServers.StartAsync(time: null, ("ChatApp:Mcp:Servers:tests:Url", "http://127.0.0.1:9/mcp"));
        await servers.Reaches(McpServerState.Failed);

        Assert.Equal("can't be reached (ConnectionError)", servers.Status.Problem);
    }
}
