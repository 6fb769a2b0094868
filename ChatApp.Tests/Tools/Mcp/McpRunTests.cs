using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Tools.Mcp;

/// <summary>Servers' tools in the whole app.</summary>
public sealed class McpRunTests
{
    private static readonly object Ask = new { messages = new[] { new { role = "user", content = "Do it." } } };

    private static FakeChatClient Calling(params string[] tools)
    {
        var model = new FakeChatClient();
        model.Send([.. tools.Select((tool, i) => new FunctionCallContent($"c{i}", tool, new Dictionary<string, object?>(StringComparer.Ordinal)))]);
        model.Finish(ChatFinishReason.ToolCalls);
        return model;
    }

    private static FakeChatClient Saying(string text)
    {
        var model = new FakeChatClient();
        model.Say(text);
        model.Finish();
        return model;
    }

    private static async Task<TestApp> StartAsync(FakeChatClients models, params (string, string)[] settings)
    {
        var app = await TestApp.StartAsync(models, settings: [.. TestServers.Settings("tests"), .. settings]);
        await Eventually.HoldsAsync(async () => (await ToolsAsync(app)).GetProperty("servers")[0].GetProperty("state").GetString() == "ready", "the server");
        return app;
    }

    private static Task<JsonElement> ToolsAsync(TestApp app) => app.Client.GetFromJsonAsync<JsonElement>("/api/tools");

    private static string Said(SseFrame frame, string name) => frame.Data.GetProperty(name).ToString();

    [Fact]
    public async Task Post_ModelThatCallsAServersTool_StreamsCallProgressAndResult()
    {
        var (first, second) = (Calling("tests_slow"), Saying("It is done."));
        await using var app = await StartAsync(new FakeChatClients(first, second), ("ChatApp:Mcp:Servers:tests:ApprovalOf:slow", "never"));
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Ask);
        var frames = await stream.AllAsync();

        var order = frames.Select(frame => frame.Type).Where(type => type is "tool_call" or "progress" or "tool_result" or "token").Distinct();
        Assert.Equal(["tool_call", "progress", "tool_result", "token"], order);
        Assert.Equal("Step 1", Said(frames.First(frame => frame.Type == "progress"), "step"));
        Assert.Contains("done", frames.Single(frame => frame.Type == "tool_result").Data.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("done", second.Asked.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Single().Result);
    }

    [Fact]
    public async Task V13_ToolThatChangesDuringARun_IsNotCalledOnOneYes()
    {
        var last = Saying("Well.");
        await using var app = await StartAsync(new FakeChatClients(Calling("tests_mutate"), Calling("tests_slow", "tests_mutate"), last), ("ChatApp:Mcp:Servers:tests:ApprovalOf:slow", "never"), ("ChatApp:Tools:MaxParallel", "1"));
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Ask);
        var results = new List<string>();
        while (await stream.NextAsync() is { } frame)
        {
            if (frame.Type == "approval_request")
            {
                using var answer = await app.Client.PostAsJsonAsync($"/api/runs/{stream.Response.Headers.GetValues("X-Run-Id").Single()}/approvals/{Said(frame, "id")}", new { approved = true });
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
            else if (frame.Type == "tool_result")
            {
                results.Add(frame.Data.GetRawText());
            }
        }

        Assert.Equal(3, results.Count);
        Assert.Contains("mutated", results[0], StringComparison.Ordinal);
        Assert.Contains("Not called: the server tests has changed what the tool tests_mutate says of itself", results[2], StringComparison.Ordinal);

        var tools = await ToolsAsync(app);
        Assert.Equal("tests_mutate", tools.GetProperty("servers")[0].GetProperty("changed")[0].GetString());
    }

    [Fact]
    public async Task GetTools_ServersAndTools_AreNamedWithoutSettings()
    {
        await using var app = await StartAsync(new FakeChatClients(), ("ChatApp:Mcp:Servers:tests:Env:TOKEN", "sec-ret"), ("ChatApp:Mcp:Servers:tests:Tools:0", "echo"), ("ChatApp:Mcp:Servers:off:Enabled", "false"), ("ChatApp:Mcp:Servers:off:Command", "npx"));
        var text = await app.Client.GetStringAsync("/api/tools");
        var tools = JsonElement.Parse(text);

        var tool = tools.GetProperty("tools").EnumerateArray().Single(tool => tool.GetProperty("source").GetString() == "tests");
        Assert.Equal("""{"name":"tests_echo","description":"Says the text again.","source":"tests","approval":"once","isDefault":true}""", tool.GetRawText());
        Assert.Equal("""[{"name":"tests","state":"ready","tools":1,"changed":[]}]""", tools.GetProperty("servers").GetRawText());
        Assert.DoesNotContain("sec-ret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("dotnet", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task V13_ServerInARequest_IsNone()
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "evil");
        await using var app = await TestApp.StartAsync(Saying("Hi."));
        var server = new { Command = "touch", Args = new[] { file } };
        foreach (var path in new[] { "/api/chat/stream", "/api/conversations", "/v1/chat/completions" })
        {
            using var answer = await app.Client.PostAsJsonAsync(path, new { messages = new[] { new { role = "user", content = "hi" } }, mcpServers = new { evil = server }, ChatApp = new { Mcp = new { Servers = new { evil = server } } } });
            await answer.Content.ReadAsStringAsync();
        }

        Assert.Equal(0, (await ToolsAsync(app)).GetProperty("servers").GetArrayLength());
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("--stay")]
    [InlineData("--usual")]
    public async Task V13_AppThatIsKilled_TakesItsServersWithIt(string how)
    {
        var mark = $"--mark={Guid.NewGuid():N}";
        await using var app = await AppProcess.StartAsync([.. TestServers.Settings("tests", how, "--spawn", mark).Select(setting => $"--{setting.Item1}={setting.Item2}")]);
        using var client = new HttpClient { BaseAddress = app.Url };
        await Eventually.HoldsAsync(async () => (await client.GetStringAsync("/api/tools")).Contains("\"ready\"", StringComparison.Ordinal), "the server");
        var process = Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0).Single(id => id != 0 && IsOf(id, mark));
        var spawned = ChildOf(process);

        await app.KillAsync();

        await Eventually.Holds(() => !TestServers.Lives(process), "the server's end");
        await Eventually.Holds(() => !TestServers.Lives(spawned), "the end of what it started");
    }

    [Fact]
    public async Task Start_BadSettings_AreNamedAndEndTheApp()
    {
        await using var app = await AppProcess.StartAsync("--ChatApp:Mcp:Servers:a:Comand=npx", "--ChatApp:Mcp:Servers:b:Url=nowhere", "--ChatApp:Mcp:Server:c:Command=npx");

        Assert.Equal(2, await app.ExitCodeAsync());
        Assert.Contains("ChatApp:Mcp:Servers:a:Comand is no setting of an MCP server.", app.Output, StringComparison.Ordinal);
        Assert.Contains("ChatApp:Mcp:Servers:b:Url is no address.", app.Output, StringComparison.Ordinal);
        Assert.Contains("ChatApp:Mcp:Server is no setting. Did you mean ChatApp:Mcp:Servers?", app.Output, StringComparison.Ordinal);
    }

    // 123 (sleep) S 122 …: the second behind the name is the parent.
    private static int ChildOf(int process) =>
        Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0).Single(id =>
        {
            try
            {
                return id != 0 && File.ReadAllText($"/proc/{id}/stat").Split(") ")[^1].Split(' ')[1] == process.ToString(CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return false;
            }
        });

    // The app names it too, in its own arguments.
    private static bool IsOf(int id, string mark)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
            return line.Contains(mark, StringComparer.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
