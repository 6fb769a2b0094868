using System.Net;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Security;

/// <summary>Limits as callers of each surface meet them.</summary>
public sealed class LimitsOnTheWireTests
{
    private readonly List<FakeChatClient> _models = [];

    private static object Body => new { onDisconnect = "continue", messages = new[] { new { role = "user", content = "hello" } } };

    [Fact]
    public async Task Post_TooOften_Is429WithRetryAfterAndAReplayCostsNothing()
    {
        await using var app = await StartAsync(("RequestsPerMinute", "1"));
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body, "key-1");
        using var replay = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body, "key-1");
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body, "key-2");
        using var get = await SseClient.GetAsync(app.Client, "/api/stream?q=hi");

        Assert.Equal(HttpStatusCode.OK, first.Response.StatusCode);
        Assert.Equal("true", replay.Response.Headers.GetValues("Idempotent-Replay").Single());
        await AssertRefused(second, HttpStatusCode.TooManyRequests, "rate-limited", 60);
        await AssertRefused(get, HttpStatusCode.TooManyRequests, "rate-limited", 60);
        Assert.InRange(_models.Count(model => model.Calls > 0), 0, 1);
    }

    [Fact]
    public async Task Post_WhileAsManyRun_Is429UntilOneHasEnded()
    {
        await using var app = await StartAsync(("ConcurrentRuns", "1"));
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);
        await first.NextAsync();
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);
        await AssertRefused(second, HttpStatusCode.TooManyRequests, "rate-limited", 2);

        _models[0].Finish();
        await first.AllAsync();
        using var limit = new CancellationTokenSource(Eventually.Limit);
        for (var hasRoom = false; !hasRoom;)
        {
            limit.Token.ThrowIfCancellationRequested();
            using var third = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);
            hasRoom = third.Response.IsSuccessStatusCode;
        }
    }

    [Fact]
    public async Task Streams_AsManyAsMayBe_AreRefusedBeforeARunIsStarted()
    {
        await using var app = await StartAsync(("Streams", "1"));
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);
        await first.NextAsync();
        var run = first.Response.Headers.GetValues("X-Run-Id").Single();
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);
        using var reader = await SseClient.GetAsync(app.Client, $"/api/runs/{run}/events");

        await AssertRefused(second, HttpStatusCode.TooManyRequests, "too-many-streams", 2);
        await AssertRefused(reader, HttpStatusCode.TooManyRequests, "too-many-streams", 2);
        Assert.InRange(_models.Count(model => model.Calls > 0), 0, 1);
        _models[0].Say("goes on");
        await first.NextAsync();
        Assert.Equal("goes on", (await first.NextAsync())!.Content);

        // A status is no stream.
        using var status = await app.Client.GetAsync($"/api/runs/{run}");
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
    }

    [Fact]
    public async Task Node_Full_Is503AndWhatRunsGoesOn()
    {
        await using var app = await StartAsync(("MaxRuns", "1"));
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);
        await first.NextAsync();
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", Body);

        await AssertRefused(second, HttpStatusCode.ServiceUnavailable, "at-capacity", 5);
        _models[0].Say("hello");
        _models[0].Finish();
        Assert.Equal("complete", (await first.AllAsync())[^1].Type);
    }

    [Fact]
    public async Task Page_OverItsLimit_SaysSoAndKeepsTheDraft()
    {
        await using var app = await StartAsync(("RequestsPerMinute", "1"));
        using var session = app.Services.OpenSession();
        Assert.True(await session.SendAsync("one", keepsDraft: true));
        Assert.Null(session.Held);
        session.NewChat();

        Assert.False(await session.SendAsync("two", keepsDraft: true));
        Assert.StartsWith("You may ask once a minute", session.Held, StringComparison.Ordinal);
        Assert.Empty(session.Snapshot.Turns);

        // From a button there is no draft to keep: the question stays as a turn that can be tried again.
        Assert.True(await session.SendAsync("three"));
        Assert.Equal("rate-limited", Assert.Single(session.Snapshot.Turns).Refusal!.Type);
    }

    [Fact]
    public async Task Callers_WithKeys_HaveLimitsAndConversationsOfTheirOwn()
    {
        await using var app = await TestApp.StartAsync(Model, settings: [.. TestKeys.Settings, ("ChatApp:Limits:ConcurrentRuns", "1")]);
        var (ann, ben) = (await AskAsync(TestKeys.Ann, new { store = true, messages = new[] { new { role = "user", content = "mine" } } }), await AskAsync(TestKeys.Ben, Body));
        Assert.Equal(HttpStatusCode.OK, ben.Response.StatusCode);
        var conversation = (await ann.NextAsync())!.Data.GetProperty("conversationId").GetString();
        _models[0].Finish();
        await ann.AllAsync();
        _models[1].Finish();
        await ben.AllAsync();

        var (foreign, unknown) = (await AskInAsync(TestKeys.Ben, conversation!), await AskInAsync(TestKeys.Ben, "0197f0c2a3f07d4e8a6b5c4d3e2f1a0b"));
        Assert.Equal("not-found", foreign);
        Assert.Equal(unknown, foreign);

        // A session's name is its caller's own: the same name of another's is another conversation.
        using var mine = await GetAsync(TestKeys.Ann, "/api/stream?q=one&session=s");
        using var other = await GetAsync(TestKeys.Ben, "/api/stream?q=two&session=s");
        await mine.NextAsync();
        await other.NextAsync();
        Assert.Equal(["two"], _models[^1].Asked.Select(message => message.Text));

        async Task<SseClient> AskAsync(string key, object body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = System.Net.Http.Json.JsonContent.Create(body), Headers = { { "x-api-key", key } } };
            return new SseClient(await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        }

        async Task<SseClient> GetAsync(string key, string url)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "x-api-key", key } } };
            return new SseClient(await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        }

        async Task<string> AskInAsync(string key, string id)
        {
            using var answer = await AskAsync(key, new { conversationId = id, messages = new[] { new { role = "user", content = "theirs?" } } });
            return (await answer.JsonAsync()).GetProperty("type").GetString()!.Split(':')[^1];
        }
    }

    private Task<TestApp> StartAsync(params (string Key, string Value)[] limits) =>
        TestApp.StartAsync(Model, settings: [.. limits.Select(limit => ($"ChatApp:Limits:{limit.Key}", limit.Value))]);

    private FakeChatClient Model()
    {
        var model = new FakeChatClient();
        lock (_models)
        {
            _models.Add(model);
        }

        return model;
    }

    private static async Task AssertRefused(SseClient answer, HttpStatusCode status, string type, int most)
    {
        Assert.Equal(status, answer.Response.StatusCode);
        Assert.InRange(answer.Response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, most);
        var problem = await answer.JsonAsync();
        Assert.Equal($"urn:chatapp:problem:{type}", problem.GetProperty("type").GetString());
        Assert.NotEqual(JsonValueKind.Undefined, problem.GetProperty("detail").ValueKind);
    }
}
