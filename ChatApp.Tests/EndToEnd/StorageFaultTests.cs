using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;

namespace ChatApp.Tests.EndToEnd;

/// <summary>A database that does not take what is written: held by another, full, or failing.</summary>
public sealed class StorageFaultTests(ITestOutputHelper output)
{
    private static object Question(string model = "up/m") => new { model, store = true, messages = new[] { new { role = "user", content = "hi" } } };

    [Fact]
    public async Task F24_HeldByAnotherWriter_ReadersWaitAndSendsAreRefused()
    {
        using var storage = new TemporaryDirectory();
        await using var upstream = await TellingUpstream.StartAsync(pause: 5);
        await using var app = await AppProcess.StartAsync(storage, upstream.Settings);
        using var client = new HttpClient { BaseAddress = app.Url };
        var clients = Enumerable.Range(0, 5).Select(i => new CutClient($"{i}")).ToList();
        var streams = clients.Select(one => one.AskAsync(client)).ToList();
        await Eventually.Holds(() => clients.TrueForAll(one => one.Text.Length > 0), "every answer begins");

        await using var other = await HoldAsync(storage);
        // They get what had been stored by then, and no more.
        await Eventually.HoldsAsync(async () => (await StoredAsync(other)).All(stored => clients.Exists(one => one.RunId == stored.Id && one.Last == stored.Last)), "all that is stored is shown");
        var shown = clients.ConvertAll(one => one.Last);
        using var enough = new CancellationTokenSource();
        var live = LongestAsync(client, enough.Token);
        var asked = Stopwatch.GetTimestamp();
        var refused = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            using var question = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = JsonContent.Create(Question()) };
            using var answer = await client.SendAsync(question, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Contains("storage-busy", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            return Stopwatch.GetElapsedTime(asked);
        }));
        Assert.Equal(shown, clients.ConvertAll(one => one.Last));
        await enough.CancelAsync();
        var slowest = await live;
        await other.ExecuteAsync("ROLLBACK");

        // By itself, and the whole of it.
        await Eventually.Holds(() => clients.TrueForAll(one => one.Last > shown[clients.IndexOf(one)]), "the answers go on");
        using (var again = await SseClient.PostAsync(client, "/api/chat/stream", Question("scripted/tokens=1")))
        {
            Assert.Equal("complete", (await again.AllAsync())[^1].Type);
        }

        foreach (var one in clients)
        {
            using var stop = await client.PostAsync($"/api/runs/{one.RunId}/cancel", null);
        }

        await Task.WhenAll(streams);
        foreach (var one in clients)
        {
            Assert.Equal((await one.CompareAsync(client)).Text, one.Text);
            var sent = string.Concat(upstream.Sent[one.Asked].Select(piece => piece.Text));
            Assert.StartsWith(one.Text, sent, StringComparison.Ordinal);
        }

        output.WriteLine($"Refused after {refused.Max().TotalSeconds:0.0} s; /health/live took at most {slowest.TotalMilliseconds:0} ms");
        Assert.InRange(refused.Max(), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task F24_MoreWaitsThanMay_FailsAndKeepsWhatIsStored()
    {
        using var storage = new TemporaryDirectory();
        await using var upstream = await TellingUpstream.StartAsync(pause: 1);
        await using var app = await AppProcess.StartAsync(storage, [.. upstream.Settings, "--ChatApp:Storage:MaxUnsaved=500"]);
        using var client = new HttpClient { BaseAddress = app.Url };
        var clients = Enumerable.Range(0, 3).Select(i => new CutClient($"{i}")).ToList();
        var streams = clients.Select(one => one.AskAsync(client)).ToList();
        await Eventually.Holds(() => clients.TrueForAll(one => one.Text.Length > 0), "every answer begins");

        await using var other = await HoldAsync(storage);
        // The provider is not read any more, while nothing can be stored yet.
        await upstream.AllLeft.WaitAsync(Eventually.Limit);
        var shown = clients.ConvertAll(one => one.Text);
        await other.ExecuteAsync("ROLLBACK");
        await Task.WhenAll(streams);

        foreach (var (one, before) in clients.Zip(shown))
        {
            var run = JsonElement.Parse(await client.GetStringAsync($"/api/runs/{one.RunId}"));
            Assert.Equal("failed", run.GetProperty("state").GetString());
            Assert.Equal(one.Text, run.GetProperty("text").GetString());
            Assert.StartsWith(before, one.Text, StringComparison.Ordinal);
            Assert.Contains(one.Events.Values, json => json.Contains("storage-busy", StringComparison.Ordinal));
            Assert.Equal("complete", one.LastFrame!.Type);
        }
    }

    [Fact]
    public async Task F25_NoRoomLeft_ReadersWaitAndItRecovers()
    {
        var models = new Dictionary<string, FakeChatClient>(StringComparer.Ordinal);
        await using var app = await StartAsync(models);
        var model = models["fake/one"] = new FakeChatClient();
        var reader = new CutClient("hi");
        var reading = reader.AskAsync(app.Client, "fake/one");
        model.Say("before ");
        await Eventually.Holds(() => reader.Text.Length > 0, "the answer begins");
        var database = app.Services.GetRequiredService<Database>();
        // The file may not grow: for SQLite the same as a disk without room.
        await database.WriteAsync(transaction => transaction.First<long>("PRAGMA max_page_count = 1"));

        HttpResponseMessage? refused = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                refused?.Dispose();
                models["fake/more"] = new FakeChatClient();
                models["fake/more"].Finish();
                refused = await app.Client.PostAsJsonAsync("/api/chat/stream", new { model = "fake/more", store = true, messages = new[] { new { role = "user", content = new string('x', 9000) } } });
                return refused.StatusCode == HttpStatusCode.InsufficientStorage;
            },
            "no room");
        Assert.Contains("storage-full", await refused!.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        refused.Dispose();
        var waiting = new string('y', 100_000);
        model.Say(waiting);
        await Eventually.Holds(() => app.Services.GetRequiredService<RunJournal>().IsDelayed, "it can't be stored");
        Assert.Equal("before ", reader.Text);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("/health/live")).StatusCode);

        await database.WriteAsync(transaction => transaction.First<long>("PRAGMA max_page_count = 1000000"));
        model.Finish();
        Assert.True(await reading);
        Assert.Equal($"before {waiting}", reader.Text);
        Assert.Equal("before " + waiting, (await reader.CompareAsync(app.Client)).Text);
    }

    [Fact]
    public async Task F26_CommitThatFails_ShowsNothingThatIsNotStored()
    {
        var models = new Dictionary<string, FakeChatClient>(StringComparer.Ordinal);
        await using var app = await StartAsync(models, ("ChatApp:Storage:CommitInterval", "1ms"));
        var database = app.Services.GetRequiredService<Database>();
        var host = app.Services.GetRequiredService<RunHost>();
        var store = app.Services.GetRequiredService<RunStore>();
        for (var failing = 1; failing <= 8; failing++)
        {
            var (commits, failed) = (0, 0);
            await database.WriteAsync(transaction =>
            {
                raw.sqlite3_commit_hook(((SqliteConnection)transaction.Connection).Handle, _ => Interlocked.Increment(ref commits) == Volatile.Read(ref failed) ? 1 : 0, null);
                return true;
            });
            var model = models["fake/one"] = new FakeChatClient();
            var reader = new CutClient($"{failing}");
            // This writes as well: the first commit that may fail is the question's own, and then nothing has been asked.
            Interlocked.Exchange(ref commits, 0);
            Interlocked.Exchange(ref failed, failing);
            model.Say("0 ");
            using var question = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = JsonContent.Create(Question("fake/one")) };
            using var answer = await app.Client.SendAsync(question, HttpCompletionOption.ResponseHeadersRead);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                Assert.Equal(1, failing);
                Assert.Equal(0, model.Calls);
                continue;
            }

            var run = host.FindOwn(answer.Headers.GetValues("X-Run-Id").Single(), Caller.Local)!;
            for (var i = 1; i < 12; i++)
            {
                model.Say($"{i} ");
                var upTo = i;
                await run.Reaches(one => one.ReadText().Contains($"{upTo} ", StringComparison.Ordinal));
                // Read first, then ask what is stored: that can only have grown.
                var seen = run.Seq;
                var stored = await store.ReadAsync(run.Id, 0);
                Assert.InRange(stored[^1].LastSeq, seen, long.MaxValue);
            }

            model.Finish();
            await run.Ended();
            Assert.Equal(run.ReadText(), (await store.FindAsync(run.Id))!.Text);
            Assert.Equal("completed", (await store.FindAsync(run.Id))!.State);
            Assert.True(commits > failing, $"{commits} commits");
        }
    }

    private static Task<TestApp> StartAsync(Dictionary<string, FakeChatClient> models, params (string Key, string Value)[] settings) =>
        TestApp.StartAsync(null, null, null, builder => builder.Services.AddSingleton<IModelCatalog>(new FakeCatalog(id => models[id])), settings);

    private static async Task<SqliteConnection> HoldAsync(TemporaryDirectory storage)
    {
        var connection = StoredFile.Open(storage);
        await connection.OpenAsync();
        await connection.ExecuteAsync("BEGIN EXCLUSIVE");
        return connection;
    }

    private static async Task<List<(string Id, long Last)>> StoredAsync(SqliteConnection connection) => [.. await connection.QueryAsync<(string, long)>(
        "SELECT r.id, max(e.last_seq) FROM runs r JOIN run_events e ON e.run = r.number GROUP BY r.id")];

    // The longest time that the live endpoint took.
    private static async Task<TimeSpan> LongestAsync(HttpClient client, CancellationToken enough)
    {
        var longest = TimeSpan.Zero;
        while (!enough.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            using var answer = await client.GetAsync("/health/live", CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            longest = Stopwatch.GetElapsedTime(asked) is var took && took > longest ? took : longest;
            await Task.Delay(20, CancellationToken.None);
        }

        return longest;
    }
}
