using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

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
        { """{"messages":[{"role":"user","content":"hi"}],"tools":true}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":"hi"}],"tools":["no such tool"]}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":"hi"}],"parentMessageId":"m1"}""", HttpStatusCode.BadRequest, "validation" },
        { """{"messages":[{"role":"user","content":"hi"}],"parentMessageId":7}""", HttpStatusCode.BadRequest, "validation" },
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
    public async Task BPost_OtherEncodings_AreInvalidJson()
    {
        foreach (var encoding in new Encoding[] { new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), new UnicodeEncoding(), new UTF32Encoding() })
        {
            using var content = new ByteArrayContent([.. encoding.GetPreamble(), .. encoding.GetBytes(Ok)]);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            await AssertProblem(await app.Client.PostAsync("/api/chat/stream", content), HttpStatusCode.BadRequest, "invalid-json");
        }
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("*/*", true)]
    [InlineData("text/*", true)]
    [InlineData("text/event-stream", true)]
    [InlineData("text/event-stream; charset=utf-8", true)]
    [InlineData("application/json, text/plain, */*", true)]
    [InlineData("made up", true)]
    [InlineData("application/json", false)]
    [InlineData("text/plain", false)]
    [InlineData("text/event-stream;q=0, */*", false)]
    [InlineData("*/*;q=0", false)]
    public async Task BGetBPost_Accept_ThatRulesOutTheType_Is406(string? accept, bool allowed)
    {
        var run = await EndedRunAsync();
        foreach (var (method, url) in new[] { (HttpMethod.Post, "/api/chat/stream"), (HttpMethod.Get, "/api/stream?q=hi"), (HttpMethod.Get, $"/api/runs/{run}/events") })
        {
            using var request = new HttpRequestMessage(method, url);
            request.Content = method == HttpMethod.Post ? new StringContent(Ok, Encoding.UTF8, "application/json") : null;
            if (accept is not null)
            {
                request.Headers.TryAddWithoutValidation("Accept", accept);
            }

            var response = await app.Client.SendAsync(request);
            if (allowed)
            {
                Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            }
            else
            {
                await AssertProblem(response, HttpStatusCode.NotAcceptable, "not-acceptable");
                Assert.False(response.Headers.Contains("X-Run-Id"));
            }
        }
    }

    [Fact]
    public async Task BPost_IdempotencyKeyTwice_IsRefused()
    {
        using var connection = await RawConnection.OpenAsync(app.Client.BaseAddress!);
        await connection.SendAsync(
            $"POST /api/chat/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Type: application/json\r\nContent-Length: {Ok.Length}\r\n\r\n{Ok}");
        await ReadToEndAsync(connection);
        Assert.StartsWith("HTTP/1.1 400 ", connection.ReceivedText, StringComparison.Ordinal);
        Assert.Contains("invalid-idempotency-key", connection.ReceivedText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BPost_ClientClosesDuringTheUpload_NothingIsAsked()
    {
        var model = new FakeChatClient();
        await using var own = await TestApp.StartAsync(model);
        using (var connection = await RawConnection.OpenAsync(own.Client.BaseAddress!))
        {
            await connection.SendAsync($"POST /api/chat/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Ok.Length}\r\n\r\n{Ok[..^1]}");
            connection.CloseSending();
            await ReadToEndAsync(connection);
            Assert.DoesNotContain("X-Run-Id", connection.ReceivedText, StringComparison.Ordinal);
        }

        Assert.Equal(0, model.Calls);
    }

    [Theory]
    [InlineData("PUT", "/api/chat/stream", "POST")]
    [InlineData("GET", "/api/chat/stream?message=hi", "POST")]
    [InlineData("DELETE", "/api/runs/RUN/cancel", "POST")]
    [InlineData("GET", "/api/runs/RUN/cancel", "POST")]
    [InlineData("POST", "/api/stream", "GET")]
    [InlineData("POST", "/api/ws", "GET")]
    [InlineData("POST", "/api/runs/RUN/events", "GET, HEAD")]
    [InlineData("DELETE", "/api/runs/RUN", "GET, HEAD")]
    public async Task WrongMethod_Is405AndNamesTheRightOne(string method, string url, string allow)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url.Replace("RUN", await EndedRunAsync(), StringComparison.Ordinal));
        var response = await app.Client.SendAsync(request);
        await AssertProblem(response, HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(allow, string.Join(", ", response.Content.Headers.Allow));
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
    [InlineData("/api/stream?q=hi&format=sse&format=sse")]
    [InlineData("/api/stream?q=hi&q=ho")]
    [InlineData("/api/stream?q=hi&model=a&model=b")]
    [InlineData("/api/stream?q=hi&session=a&session=b")]
    [InlineData("/api/stream?q=hi&system=a&system=b")]
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

    [Fact]
    public async Task BGet_LongRunId_Is404WithoutReflection()
    {
        var id = new string('a', 7000);
        foreach (var (method, url) in new[] { (HttpMethod.Get, $"/api/runs/{id}"), (HttpMethod.Get, $"/api/runs/{id}/events"), (HttpMethod.Post, $"/api/runs/{id}/cancel") })
        {
            using var request = new HttpRequestMessage(method, url);
            var response = await app.Client.SendAsync(request);
            Assert.DoesNotContain(id, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await AssertProblem(response, HttpStatusCode.NotFound, "not-found");
        }
    }

    [Fact]
    public async Task BGet_Head_SaysWhetherThereIsSomethingWithoutReadingIt()
    {
        var run = await EndedRunAsync();
        foreach (var (url, status) in new[]
        {
            ($"/api/runs/{run}/events", HttpStatusCode.OK),
            ($"/api/runs/{run}", HttpStatusCode.OK),
            ($"/api/runs/{run}/events?after=x", HttpStatusCode.BadRequest),
            ("/api/runs/unknown/events", HttpStatusCode.NotFound),
            ("/api/runs/unknown", HttpStatusCode.NotFound),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, url);
            var response = await app.Client.SendAsync(request);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal("", await response.Content.ReadAsStringAsync());
            Assert.Equal(status == HttpStatusCode.OK, response.Headers.Contains("X-Run-Id"));
        }
    }

    [Fact]
    public async Task BGet_HeadOfALiveRun_EndsAtOnceAndIsNoReader()
    {
        var model = new FakeChatClient();
        await using var own = await TestApp.StartAsync(model);
        using var stream = await SseClient.GetAsync(own.Client, "/api/stream?q=hi");
        var id = stream.Response.Headers.GetValues("X-Run-Id").Single();
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/api/runs/{id}/events");
        using var head = await own.Client.SendAsync(request);

        Assert.Equal("text/event-stream", head.Content.Headers.ContentType!.MediaType);
        var host = own.Services.GetRequiredService<RunHost>();
        Assert.Equal(1, host.ReadersOf(host.FindOwn(id, Caller.Local)!));
    }

    [Fact]
    public async Task BGet_HeadersThatAskForLess_AreIgnored()
    {
        var run = await EndedRunAsync();
        var all = await app.Client.GetStringAsync($"/api/runs/{run}/events");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/events?message=hi");
        request.Headers.Add("Range", "bytes=0-9");
        request.Headers.Add("Accept-Encoding", "gzip, br");
        var response = await app.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(all, await response.Content.ReadAsStringAsync());
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.True(response.Headers.CacheControl is { NoCache: true, NoTransform: true });
    }

    [Fact]
    public async Task BGet_HeaderAndQueryThatDiffer_TheHeaderWins()
    {
        var run = await EndedRunAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/events?after=1");
        request.Headers.Add("Last-Event-ID", $"{run}:2");
        var text = await (await app.Client.SendAsync(request)).Content.ReadAsStringAsync();
        Assert.StartsWith($"id: {run}:3\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/stream?q=hi")]
    [InlineData("/api/runs/RUN/events")]
    public async Task BGet_LastEventIdTwice_IsRefused(string url)
    {
        var run = await EndedRunAsync();
        using var connection = await RawConnection.OpenAsync(app.Client.BaseAddress!);
        await connection.SendAsync(
            $"GET {url.Replace("RUN", run, StringComparison.Ordinal)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nLast-Event-ID: {run}:1\r\nLast-Event-ID: {run}:2\r\n\r\n");
        await ReadToEndAsync(connection);
        Assert.StartsWith("HTTP/1.1 400 ", connection.ReceivedText, StringComparison.Ordinal);
        Assert.Contains(":invalid-cursor", connection.ReceivedText, StringComparison.Ordinal);
    }

    // What nginx speaks to its upstreams unless told otherwise.
    [Fact]
    public async Task BGet_Http10_IsStreamedAndClosedAtTheEnd()
    {
        var model = new FakeChatClient();
        await using var own = await TestApp.StartAsync(model);
        using var connection = await RawConnection.OpenAsync(own.Client.BaseAddress!);
        await connection.SendAsync("GET /api/stream?q=hi HTTP/1.0\r\nHost: localhost\r\n\r\n");
        while (!connection.ReceivedText.Contains("\"type\":\"connected\"", StringComparison.Ordinal))
        {
            Assert.True(await connection.ReadAsync());
        }

        model.Say("hello");
        model.Finish();
        await ReadToEndAsync(connection);
        Assert.DoesNotContain("chunked", connection.ReceivedText, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\"content\":\"hello\"", connection.ReceivedText, StringComparison.Ordinal);
        Assert.Contains("\"type\":\"complete\"", connection.ReceivedText.Split("\n\n")[^2], StringComparison.Ordinal);
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
    [InlineData(4096, false, HttpStatusCode.OK)]
    [InlineData(4096, true, HttpStatusCode.OK)]
    [InlineData(4097, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(4097, true, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(2_000_000, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task BCancel_Body_IsIgnoredUpTo4Kilobytes(int length, bool chunked, HttpStatusCode status)
    {
        var run = await EndedRunAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/runs/{run}/cancel") { Content = new StringContent(new string('{', length), Encoding.UTF8, "text/nonsense") };
        request.Headers.TransferEncodingChunked = chunked;
        var response = await app.Client.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        if (status != HttpStatusCode.OK)
        {
            await AssertProblem(response, status, "body-too-large");
        }
    }

    [Fact]
    public async Task BCancel_AHundredInParallel_AllGetTheSameEnd()
    {
        var model = new FakeChatClient();
        await using var own = await TestApp.StartAsync(model);
        using var stream = await SseClient.GetAsync(own.Client, "/api/stream?q=hi");
        var url = $"/api/runs/{stream.Response.Headers.GetValues("X-Run-Id").Single()}/cancel";
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var response = await own.Client.PostAsync(url, null);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return JsonElement.Parse(await response.Content.ReadAsStringAsync());
        }));

        var last = (await stream.AllAsync())[^1];
        Assert.All(answers, answer => Assert.Equal(("cancelled", last.Seq), (answer.GetProperty("state").GetString(), answer.GetProperty("seq").GetInt64())));
        Assert.Equal(99, answers.Count(answer => answer.TryGetProperty("alreadyEnded", out _)));
        await model.Closed.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task BCancel_SomebodyElsesRun_IsNotFoundAndGoesOn()
    {
        await using var own = await TestApp.StartAsync(new FakeChatClient());
        var run = own.Services.GetRequiredService<RunHost>().Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")], Caller = new Caller("other", "other") }).Run;
        await AssertProblem(await own.Client.PostAsync($"/api/runs/{run.Id}/cancel", null), HttpStatusCode.NotFound, "not-found");
        await AssertProblem(await own.Client.GetAsync($"/api/runs/{run.Id}/events"), HttpStatusCode.NotFound, "not-found");
        Assert.False(run.IsEnded);
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

    private static async Task ReadToEndAsync(RawConnection connection)
    {
        while (await connection.ReadAsync())
        {
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
