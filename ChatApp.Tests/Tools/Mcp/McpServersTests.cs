using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using ChatApp.Tools.Mcp;

namespace ChatApp.Tests.Tools.Mcp;

public sealed class McpServersTests
{
    [Fact]
    public async Task Tools_OfAServer_AreNamedDescribedAndCalled()
    {
        await using var servers = await TestServers.ReadyAsync();

        var tool = servers.Tool("echo");
        Assert.Equal("Says the text again.", tool.Function.Description);
        Assert.Equal("tests", tool.Source);
        Assert.Equal(ToolApproval.Once, tool.Approval);
        Assert.True(tool.IsDefault);
        Assert.Equal(TimeSpan.FromSeconds(60), tool.Timeout);
        Assert.Equal("string", tool.Function.JsonSchema.GetProperty("properties").GetProperty("text").GetProperty("type").GetString());
        Assert.Equal("hello ☃", await servers.CallAsync("echo", new { text = "hello ☃" }));
        Assert.Equal("a 1 True 0.5 x+y k=2", await servers.CallAsync("many", new { text = "a", number = 1, flag = true, ratio = 0.5, list = new[] { "x", "y" }, map = new Dictionary<string, int> { ["k"] = 2 } }));
        Assert.Contains("tests_echo", servers.Status.Tools);
        Assert.Null(servers.Status.Problem);
    }

    [Fact]
    public async Task Call_ManyAtOnce_EachGetsItsOwn()
    {
        await using var servers = await TestServers.ReadyAsync();
        var texts = Enumerable.Range(0, 100).Select(i => $"text {i}").ToList();

        Assert.Equal(texts, await Task.WhenAll(texts.Select(text => servers.CallAsync("echo", new { text }))));
    }

    [Fact]
    public async Task Call_Failures_SayWhatTheServerSaid()
    {
        await using var servers = await TestServers.ReadyAsync();

        Assert.Equal("The moon is down.", (await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("fail"))).Message);
        Assert.Equal("The server tests refused the call: No such moon.", (await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("throw"))).Message);
        Assert.Equal(McpServerState.Ready, servers.Status.State);
    }

    [Fact]
    public async Task Call_MixedContent_DescribesWhatIsNoText()
    {
        await using var servers = await TestServers.ReadyAsync();

        Assert.Equal(
            "first\n\n[An image, image/png, 2 KB: it can't be shown here.]\n\n[file:///notes.txt, text/plain]\nnotes\n\n[a: https://example.com/a]\n\nlast",
            await servers.CallAsync("mixed"));
    }

    [Fact]
    public async Task Call_Progress_IsReported()
    {
        await using var servers = await TestServers.ReadyAsync();
        var seen = new List<ToolProgress>();

        Assert.Equal("done", await servers.CallAsync("slow", report: progress =>
        {
            lock (seen)
            {
                seen.Add(progress);
            }
        }));

        Assert.Equal([new("Step 1", 25), new("Step 2", 50), new("Step 3", 75)], seen);
    }

    [Fact]
    public async Task Call_ServerThatCrashes_SaysSoAndIsBackSoon()
    {
        await using var servers = await TestServers.ReadyAsync();
        var before = servers.ProcessId;
        var hanging = servers.CallAsync("hang");

        foreach (var call in new[] { servers.CallAsync("crash"), hanging })
        {
            Assert.Equal("The server tests is not running: it has ended with exit code 7.", (await Assert.ThrowsAsync<ToolException>(() => call)).Message);
        }

        await servers.Reaches(McpServerState.Failed);
        Assert.Contains("tests_echo", servers.Status.Tools);
        Assert.Equal(TimeSpan.FromSeconds(1), servers.Status.Pause);
        Assert.Equal(
            "The server tests is not running: it has ended with exit code 7. It is started again within 1 seconds.",
            (await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("echo", new { text = "" }))).Message);

        await servers.Reaches(McpServerState.Ready);
        Assert.NotEqual(before, servers.ProcessId);
        Assert.Equal("again", await servers.CallAsync("echo", new { text = "again" }));
        Assert.Contains("Warning: MCP server tests has ended with exit code 7. It is started again in 1 seconds", servers.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ServerThatEndsAtOnce_IsTriedAgainLessAndLessOften()
    {
        var time = new FakeTime();
        await using var servers = await TestServers.StartAsync(time, TestServers.Settings("tests", "--fail"));
        foreach (var pause in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            await Eventually.Holds(() => servers.Status.Pause == TimeSpan.FromSeconds(pause), $"the pause of {pause} s, {servers.Status}");
            Assert.Equal("has ended with exit code 3", servers.Status.Problem);
            Assert.Contains("no database", servers.Status.ErrorOutput);
            await Eventually.Holds(() => time.IsArmed(TimeSpan.FromSeconds(pause)), "the end of the pause");
            time.Advance(TimeSpan.FromSeconds(pause));
        }
    }

    [Fact]
    public async Task Start_ServerThatNeverAnswers_IsCutByItsTime()
    {
        await using var servers = await TestServers.StartAsync(time: null, [.. TestServers.Settings("tests", "--silent"), ("ChatApp:Mcp:Servers:tests:StartTimeout", "1s")]);
        await servers.Reaches(McpServerState.Failed);

        Assert.Equal("did not start within 1 seconds", servers.Status.Problem);
        Assert.Empty(servers.All.Tools);
    }

    [Fact]
    public async Task Start_ProgramThatIsNotThere_SaysWhatToDo()
    {
        await using var servers = await TestServers.StartAsync(time: null, ("ChatApp:Mcp:Servers:tests:Command", "no-such-program"));
        await servers.Reaches(McpServerState.Failed);

        Assert.Equal("could not be started: there is no such program. Install it, or correct Command", servers.Status.Problem);
    }

    [Fact]
    public async Task Call_Stopped_EndsAtOnceAndAtTheServerToo()
    {
        await using var servers = await TestServers.ReadyAsync();
        using var stop = new CancellationTokenSource();
        var call = servers.CallAsync("hang", cancellationToken: stop.Token);
        await Eventually.Holds(() => servers.Status.ErrorOutput.Contains("hanging"), "the call");

        var asked = TimeProvider.System.GetTimestamp();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        // 50 ms is the promise; ten times as long fails here, however busy the machine is.
        Assert.True(TimeProvider.System.GetElapsedTime(asked) < TimeSpan.FromMilliseconds(500));

        await Eventually.Holds(() => servers.Status.ErrorOutput.Contains("cancelled"), "the server's own end of it");
        Assert.Equal("on", await servers.CallAsync("echo", new { text = "on" }));
    }

    [Fact]
    public async Task V15_HugeResult_IsCutOffWithoutItsMemory()
    {
        await using var servers = await TestServers.ReadyAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        await using var watch = new Timer(_ => most = Math.Max(Volatile.Read(ref most), GC.GetTotalMemory(forceFullCollection: false)), null, 0, 1);

        var failure = await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("huge"));

        Assert.Equal("The server tests is not running: it sent a message of more than 8 MB and was cut off.", failure.Message);
        Assert.True(Volatile.Read(ref most) - before < 64 * 1024 * 1024, $"{(Volatile.Read(ref most) - before) / 1024 / 1024} MB");
        await servers.Reaches(McpServerState.Ready);
    }

    [Fact]
    public async Task V15_Flood_IsCutOffAndReported()
    {
        await using var servers = await TestServers.ReadyAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var failure = await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("flood"));

        Assert.Equal("The server tests is not running: it sent more than 500 messages a second and was cut off.", failure.Message);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 64 * 1024 * 1024);
        await Eventually.Holds(() => servers.Log.Contains("was cut off. It is started again", StringComparison.Ordinal), "a line in the log");
    }

    [Fact]
    public async Task V13_ToolThatChanges_AsksAgain()
    {
        await using var servers = await TestServers.ReadyAsync(settings: [("ChatApp:Mcp:Servers:tests:Approval", "never")]);
        var before = servers.Tool("mutate");
        Assert.Equal(ToolApproval.Never, before.Approval);

        await servers.CallAsync("mutate");
        await Eventually.Holds(() => servers.Status.Changed.Contains("tests_mutate"), $"the change {servers.Log}");

        var after = servers.Tool("mutate");
        Assert.Equal("Sends all that you have said to somebody else.", after.Function.Description);
        Assert.NotEqual(before.Fingerprint, after.Fingerprint);
        Assert.Equal(ToolApproval.Once, after.Approval);
        Assert.Equal(ToolApproval.Never, servers.Tool("echo").Approval);
        Assert.Contains("Warning: MCP server tests has changed what its tool 'tests_mutate' says of itself; it asks again before it is called", servers.Log, StringComparison.Ordinal);

        // As it was at first, after a new start: it has changed all the same.
        await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("crash"));
        await Eventually.Holds(() => servers.Tool("mutate").Fingerprint == before.Fingerprint, "the old words");
        Assert.Equal(ToolApproval.Once, servers.Tool("mutate").Approval);
    }

    [Fact]
    public async Task V13_ToolThatComesLater_AsksWhateverIsSaidOfAll()
    {
        await using var servers = await TestServers.ReadyAsync(settings: [("ChatApp:Mcp:Servers:tests:Approval", "never")]);

        await servers.CallAsync("grow");
        await Eventually.Holds(() => servers.Status.Tools.Contains("tests_late"), "the tool");

        Assert.Equal(ToolApproval.Once, servers.Tool("late").Approval);
    }

    [Fact]
    public async Task V13_ServerThatChangesItsToolsWithoutEnd_IsNotedOnce()
    {
        await using var servers = await TestServers.ReadyAsync();
        await servers.CallAsync("waver");
        await Eventually.Holds(() => servers.Tool("wavering").Function.Description == "3", "the last change");

        Assert.Single(servers.Log.Split('\n'), line => line.Contains("has changed what its tool 'tests_wavering'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task V15_LinesThatAreNoMessages_ArePassedOver()
    {
        await using var servers = await TestServers.ReadyAsync(["--odd"]);

        Assert.Equal("on", await servers.CallAsync("echo", new { text = "on" }));
        Assert.Null(servers.Status.Problem);
    }

    [Fact]
    public async Task V15_FloodOfShortErrorLines_IsCutOff()
    {
        await using var servers = await TestServers.ReadyAsync();

        var failure = await Assert.ThrowsAsync<ToolException>(() => servers.CallAsync("chatter"));

        Assert.Equal("The server tests is not running: it sent more than 4 MB a second and was cut off.", failure.Message);
    }

    [Fact]
    public async Task V12_Environment_HoldsNothingOfOurs()
    {
        Environment.SetEnvironmentVariable("CHATAPP_TEST_API_KEY", "secret");
        await using var servers = await TestServers.ReadyAsync(settings: [("ChatApp:Mcp:Servers:tests:Env:TOKEN", "of its own")]);

        var names = (await servers.CallAsync("env")).Split('\n');

        string[] allowed = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TOKEN"];
        Assert.Contains("TOKEN", names);
        Assert.Contains("PATH", names);
        Assert.Empty(names.Except(allowed));
    }

    [Fact]
    public async Task V12_SecretThatTheServerRepeats_IsHidden()
    {
        await using var servers = await TestServers.ReadyAsync(["--noisy"], ("ChatApp:Mcp:Servers:tests:Env:TOKEN", "of-its-own"));
        await Eventually.Holds(() => servers.Status.ErrorOutput.Count == 2, "what it says");

        Assert.Contains("the token is ***", servers.Status.ErrorOutput);
        Assert.Contains("(no message) Welcome!", servers.Status.ErrorOutput);
        Assert.DoesNotContain("of-its-own", servers.Log, StringComparison.Ordinal);
        Assert.All(servers.Log.Split('\n').Where(line => line.Contains("the token is", StringComparison.Ordinal)), line => Assert.StartsWith("Debug:", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tools_NamesInSettings_ChooseAndApprove()
    {
        await using var servers = await TestServers.ReadyAsync(
            settings:
            [
                ("ChatApp:Mcp:Servers:tests:Tools:0", "echo"), ("ChatApp:Mcp:Servers:tests:Tools:1", "pid"), ("ChatApp:Mcp:Servers:tests:Tools:2", "gone"),
                ("ChatApp:Mcp:Servers:tests:Approval", "never"), ("ChatApp:Mcp:Servers:tests:ApprovalOf:pid", "Always"), ("ChatApp:Mcp:Servers:tests:IsDefault", "false"),
            ]);

        Assert.Equal(["tests_echo", "tests_pid"], servers.All.Tools.Select(tool => tool.Name).Order());
        Assert.Equal(ToolApproval.Never, servers.Tool("echo").Approval);
        Assert.Equal(ToolApproval.Always, servers.Tool("pid").Approval);
        Assert.False(servers.Tool("pid").IsDefault);
        Assert.Equal("has no tool 'gone', which the settings name", servers.Status.Problem);
    }

    [Fact]
    public async Task Tools_TooManyAndTooLong_AreBounded()
    {
        await using var servers = await TestServers.ReadyAsync(["--many"]);

        Assert.Equal(128, servers.All.Tools.Count);
        Assert.All(servers.All.Tools, tool =>
        {
            Assert.Matches("^tests_[A-Za-z0-9_-]{1,58}$", tool.Name);
            Assert.True(tool.Function.Description.Length <= 4097);
        });
        Assert.Equal("lists more than 128 tools; those behind are left out. Name those to take in Tools", servers.Status.Problem);
    }

    [Fact]
    public async Task Dispose_ServerThatReadsItsInput_EndsIt()
    {
        var servers = await TestServers.ReadyAsync();
        var (process, spawned) = (servers.ProcessId, await servers.NumberAsync("spawn"));
        Assert.True(TestServers.Lives(process) && TestServers.Lives(spawned));

        await servers.DisposeAsync();

        Assert.False(TestServers.Lives(process));
        await Eventually.Holds(() => !TestServers.Lives(spawned), "the end of what it started");
    }

    [Fact]
    public async Task Dispose_ServerThatStays_KillsItAndWhatItStarted()
    {
        var servers = await TestServers.ReadyAsync(["--stay"]);
        var (process, spawned) = (servers.ProcessId, await servers.NumberAsync("spawn"));

        await servers.DisposeAsync();

        Assert.False(TestServers.Lives(process));
        await Eventually.Holds(() => !TestServers.Lives(spawned), "the end of what it started");
    }
}
