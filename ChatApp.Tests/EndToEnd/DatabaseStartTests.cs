using System.Diagnostics;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Dapper;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The app as a process on a database it can't use, on one of an earlier version, and its backup.</summary>
public sealed class DatabaseStartTests
{
    [Theory]
    [InlineData("damaged", "is damaged")]
    [InlineData("newer", "newer ChatApp")]
    public async Task F27_DatabaseThatCantBeUsed_IsExplainedInOneLineAndUntouched(string what, string said)
    {
        using var storage = new TemporaryDirectory();
        await FillAsync(storage);
        if (what == "damaged")
        {
            var bytes = await File.ReadAllBytesAsync(storage[StoredFile.Name]);
            bytes.AsSpan(4096, 8192).Fill(0xaa);
            await File.WriteAllBytesAsync(storage[StoredFile.Name], bytes);
        }
        else
        {
            await using var connection = StoredFile.Open(storage);
            await connection.ExecuteAsync("PRAGMA journal_mode = DELETE; INSERT INTO schema_version (version, applied) VALUES (9999, 0)");
        }

        var before = await File.ReadAllBytesAsync(storage[StoredFile.Name]);

        await using var app = await AppProcess.StartAsync(storage);

        Assert.Equal(3, await app.ExitCodeAsync());
        AssertOneLine(app, said, storage);
        Assert.Equal(what == "damaged" ? before : WithoutHeader(before), what == "damaged" ? await File.ReadAllBytesAsync(storage[StoredFile.Name]) : WithoutHeader(await File.ReadAllBytesAsync(storage[StoredFile.Name])));
    }

    [Fact]
    public async Task F28_SecondProcess_IsToldSo()
    {
        using var storage = new TemporaryDirectory();
        await using var first = await AppProcess.StartAsync(storage);
        await using var second = await AppProcess.StartAsync(storage);

        Assert.Equal(3, await second.ExitCodeAsync());
        AssertOneLine(second, "Another ChatApp is using", storage);
        using var client = new HttpClient { BaseAddress = first.Url };
        Assert.Equal("complete", (await AskAsync(client))[^1].Type);
    }

    [Fact]
    public async Task P21_DatabaseOfTheFirstVersion_OpensAndItsRunningAnswerIsInterrupted()
    {
        using var storage = new TemporaryDirectory();
        await using (var connection = StoredFile.Open(storage))
        {
            await connection.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "ChatApp.Tests", "Storage", "Fixtures", "schema1.sql")));
        }

        Assert.Equal(1, await StoredFile.CountAsync(storage, "running"));
        await using var app = await AppProcess.StartAsync(storage);
        using var client = new HttpClient { BaseAddress = app.Url };

        Assert.Equal(0, await StoredFile.CountAsync(storage, "running"));
        await StoredFile.CheckAsync(storage);
        await using var stored = StoredFile.Open(storage);
        var runs = (await stored.QueryAsync<(string Id, string State)>("SELECT id, state FROM runs ORDER BY number")).ToList();
        Assert.Equal(["completed", "interrupted"], runs.Select(run => run.State));
        foreach (var (id, state) in runs)
        {
            var run = JsonElement.Parse(await client.GetStringAsync($"/api/runs/{id}"));
            Assert.Equal(state, run.GetProperty("state").GetString());
            using var stream = await SseClient.GetAsync(client, $"/api/runs/{id}/events");
            var frames = await stream.AllAsync();
            Assert.Equal("complete", frames[^1].Type);
            Assert.Equal(run.GetProperty("text").GetString(), string.Concat(frames.Where(frame => frame.Type == "token").Select(frame => frame.Content)));
            Assert.Contains("token-1", run.GetProperty("text").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task P22_BackupWhileAnswersAreMade_IsAWholeDatabase()
    {
        using var storage = new TemporaryDirectory();
        using var restored = new TemporaryDirectory();
        await using var upstream = await TellingUpstream.StartAsync(pause: 10);
        await using var app = await AppProcess.StartAsync(storage, upstream.Settings);
        using var client = new HttpClient { BaseAddress = app.Url };
        var clients = Enumerable.Range(0, 20).Select(i => new CutClient($"{i}")).ToList();
        var streams = clients.Select(one => one.AskAsync(client)).ToList();
        await Eventually.Holds(() => clients.TrueForAll(one => one.Text.Length > 0), "every answer begins");
        var shown = clients.ConvertAll(one => one.Text);

        var (code, said) = await RunAsync("backup", restored[StoredFile.Name], $"--ChatApp:Storage:Path={storage.Path}");
        Assert.True(code == 0, said);
        Assert.Contains("whole copy", said, StringComparison.Ordinal);
        Assert.Equal(3, (await RunAsync("backup", restored[StoredFile.Name], $"--ChatApp:Storage:Path={storage.Path}")).Code);
        Assert.Equal(2, (await RunAsync("backup")).Code);
        // The answers went on.
        await Eventually.Holds(() => clients.TrueForAll(one => one.Text.Length > shown[clients.IndexOf(one)].Length), "every answer goes on");
        await app.KillAsync();
        await Task.WhenAll(streams);

        await using var again = await AppProcess.StartAsync(restored);
        using var other = new HttpClient { BaseAddress = again.Url };
        await StoredFile.CheckAsync(restored);
        Assert.Equal(0, await StoredFile.CountAsync(restored, "running"));
        foreach (var (one, before) in clients.Zip(shown))
        {
            var run = JsonElement.Parse(await other.GetStringAsync($"/api/runs/{one.RunId}"));
            Assert.Equal("interrupted", run.GetProperty("state").GetString());
            Assert.StartsWith(before, run.GetProperty("text").GetString(), StringComparison.Ordinal);
        }
    }

    private static async Task FillAsync(TemporaryDirectory storage)
    {
        await using var app = await AppProcess.StartAsync(storage);
        using var client = new HttpClient { BaseAddress = app.Url };
        await AskAsync(client);
        await app.TerminateAsync();
        Assert.Equal(0, await app.ExitCodeAsync());
    }

    private static async Task<List<SseFrame>> AskAsync(HttpClient client)
    {
        using var stream = await SseClient.PostAsync(
            client, "/api/chat/stream", new { model = "scripted/ttft=0;rate=10000;tokens=20", store = true, messages = new[] { new { role = "user", content = "hi" } } });
        return await stream.AllAsync();
    }

    private static void AssertOneLine(AppProcess app, string said, TemporaryDirectory storage)
    {
        var line = Assert.Single(app.Output.Split('\n'), line => line.Contains(storage[StoredFile.Name], StringComparison.Ordinal));
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", app.Output, StringComparison.Ordinal);
    }

    // Opening a database notes in its header that it may have a log: bytes 18 and 19, and the counters of changes.
    private static byte[] WithoutHeader(byte[] bytes) => bytes[100..];

    private static async Task<(int Code, string Said)> RunAsync(params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [AppProcess.Dll, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(said));
    }
}
