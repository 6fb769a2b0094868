using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Security;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Storage;

/// <summary>The whole app, twice, on one PostgreSQL that goes away, and between which things get lost.</summary>
public sealed class OutageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task F30_DatabaseRestarted_AnswersWaitAndAreWhole()
    {
        SkipWithoutPostgres();
        await using var server = await PostgresServer.StartNewAsync();
        var connection = await server.CreateDatabaseAsync();
        await using var first = await StartAsync(connection);
        await using var second = await StartAsync(connection);
        var readers = new List<Task<List<SseFrame>>>();
        var runs = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            var stream = await AskAsync(first, $"scripted/rate=60;tokens=900;seed={i}");
            Assert.Equal("connected", (await stream.NextAsync())!.Type);
            runs.Add(stream.Response.Headers.GetValues("X-Run-Id").Single());
            readers.Add(stream.AllAsync());
            readers.Add((await SseClient.GetAsync(second.Client, $"/api/runs/{runs[i]}/events")).AllAsync());
        }

        // Every connection is cut: nobody notices.
        await PostgresServer.ExecuteAsync(connection, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        using (var other = await AskAsync(second, "scripted/rate=1000;tokens=20"))
        {
            Assert.Equal("completed", Reason(await other.AllAsync()));
        }

        // As a crash does, and for longer than a lease.
        await server.StopAsync(immediate: true);
        var began = Stopwatch.GetTimestamp();
        var refused = 0;
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5))
        {
            using var none = await AskAsync(first, "scripted/rate=1000;tokens=20");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, none.Response.StatusCode);
            Assert.NotNull(none.Response.Headers.RetryAfter);
            using var alive = await second.Client.GetAsync("/health/live");
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
            refused++;
        }

        Assert.DoesNotContain(readers, reader => reader.IsCompleted);
        await server.StartAsync();
        var frames = await Task.WhenAll(readers);
        output.WriteLine($"{refused} questions were refused in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        for (var i = 0; i < runs.Count; i++)
        {
            var text = (await second.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{runs[i]}")).GetProperty("text").GetString();
            using var whole = await SseClient.GetAsync(first.Client, $"/api/stream?q=hi&model=scripted/rate=100000;tokens=900;seed={i}");
            Assert.Equal(Text(await whole.AllAsync()), text);
            foreach (var one in new[] { frames[2 * i], frames[(2 * i) + 1] })
            {
                Assert.Equal("completed", Reason(one));
                Assert.Equal(text, Text(one));
                Assert.Equal(one.Where(frame => frame.Id is not null).Select(frame => frame.Seq).Order(), one.Where(frame => frame.Id is not null).Select(frame => frame.Seq));
            }
        }

        // Both hear each other again, without having been started again.
        var heard = new ConcurrentQueue<StoreNotice>();
        using var subscription = second.Services.GetRequiredService<StoreNotices>().Subscribe(heard.Enqueue);
        await Eventually.HoldsAsync(
            async () =>
            {
                using var last = await AskAsync(first, "scripted/rate=1000;tokens=20");
                await last.AllAsync();
                return heard.Any(notice => notice.Kind == StoreNoticeKind.Run);
            },
            "notices are heard again");
    }

    [Fact]
    public async Task F31_NoticesLost_CostASecondAndNoEvent()
    {
        SkipWithoutPostgres();
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var model = new FakeChatClient();
        await using var first = await StartAsync(connection, model);
        await using var second = await StartAsync(connection);
        first.Services.GetRequiredService<StoreNotices>().Others = null;
        using var stream = await AskAsync(first, "fake/model");
        var run = stream.Response.Headers.GetValues("X-Run-Id").Single();
        using var reader = await SseClient.GetAsync(second.Client, $"/api/runs/{run}/events");
        var (frames, longest) = (new List<SseFrame>(), TimeSpan.Zero);
        for (var i = 0; i < 3; i++)
        {
            model.Say($"{i} ");
            var said = Stopwatch.GetTimestamp();
            while (!Text(frames).EndsWith($"{i} ", StringComparison.Ordinal))
            {
                frames.Add((await reader.NextAsync())!);
            }

            longest = Stopwatch.GetElapsedTime(said) is var took && took > longest ? took : longest;
        }

        model.Finish();
        frames.AddRange(await reader.AllAsync());
        output.WriteLine($"without notices: {longest.TotalMilliseconds:0} ms at most");
        Assert.True(longest < TimeSpan.FromSeconds(11), "Ten times the bound");
        Assert.Equal("0 1 2 ", Text(frames));
        Assert.Equal("completed", Reason(frames));
    }

    [Fact]
    public async Task Reader_AtAnotherNode_KeepsTheRunGoing()
    {
        SkipWithoutPostgres();
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var model = new FakeChatClient();
        await using var first = await StartAsync(connection, model, ("ChatApp:Runs:OnDisconnect", "3s"));
        await using var second = await StartAsync(connection);
        SseClient reader;
        string run;
        using (var stream = await AskAsync(first, "fake/model"))
        {
            run = stream.Response.Headers.GetValues("X-Run-Id").Single();
            reader = await SseClient.GetAsync(second.Client, $"/api/runs/{run}/events");
            Assert.Equal("connected", (await reader.NextAsync())!.Type);
        }

        var left = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(left) < TimeSpan.FromSeconds(5))
        {
            model.Say("on ");
            while ((await reader.NextAsync())!.Type != "token")
            {
                // Figures come between.
            }
        }

        Assert.False(model.Closed.IsCompleted);
        reader.Dispose();
        await model.Closed.WaitAsync(Eventually.Limit);
        await Eventually.HoldsAsync(
            async () => (await second.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}")).GetProperty("state").GetString() == "cancelled", "nobody reads it any more");
    }

    [Fact]
    public async Task Run_StoredThoughItsAskerWasToldOtherwise_IsEnded()
    {
        SkipWithoutPostgres();
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var app = await StartAsync(connection);
        var (runs, nodes) = (app.Services.GetRequiredService<RunStore>(), app.Services.GetRequiredService<NodeStore>());
        await using var store = await TestStore.OpenAsync((nameof(StorageOptions.Provider), StorageOptions.Postgres), (nameof(StorageOptions.ConnectionString), connection));
        var turn = store.Turn("c", "1");
        // What the app's own commit would have left, whose answer was lost.
        Assert.Equal(TurnOutcomeKind.Added, (await runs.AddAsync(turn with { Run = turn.Run! with { Node = nodes.Id } })).Kind);

        await Eventually.HoldsAsync(async () => await runs.StateAsync("1-r") == "interrupted", "nobody makes it");
    }

    [Fact]
    public async Task SignIn_AtOneNode_HoldsAtTheOther()
    {
        SkipWithoutPostgres();
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        string cookie;
        await using (var first = await StartAsync(connection, model: null, TestKeys.Settings))
        await using (var second = await StartAsync(connection, model: null, TestKeys.Settings))
        {
            cookie = await SignInAsync(first);
            Assert.Equal(HttpStatusCode.OK, await OpenAsync(first, cookie));
            Assert.Equal(HttpStatusCode.OK, await OpenAsync(second, cookie));
            // Wherever each of them is installed.
            Assert.Equal("ChatApp", first.Services.GetRequiredService<IOptions<DataProtectionOptions>>().Value.ApplicationDiscriminator);
        }

        await using (var again = await StartAsync(connection, model: null, TestKeys.Settings))
        {
            Assert.Equal(HttpStatusCode.OK, await OpenAsync(again, cookie));
        }

        await PostgresServer.ExecuteAsync(connection, "DELETE FROM data_protection_keys");
        await using var last = await StartAsync(connection, model: null, TestKeys.Settings);
        Assert.Equal(HttpStatusCode.Unauthorized, await OpenAsync(last, cookie));
        Assert.Equal(HttpStatusCode.OK, await OpenAsync(last, await SignInAsync(last)));
    }

    private static void SkipWithoutPostgres() => Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");

    private static Task<TestApp> StartAsync(string connection, FakeChatClient? model = null, params (string Key, string Value)[] settings) => TestApp.StartAsync(
        model is null ? null : () => model,
        time: null,
        [("ChatApp:Storage:Provider", "postgres"), ("ChatApp:Storage:ConnectionString", connection), ("ChatApp:Storage:Lease", "3s"), .. settings]);

    private static Task<SseClient> AskAsync(TestApp app, string model) =>
        SseClient.PostAsync(app.Client, "/api/chat/stream", new { model, messages = new[] { new { role = "user", content = "hi" } }, store = true });

    private static async Task<string> SignInAsync(TestApp app)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = app.Client.BaseAddress };
        using var form = new FormUrlEncodedContent([new("key", TestKeys.Ann)]);
        using var answer = await client.PostAsync("/sign-in", form);
        return answer.Headers.GetValues("Set-Cookie").Select(value => value.Split(';')[0]).Single(value => value.StartsWith(KeyTicket.Cookie, StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> OpenAsync(TestApp app, string cookie)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = app.Client.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stream?q=hi&model=scripted/tokens=2") { Headers = { { "Cookie", cookie } } };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static string Text(IEnumerable<SseFrame> frames) => string.Concat(frames.Where(frame => frame.Type == "token").Select(frame => frame.Content));

    private static string? Reason(IEnumerable<SseFrame> frames) => frames.Last(frame => frame.Type == "done").Data.GetProperty("reason").GetString();
}
