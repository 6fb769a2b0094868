using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api;

/// <summary>Every row: what a caller may send, and the problem it gets. One app serves them all; nothing of it may leave a trace.</summary>
public sealed class BadInputTests(BadInputTests.App app) : IClassFixture<BadInputTests.App>
{
    private const string Ok = """{"messages":[{"role":"user","content":"hi"}]}""";

    public static TheoryData<string, HttpStatusCode, string> Bodies => new()
    {
        { "", HttpStatusCode.BadRequest, "invalid-json" },
        { "not json", HttpStatusCode.BadRequest, "invalid-json" },
        { """{"messages":[""", HttpStatusCode.BadRequest, "invalid-json" },
        { """{"messages":[],}""", HttpStatusCode.BadRequest, "invalid-json" },
        { """{/*c*/"messages":[]}""", HttpStatusCode.BadRequest, "invalid-json" },
        { """{"options":{"temperature":NaN}}""", HttpStatusCode.BadRequest, "invalid-json" },
        { new string('[', 40) + new string(']', 40), HttpStatusCode.BadRequest, "invalid-json" },
        { """{"messages":[{"role":"user","content":"\ud83d"}]}""", HttpStatusCode.BadRequest, "invalid-json" },
        { """{"model":"a","model":"b"}""", HttpStatusCode.BadRequest, "duplicate-property" },
        { "null", HttpStatusCode.BadRequest, "validation" },
        { "{}", HttpStatusCode.BadRequest, "validation" },
        { "[]", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":{}}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[null]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user"}]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"robot","content":"hi"}]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":7}]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":" \t\u200b\u2060"}]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"assistant","content":"no question"}]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":"hi"}],"format":"xml"}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":"hi"}],"onDisconnect":"later"}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":"hi"}],"model":"unknown"}""", HttpStatusCode.BadRequest, "unknown-model" },
        { """{"messages":[{"role":"user","content":"hi"}],"model":"down"}""", HttpStatusCode.Conflict, "provider-unavailable" },
        { """{"messages":[{"role":"user","content":"hi"}],"conversationId":"0"}""", HttpStatusCode.NotFound, "not-found" },
        { $$"""{"messages":[{"role":"user","content":"{{new string('x', 500_001)}}"}]}""", HttpStatusCode.BadRequest, "message-too-long" },
        { $$"""{"messages":[{"role":"user","content":"{{new string('x', 1_100_000)}}"}]}""", HttpStatusCode.RequestEntityTooLarge, "body-too-large" },
    };

    public static TheoryData<string> Options => ["\"temperature\":-1", "\"temperature\":3", "\"temperature\":\"1\"", "\"temperature\":1e309", "\"topP\":1.5", "\"maxTokens\":0",
        "\"maxTokens\":-1", "\"maxTokens\":9223372036854775808", "\"maxTokens\":1.5", "\"stop\":[\"\"]", "\"stop\":\"x\"", "\"reasoningEffort\":\"huge\"", "\"seed\":\"1\""];

    public static TheoryData<string?, string?, HttpStatusCode, string> Cursors => new()
    {
        { "abc", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:-1", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:1.5", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:1e3", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:0x10", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN: 5", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:5;6", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:+5", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "RUN:12345678901234567890", null, HttpStatusCode.BadRequest, "invalid-cursor" },
        { "other:1", null, HttpStatusCode.BadRequest, "cursor-mismatch" },
        { "RUN:999", null, HttpStatusCode.Conflict, "cursor-ahead" },
        { null, "-1", HttpStatusCode.BadRequest, "invalid-cursor" },
        { null, "", HttpStatusCode.BadRequest, "invalid-cursor" },
        { null, "%D9%A1", HttpStatusCode.BadRequest, "invalid-cursor" },
        { null, "1&after=2", HttpStatusCode.BadRequest, "invalid-cursor" },
        { null, "999", HttpStatusCode.Conflict, "cursor-ahead" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task BPost_Body_IsRefusedWithItsProblem(string body, HttpStatusCode status, string type) =>
        await AssertProblem(await PostAsync(body), status, type);

    [Theory]
    [MemberData(nameof(Options))]
    public async Task BPost_Option_IsRefused(string option) =>
        await AssertProblem(await PostAsync(Ok[..^1] + $",\"options\":{{{option}}}}}"), HttpStatusCode.BadRequest, "validation");

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData(null)]
    public async Task BPost_ContentType_Is415(string? type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Ok));
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        await AssertProblem(await app.Client.PostAsync("/api/chat/stream", content), HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Fact]
    public async Task BPost_ContentEncoding_Is415()
    {
        using var content = new StringContent(Ok, Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add("gzip");
        await AssertProblem(await app.Client.PostAsync("/api/chat/stream", content), HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
    }

    [Fact]
    public async Task BPost_InvalidUtf8_IsInvalidJson()
    {
        using var content = new ByteArrayContent([.. Encoding.UTF8.GetBytes("""{"messages":[{"role":"user","content":" """), 0xff, .. "\"}]}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await AssertProblem(await app.Client.PostAsync("/api/chat/stream", content), HttpStatusCode.BadRequest, "invalid-json");
    }

    [Fact]
    public async Task BPost_ChunkedBodyOverTheLimit_Is413()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = new StringContent(new string(' ', 2_000_000), Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        await AssertProblem(await app.Client.SendAsync(request), HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("LONG")]
    public async Task BPost_IdempotencyKey_IsRefused(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = new StringContent(Ok, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key == "LONG" ? new string('k', 129) : key);
        await AssertProblem(await app.Client.SendAsync(request), HttpStatusCode.BadRequest, "invalid-idempotency-key");
    }

    [Fact]
    public async Task BPost_UnknownProperties_AreIgnored()
    {
        var response = await PostAsync(Ok[..^1] + ""","id":"mine","seq":9,"createdAt":"now","model":null}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("mine", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/stream")]
    [InlineData("/api/stream?q=")]
    [InlineData("/api/stream?q=%20")]
    [InlineData("/api/stream?q=hi&format=xml")]
    public async Task BGet_StreamQuery_IsRefused(string url) => await AssertProblem(await app.Client.GetAsync(url), HttpStatusCode.BadRequest, "validation");

    [Theory]
    [InlineData("unknown")]
    [InlineData("%00")]
    [InlineData("..%2f..%2fetc")]
    [InlineData("\u0661\u0662")]
    public async Task BGet_RunId_Is404WithoutReflection(string id)
    {
        foreach (var url in new[] { $"/api/runs/{id}", $"/api/runs/{id}/events" })
        {
            var response = await app.Client.GetAsync(url);
            Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest);
            Assert.DoesNotContain(id, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Cursors))]
    public async Task BGet_Cursor_IsRefusedWithItsProblem(string? header, string? query, HttpStatusCode status, string type)
    {
        var run = await EndedRunAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/events{(query is null ? "" : $"?after={query}")}");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", header.Replace("RUN", run, StringComparison.Ordinal));
        }

        await AssertProblem(await app.Client.SendAsync(request), status, type);
    }

    [Fact]
    public async Task BGet_CursorsOfAnEndedRun_GetTheRestOr204()
    {
        var run = await EndedRunAsync();
        var all = await app.Client.GetStringAsync($"/api/runs/{run}/events");
        var seq = JsonElement.Parse(await app.Client.GetStringAsync($"/api/runs/{run}")).GetProperty("seq").GetInt64();

        Assert.EndsWith(await app.Client.GetStringAsync($"/api/runs/{run}/events?after={seq - 1}"), all, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await app.Client.GetAsync($"/api/runs/{run}/events?after={seq}")).StatusCode);
    }

    [Fact]
    public async Task BCancel_Rows_AnswerAsDocumented()
    {
        var run = await EndedRunAsync();
        var first = await app.Client.PostAsync($"/api/runs/{run}/cancel", new StringContent("garbage"));
        var body = JsonElement.Parse(await first.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("completed", body.GetProperty("state").GetString());
        Assert.True(body.GetProperty("alreadyEnded").GetBoolean());

        await AssertProblem(await app.Client.PostAsync("/api/runs/unknown/cancel", null), HttpStatusCode.NotFound, "not-found");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await app.Client.GetAsync($"/api/runs/{run}/cancel")).StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Purpose", "prefetch;prerender", false)]
    [InlineData("Purpose", "prefetch", false)]
    [InlineData("Sec-Fetch-Dest", "image", false)]
    [InlineData("Sec-Fetch-Dest", "iframe", false)]
    [InlineData("Sec-Fetch-Dest", "document", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Dest", "empty", true)]
    [InlineData("Origin", "OWN", true)]
    public async Task V16_RequestsThatOtherSitesMakeABrowserSend_AreRefused(string header, string value, bool allowed)
    {
        var run = await EndedRunAsync();
        foreach (var (method, url) in new[] { (HttpMethod.Get, "/api/stream?q=hi"), (HttpMethod.Post, $"/api/runs/{run}/cancel") })
        {
            using var request = new HttpRequestMessage(method, url);
            request.Headers.Add(header, value == "OWN" ? app.Client.BaseAddress!.GetLeftPart(UriPartial.Authority) : value);
            var response = await app.Client.SendAsync(request);
            Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    private static async Task AssertProblem(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonElement.Parse(text);
        Assert.EndsWith($":{type}", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("detail").GetString());
        Assert.Equal(type == "validation", problem.TryGetProperty("errors", out _));
    }

    private Task<HttpResponseMessage> PostAsync(string body) => app.Client.PostAsync("/api/chat/stream", new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task<string> EndedRunAsync()
    {
        var response = await PostAsync(Ok);
        await response.Content.ReadAsStringAsync();
        return response.Headers.GetValues("X-Run-Id").Single();
    }

    public sealed class App : IAsyncLifetime
    {
        private TestApp? _app;

        public HttpClient Client => _app!.Client;

        public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync(() =>
        {
            var model = new FakeChatClient();
            model.Say("hello");
            model.Finish();
            return model;
        });

        public ValueTask DisposeAsync() => _app!.DisposeAsync();
    }
}
