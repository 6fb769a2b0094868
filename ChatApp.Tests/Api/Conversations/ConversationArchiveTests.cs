using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatApp.Conversations;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.Conversations;

/// <summary>Conversations out as files and in again; and files that are not to be taken.</summary>
public sealed class ConversationArchiveTests
{
    private const string Url = "/api/conversations";
    private const string Import = "/api/conversations/import";

    private static JsonObject File(params JsonObject[] messages) => new() { ["version"] = 1, ["title"] = "Kept", ["messages"] = new JsonArray([.. messages]) };

    private static JsonObject Message(string id, string? parent = null, string role = "user", string content = "hi")
    {
        var message = new JsonObject { ["id"] = id, ["role"] = role, ["content"] = content };
        if (parent is not null)
        {
            message["parentId"] = parent;
        }

        return message;
    }

    [Fact]
    public async Task Import_OwnExportTwice_MakesTwoOfTheSameTree()
    {
        await using var app = await TestApp.StartAsync();
        using var made = await app.Client.PostAsJsonAsync(Import, File(
            Message("q"), Message("a1", "q", "assistant", "One \"quoted\" <b>🎉"), Message("a2", "q", "assistant", "Two"), Message("q2", "a1", content: "and?")));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        using var exported = await app.Client.GetAsync($"{made.Headers.Location}/export?format=json");
        Assert.Equal("application/json", exported.Content.Headers.ContentType?.MediaType);
        Assert.Equal("attachment", exported.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("chat-Kept.json", exported.Content.Headers.ContentDisposition?.FileName);
        var text = await exported.Content.ReadAsStringAsync();
        using var again = await app.Client.PostAsync(Import, new StringContent(text, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.NotEqual(made.Headers.Location, again.Headers.Location);
        Assert.Equal(await ShapeAsync(made), await ShapeAsync(again));
        Assert.Contains("One \"quoted\" <b>🎉", (await ShapeAsync(again))[1], StringComparison.Ordinal);
        Assert.Equal(2, (await app.Client.GetFromJsonAsync<JsonElement>(Url)).GetProperty("conversations").GetArrayLength());

        // Role, text and the place of the parent, with the shown leaf.
        async Task<List<string>> ShapeAsync(HttpResponseMessage answer)
        {
            var read = await app.Client.GetFromJsonAsync<JsonElement>($"{answer.Headers.Location}?tree=true");
            var messages = read.GetProperty("messages").EnumerateArray().ToList();
            var ids = messages.ConvertAll(message => message.GetProperty("id").GetString()!);
            Assert.Equal(ids, ids.Order(StringComparer.Ordinal));
            return [.. messages.Select((message, i) =>
                $"{message.GetProperty("role")} {message.GetProperty("content")} {(message.TryGetProperty("parentId", out var parent) ? ids.IndexOf(parent.GetString()!) : -1)} {ids[i] == read.GetProperty("leafId").GetString()}")];
        }
    }

    [Fact]
    public async Task Import_ChildrenBeforeTheirParents_AreSorted()
    {
        await using var app = await TestApp.StartAsync();
        using var made = await app.Client.PostAsJsonAsync(Import, File(Message("c", "b"), Message("b", "a", "assistant"), Message("a")));

        var read = await app.Client.GetFromJsonAsync<JsonElement>($"{made.Headers.Location}");
        Assert.Equal(3, read.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task Import_ThenAsk_SendsTheImportedMessages()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var made = await app.Client.PostAsJsonAsync(Import, File(Message("q", content: "one"), Message("a", "q", "assistant", "two")));
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        model.Finish();

        using var answer = await app.Client.PostAsJsonAsync("/api/chat/stream", new { conversationId = id, messages = new[] { new { role = "user", content = "three" } } });

        Assert.Equal(["one", "two", "three"], model.Asked.Select(message => message.Text));
    }

    [Fact]
    public async Task Export_WhileAnAnswerIsMade_IsOfOneMoment()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var running = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { store = true, messages = new[] { new { role = "user", content = "Tell me" } } });
        model.Say("Once upon");
        while ((await running.NextAsync())!.Type != "token")
        {
        }

        var id = running.Response.Headers.GetValues("X-Conversation-Id").Single();
        var exported = await app.Client.GetFromJsonAsync<JsonElement>($"{Url}/{id}/export");
        var markdown = await app.Client.GetStringAsync($"{Url}/{id}/export?format=markdown");

        Assert.Equal("Once upon", exported.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.Equal("running", exported.GetProperty("messages")[1].GetProperty("state").GetString());
        Assert.Equal(exported.GetProperty("leafId").GetString(), exported.GetProperty("messages")[1].GetProperty("id").GetString());
        Assert.StartsWith("# Tell me\n", markdown, StringComparison.Ordinal);
        Assert.Contains("\n\nOnce upon\n", markdown, StringComparison.Ordinal);
        model.Finish();
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { """{"version":2,"messages":[]}""", "version" },
        { """{"messages":[]}""", "version" },
        { """{"version":1}""", "messages" },
        { """{"version":1,"title":"a\nb","messages":[]}""", "title" },
        { """{"version":1,"title":"a\u202eb","messages":[]}""", "title" },
        { """{"version":1,"created":"2199-01-01T00:00:00Z","messages":[]}""", "created" },
        { """{"version":1,"messages":[null]}""", "messages[0]" },
        { """{"version":1,"messages":[{"id":"a","role":"system","content":"x"}]}""", "messages[0].role" },
        { """{"version":1,"messages":[{"id":"","role":"user","content":"x"}]}""", "messages[0].id" },
        { """{"version":1,"messages":[{"id":"a","role":"user"}]}""", "messages[0].content" },
        { """{"version":1,"messages":[{"id":"a","role":"user","content":"x","created":"2199-01-01T00:00:00Z"}]}""", "messages[0].created" },
        { """{"version":1,"messages":[{"id":"a","role":"user","content":"x"},{"id":"a","role":"user","content":"x"}]}""", "messages[1].id" },
        { """{"version":1,"messages":[{"id":"a","parentId":"b","role":"user","content":"x"}]}""", "messages[0].parentId" },
        { """{"version":1,"messages":[{"id":"a","parentId":"a","role":"user","content":"x"}]}""", "messages[0].parentId" },
        { """{"version":1,"messages":[{"id":"a","parentId":"b","role":"user","content":"x"},{"id":"b","parentId":"a","role":"user","content":"x"}]}""", "messages[0].parentId" },
        { """{"version":1,"leafId":"z","messages":[{"id":"a","role":"user","content":"x"}]}""", "leafId" },
        { """{"version":"1","messages":[]}""", "version" },
        { """{"version":1,"messages":{}}""", "messages" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Import_WrongFile_IsRefusedAndNothingIsThere(string file, string property)
    {
        await using var app = await TestApp.StartAsync();
        using var answer = await app.Client.PostAsync(Import, new StringContent(file, Encoding.UTF8, "application/json"));

        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(problem.GetProperty("errors").TryGetProperty(property, out _), problem.ToString());
        Assert.Equal(0, (await app.Client.GetFromJsonAsync<JsonElement>(Url)).GetProperty("conversations").GetArrayLength());
    }

    [Fact]
    public async Task Import_ManyMistakes_NamesTheFirstTwenty()
    {
        await using var app = await TestApp.StartAsync();
        using var answer = await app.Client.PostAsJsonAsync(Import, File([.. Enumerable.Range(0, 50).Select(i => Message($"{i}", role: "robot"))]));

        Assert.Equal(20, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateObject().Count());
    }

    [Fact]
    public async Task Import_TruncatedOrHuge_IsRefused()
    {
        await using var app = await TestApp.StartAsync();
        using var truncated = await app.Client.PostAsync(Import, new StringContent("""{"version":1,"messages":[{"id":"a",""", Encoding.UTF8, "application/json"));
        using var huge = await app.Client.PostAsJsonAsync(Import, File(Message("a", content: new string('x', 11 * 1024 * 1024))));
        using var large = await app.Client.PostAsJsonAsync(Import, File(Message("a", content: new string('x', 3 * 1024 * 1024))));

        Assert.Equal(HttpStatusCode.BadRequest, truncated.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, huge.StatusCode);
        Assert.Equal(HttpStatusCode.Created, large.StatusCode);
    }

    [Theory]
    [InlineData("../../etc/passwd", "chat-etc-passwd.md")]
    [InlineData("con", "chat-con.md")]
    [InlineData("", "chat.md")]
    [InlineData("a\r\nSet-Cookie: x=1", "chat-a-Set-Cookie-x-1.md")]
    [InlineData("Grüße, 世界 🎉!", "chat-Grüße-世界.md")]
    public void FileName_AnyTitle_IsSafe(string title, string expected) => Assert.Equal(expected, ConversationArchive.FileName(title, "md"));

    [Fact]
    public void FileName_LongTitle_IsShort() => Assert.InRange(ConversationArchive.FileName(new string('x', 500), "json").Length, 10, 70);
}
