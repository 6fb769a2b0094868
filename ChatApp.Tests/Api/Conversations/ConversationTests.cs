using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.Conversations;

/// <summary>Conversations over HTTP: list, search, read, make, change, delete; and their branches.</summary>
public sealed class ConversationTests
{
    private const string Url = "/api/conversations";

    [Fact]
    public async Task Post_EmptyObject_MakesAConversationAtItsLocation()
    {
        await using var app = await TestApp.StartAsync();

        using var answer = await app.Client.PostAsJsonAsync(Url, new { });
        var made = await JsonAsync(answer);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal($"{Url}/{made.GetProperty("id").GetString()}", answer.Headers.Location?.OriginalString);
        Assert.Equal("New chat", made.GetProperty("title").GetString());
        Assert.False(made.TryGetProperty("leafId", out _));
        var read = await app.Client.GetFromJsonAsync<JsonElement>(answer.Headers.Location);
        Assert.Equal(made.GetProperty("id").GetString(), read.GetProperty("id").GetString());
        Assert.Equal(0, read.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Post_QuestionInAnEmptyConversation_GivesItATitleAndMessages()
    {
        await using var app = await TestApp.StartAsync();
        var id = await AddAsync(app);

        using var answer = await AskAsync(app, new { conversationId = id, model = "scripted/text=Blue.", messages = Question("Which colour?") });

        Assert.Equal(id, answer.Headers.GetValues("X-Conversation-Id").Single());
        var read = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}/{id}");
        Assert.Equal("Which colour?", read.GetProperty("title").GetString());
        var (question, reply) = (read.GetProperty("messages")[0], read.GetProperty("messages")[1]);
        Assert.Equal(("user", "Which colour?"), (question.GetProperty("role").GetString(), question.GetProperty("content").GetString()));
        Assert.Equal(("assistant", "Blue."), (reply.GetProperty("role").GetString(), reply.GetProperty("content").GetString()));
        Assert.Equal(question.GetProperty("id").GetString(), reply.GetProperty("parentId").GetString());
        Assert.Equal(answer.Headers.GetValues("X-Message-Id").Single(), reply.GetProperty("id").GetString());
        Assert.Equal(read.GetProperty("leafId").GetString(), reply.GetProperty("id").GetString());
        var run = reply.GetProperty("run");
        Assert.Equal(answer.Headers.GetValues("X-Run-Id").Single(), run.GetProperty("id").GetString());
        Assert.Equal("completed", run.GetProperty("state").GetString());
        Assert.True(run.GetProperty("metrics").GetProperty("tokens").GetInt32() > 0);
        Assert.True(run.GetProperty("usage").GetProperty("totalTokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Post_StoreWithoutAnId_NamesTheConversation()
    {
        await using var app = await TestApp.StartAsync();

        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { store = true, model = "scripted/tokens=3", messages = Question("hello") });
        var connected = (await stream.AllAsync())[0];

        var id = connected.Data.GetProperty("conversationId").GetString();
        Assert.Equal(id, stream.Response.Headers.GetValues("X-Conversation-Id").Single());
        Assert.Equal(id, (await app.Client.GetFromJsonAsync<JsonElement>(Url)).GetProperty("conversations")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Post_ParentMessageId_BranchesAndPatchShowsEitherBranch()
    {
        await using var app = await TestApp.StartAsync();
        var id = await AddAsync(app);
        var first = await MessageAsync(app, new { conversationId = id, model = "scripted/text=One.", messages = Question("1") });
        var second = await MessageAsync(app, new { conversationId = id, model = "scripted/text=Two.", messages = Question("2") });
        var other = await MessageAsync(app, new { conversationId = id, parentMessageId = first, model = "scripted/text=Too.", messages = Question("2 again") });

        Assert.Equal(["1", "One.", "2 again", "Too."], await TextsAsync(app, $"{Url}/{id}"));
        Assert.Equal(["1", "One.", "2", "Two.", "2 again", "Too."], await TextsAsync(app, $"{Url}/{id}?tree=true"));
        var shown = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}/{id}");
        Assert.Equal(2, shown.GetProperty("messages")[2].GetProperty("siblings").GetArrayLength());
        Assert.Equal(other, shown.GetProperty("leafId").GetString());

        using var patched = await app.Client.PatchAsJsonAsync($"{Url}/{id}", new { leafId = second, title = "Both" });
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
        Assert.Equal("Both", (await JsonAsync(patched)).GetProperty("title").GetString());
        Assert.Equal(["1", "One.", "2", "Two."], await TextsAsync(app, $"{Url}/{id}"));
    }

    [Fact]
    public async Task Post_ParentOfAnotherConversation_IsNotFound()
    {
        await using var app = await TestApp.StartAsync();
        var (id, elsewhere) = (await AddAsync(app), await AddAsync(app));
        var message = await MessageAsync(app, new { conversationId = elsewhere, model = "scripted/tokens=2", messages = Question("1") });

        using var foreign = await AskAsync(app, new { conversationId = id, parentMessageId = message, model = "scripted/tokens=2", messages = Question("2") });
        using var alone = await AskAsync(app, new { parentMessageId = message, model = "scripted/tokens=2", messages = Question("2") });
        using var unknown = await AskAsync(app, new { conversationId = "none", model = "scripted/tokens=2", messages = Question("2") });
        using var leaf = await app.Client.PatchAsJsonAsync($"{Url}/{id}", new { leafId = message });

        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, alone.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, leaf.StatusCode);
        Assert.Empty(await TextsAsync(app, $"{Url}/{id}?tree=true"));
    }

    [Fact]
    public async Task Post_WhileAnAnswerIsMade_IsBusyAndNamesTheRun()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var id = await AddAsync(app);
        using var running = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { conversationId = id, onDisconnect = "continue", messages = Question("1") });
        await running.NextAsync();

        using var refused = await AskAsync(app, new { conversationId = id, messages = Question("2") });

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        var problem = await JsonAsync(refused);
        Assert.Equal("urn:chatapp:problem:conversation-busy", problem.GetProperty("type").GetString());
        Assert.Equal($"/api/runs/{running.Response.Headers.GetValues("X-Run-Id").Single()}", problem.GetProperty("run").GetString());
        model.Finish();
    }

    [Fact]
    public async Task Get_WhileAnAnswerIsMade_HasItsTextSoFar()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var id = await AddAsync(app);
        using var running = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { conversationId = id, messages = Question("1") });
        model.Say("So far");
        var token = await running.NextAsync();
        while (token!.Type != "token")
        {
            token = await running.NextAsync();
        }

        var read = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}/{id}");
        Assert.True(read.GetProperty("running").GetBoolean());
        Assert.Equal("So far", read.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.Equal("running", read.GetProperty("messages")[1].GetProperty("run").GetProperty("state").GetString());
        Assert.Equal(token.Seq, read.GetProperty("messages")[1].GetProperty("run").GetProperty("seq").GetInt64());
        model.Finish();
    }

    [Fact]
    public async Task List_PageByPage_HasEachOnce()
    {
        await using var app = await TestApp.StartAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, await AddAsync(app, $"Number {i}"));
        }

        var read = new List<string>();
        var next = "";
        do
        {
            var page = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}?limit=2{(next.Length > 0 ? $"&after={next}" : "")}");
            read.AddRange(page.GetProperty("conversations").EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
            next = page.TryGetProperty("next", out var more) ? more.GetString()! : "";
        }
        while (next.Length > 0);

        Assert.Equal(ids.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
        Assert.Equal(5, read.Count);
    }

    [Fact]
    public async Task List_Search_FindsWordsOfTitlesAndMessages()
    {
        await using var app = await TestApp.StartAsync();
        var id = await AddAsync(app, "Gardening");
        await AddAsync(app, "Cooking");
        await MessageAsync(app, new { conversationId = id, model = "scripted/text=Plant marigolds.", messages = Question("What now?") });

        var byTitle = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}?search=garden");
        var byText = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}?search=marigolds");

        Assert.Equal(id, Assert.Single(byTitle.GetProperty("conversations").EnumerateArray()).GetProperty("id").GetString());
        Assert.Contains("marigolds", Assert.Single(byText.GetProperty("conversations").EnumerateArray()).GetProperty("excerpt").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=201")]
    [InlineData("?limit=x")]
    [InlineData("?limit=+5")]
    [InlineData("?after=%00")]
    [InlineData("?after=abc")]
    [InlineData("?after=OTk5OTk5OTk5OTk5OTk5OTk5OmE")]
    [InlineData("?search=a&after=MTox")]
    public async Task List_BadQuery_IsRefused(string query)
    {
        await using var app = await TestApp.StartAsync();
        using var answer = await app.Client.GetAsync(Url + query);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Patch_BadBody_IsRefused()
    {
        await using var app = await TestApp.StartAsync();
        var id = await AddAsync(app);
        foreach (var body in new object[] { new { }, new { title = "" }, new { title = " \u200b" }, new { title = "a\nb" }, new { title = "a\u202eb" }, new { title = new string('x', 121) }, new { title = 5 } })
        {
            using var answer = await app.Client.PatchAsJsonAsync($"{Url}/{id}", body);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Delete_RunningConversation_StopsItAndRestoreBringsItBack()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var id = await AddAsync(app, "Short");
        using var running = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { conversationId = id, onDisconnect = "continue", messages = Question("1") });
        await running.NextAsync();
        var run = running.Response.Headers.GetValues("X-Run-Id").Single();

        using var deleted = await app.Client.DeleteAsync($"{Url}/{id}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await model.Closed;

        foreach (var (method, path) in new[] { ("GET", ""), ("DELETE", ""), ("GET", "/export") })
        {
            using var gone = await app.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"{Url}/{id}{path}"));
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }

        using var goneRun = await app.Client.GetAsync($"/api/runs/{run}");
        Assert.Equal(HttpStatusCode.NotFound, goneRun.StatusCode);
        Assert.Equal(0, (await app.Client.GetFromJsonAsync<JsonElement>(Url)).GetProperty("conversations").GetArrayLength());

        using var restored = await app.Client.PostAsync($"{Url}/{id}/restore", null);
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        Assert.Equal("cancelled", (await app.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Any_AnothersConversation_IsNotFoundAndUnharmed()
    {
        await using var app = await TestApp.StartAsync(settings: TestKeys.Settings);
        var id = (await JsonAsync(await SendAsync("POST", Url, TestKeys.Ann, new { title = "Mine" }))).GetProperty("id").GetString();

        foreach (var (method, path, body) in new (string, string, object?)[] { ("GET", "", null), ("PATCH", "", new { title = "Yours" }), ("DELETE", "", null), ("POST", "/restore", null), ("GET", "/export", null) })
        {
            using var foreign = await SendAsync(method, $"{Url}/{id}{path}", TestKeys.Ben, body);
            Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        }

        Assert.Equal(0, (await JsonAsync(await SendAsync("GET", Url, TestKeys.Ben))).GetProperty("conversations").GetArrayLength());
        Assert.Equal("Mine", (await JsonAsync(await SendAsync("GET", $"{Url}/{id}", TestKeys.Ann))).GetProperty("title").GetString());

        Task<HttpResponseMessage> SendAsync(string method, string url, string key, object? body = null) => app.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), url)
        {
            Headers = { { "x-api-key", key } },
            Content = body is null ? null : JsonContent.Create(body),
        });
    }

    private static object[] Question(string text) => [new { role = "user", content = text }];

    private static async Task<string> AddAsync(TestApp app, string? title = null)
    {
        using var answer = await app.Client.PostAsJsonAsync(Url, title is null ? (object)new { } : new { title });
        return (await JsonAsync(answer)).GetProperty("id").GetString()!;
    }

    // Reads it to its end.
    private static Task<HttpResponseMessage> AskAsync(TestApp app, object body) => app.Client.PostAsJsonAsync("/api/chat/stream", body);

    private static async Task<string> MessageAsync(TestApp app, object body)
    {
        using var answer = await AskAsync(app, body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("X-Message-Id").Single();
    }

    private static async Task<List<string>> TextsAsync(TestApp app, string url) =>
        [.. (await app.Client.GetFromJsonAsync<JsonElement>(url)).GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString()!)];

    private static Task<JsonElement> JsonAsync(HttpResponseMessage answer) => answer.Content.ReadFromJsonAsync<JsonElement>();
}
