using System.Net;
using System.Net.WebSockets;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Security;

/// <summary>The page that asks for a key, the cookie it gives, and what that opens.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private readonly FakeTime _time = new();
    private readonly TestKeys _keys = new();
    private TestApp _app = null!;
    private HttpClient _client = null!;

    private string Origin => _client.BaseAddress!.GetLeftPart(UriPartial.Authority);

    public async ValueTask InitializeAsync()
    {
        _app = await TestApp.StartAsync(() =>
        {
            var model = new FakeChatClient();
            model.Say("hello");
            return model;
        }, _time, log: null, _keys.Configure);
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _app.Client.BaseAddress, Timeout = Eventually.Limit };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _keys.Dispose();
    }

    [Theory]
    [InlineData("/", "%2F")]
    [InlineData("/?model=guide/guide&q=hi", "%2F%3Fmodel%3Dguide%2Fguide%26q%3Dhi")]
    [InlineData("/demo.html", "%2Fdemo.html")]
    public async Task Get_PageWithoutAKey_LeadsToTheSignInAndBack(string page, string back)
    {
        using var answer = await _client.GetAsync(page);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"/sign-in?return={back}", answer.Headers.Location!.OriginalString);

        using var form = await _client.GetAsync(answer.Headers.Location);
        Assert.Equal("no-store", form.Headers.CacheControl!.ToString());
        using var entered = await EnterAsync(TestKeys.Ann, Uri.UnescapeDataString(back));
        Assert.Equal(HttpStatusCode.SeeOther, entered.StatusCode);
        Assert.Equal(page, entered.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("http://127.0.0.1", false)]
    [InlineData("https://127.0.0.1", true)]
    public async Task Enter_RightKey_GivesACookieThatScriptsAndOtherSitesCantUse(string scheme, bool secure)
    {
        using var answer = await EnterAsync($" {TestKeys.Ann}\n", "/", origin: $"{scheme}:{_client.BaseAddress!.Port}");
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();

        Assert.Contains("; httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("; samesite=strict", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/", cookie, StringComparison.Ordinal);
        Assert.Equal(secure, cookie.Contains("; secure", StringComparison.Ordinal));
        Assert.StartsWith(secure ? "__Host-chatapp-key=" : "chatapp-key=", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("domain", cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("Cookie", cookie.Split(';')[0]));
        Assert.DoesNotContain(TestKeys.Ann, cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("ann", cookie.Split(';')[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\nevil")]
    [InlineData("/?q=\u00E9")]
    [InlineData("/a b")]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    [InlineData("")]
    public async Task Enter_ReturnToElsewhere_LeadsToTheChat(string back)
    {
        using var answer = await EnterAsync(TestKeys.Ann, back);
        Assert.Equal("/", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Enter_WrongKey_AsksAgainAndLimitsTheAttempts()
    {
        for (var i = 0; i < 10; i++)
        {
            using var wrong = await EnterAsync("chatapp-wrong", "/?q=\"><script>");
            var page = await wrong.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            Assert.False(wrong.Headers.Contains("Set-Cookie"));
            Assert.Contains("not known", page, StringComparison.Ordinal);
            Assert.DoesNotContain("\"><script>", page, StringComparison.Ordinal);
            Assert.DoesNotContain("chatapp-wrong", page, StringComparison.Ordinal);
        }

        using var limited = await EnterAsync("chatapp-wrong", "/");
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        Assert.InRange(limited.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 6);

        // Whoever has a key has the same address behind a proxy, and comes in as often as ever.
        for (var i = 0; i < 20; i++)
        {
            using var right = await EnterAsync(TestKeys.Ann, "/");
            Assert.Equal(HttpStatusCode.SeeOther, right.StatusCode);
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task V16_FormFromAnotherSite_SignsNobodyInOrOut(string header, string value)
    {
        foreach (var path in new[] { "/sign-in", "/sign-out" })
        {
            using var content = new FormUrlEncodedContent([new("key", TestKeys.Ann)]);
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Headers = { { header, value } } };
            using var answer = await _client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Set-Cookie"));
        }
    }

    [Fact]
    public async Task Show_ReturnThatIsNoAscii_LeadsToTheChat()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in?return=%2F%C3%A9") { Headers = { { "Cookie", await CookieAsync() } } };
        using var answer = await _client.SendAsync(request);
        Assert.Equal("/", answer.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/api/health")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Head_OpenRoute_IsAnsweredAsGetIs(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Cookie_OverHttps_CountsByItsHostNameAlone()
    {
        await using var app = await TestApp.StartAsync(settings: [.. TestKeys.Settings, ("ForwardedHeaders_Enabled", "true")]);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = app.Client.BaseAddress, Timeout = Eventually.Limit };
        var secure = $"https://{client.BaseAddress!.Authority}";
        using var entered = await SendAsync("/sign-in", secure, null);
        var cookie = entered.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
        Assert.Equal("/sign-in", await LocationAsync(cookie["__Host-".Length..]));
        Assert.Equal("", await LocationAsync(cookie));

        // A page of plain http is another one.
        using var plain = await SendAsync("/sign-in", $"http://{client.BaseAddress!.Authority}", null);
        Assert.Equal(HttpStatusCode.Forbidden, plain.StatusCode);

        using var left = await SendAsync("/sign-out", secure, cookie);
        var gone = left.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-chatapp-key=;", gone, StringComparison.Ordinal);
        Assert.Contains("max-age=0", gone, StringComparison.Ordinal);

        async Task<string> LocationAsync(string sent)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Cookie", sent }, { "X-Forwarded-Proto", "https" } } };
            using var answer = await client.SendAsync(request);
            return answer.Headers.Location?.OriginalString.Split('?')[0] ?? "";
        }

        async Task<HttpResponseMessage> SendAsync(string path, string origin, string? sent)
        {
            using var content = new FormUrlEncodedContent([new("key", TestKeys.Ann)]);
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Headers = { { "Origin", origin }, { "X-Forwarded-Proto", "https" } } };
            if (sent is not null)
            {
                request.Headers.Add("Cookie", sent);
            }

            return await client.SendAsync(request);
        }
    }

    [Fact]
    public async Task Cookie_PastItsTime_OpensNothing()
    {
        var protector = _app.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("ChatApp.Security.KeyTicket").ToTimeLimitedDataProtector();
        var keys = _app.Services.GetRequiredService<KeyRing>();
        var ticket = $"ann\n{keys.FingerprintOf(keys.Find(TestKeys.Ann)!)}";
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("Cookie", $"chatapp-key={protector.Protect(ticket, TimeSpan.FromDays(1))}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("Cookie", $"chatapp-key={protector.Protect(ticket, TimeSpan.FromDays(-1))}"));
    }

    [Fact]
    public async Task Leave_CookiesOfBothNames_TakesBothBack()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-out") { Headers = { { "Cookie", "chatapp-key=a; __Host-chatapp-key=b" }, { "Origin", Origin } } };
        using var answer = await _client.SendAsync(request);
        var gone = answer.Headers.GetValues("Set-Cookie").ToList();
        Assert.Equal(2, gone.Count);
        Assert.Contains("; secure", Assert.Single(gone, cookie => cookie.StartsWith("__Host-", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", "{}")]
    [InlineData("multipart/form-data; boundary=x", "garbage")]
    [InlineData("application/x-www-form-urlencoded", "LONG")]
    public async Task Enter_BodyThatIsNoForm_IsRefused(string type, string body)
    {
        using var content = new StringContent(body == "LONG" ? new string('k', 100_000) : body);
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
        using var answer = await _client.PostAsync("/sign-in", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Cookie_OnAChange_NeedsOurOwnOrigin()
    {
        var cookie = await CookieAsync();
        var run = await StartAsync(cookie);
        Assert.Equal(HttpStatusCode.Forbidden, await CancelAsync(null));
        Assert.Equal(HttpStatusCode.Forbidden, await CancelAsync("https://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await CancelAsync("null"));
        Assert.Equal(HttpStatusCode.OK, await CancelAsync(Origin));

        async Task<HttpStatusCode> CancelAsync(string? origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/runs/{run}/cancel") { Headers = { { "Cookie", cookie } } };
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            using var answer = await _client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Show_SignedIn_GoesOnAndFromAnotherSiteAsksAgainByItself()
    {
        var cookie = await CookieAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in?return=%2F%3Fq%3Dhi") { Headers = { { "Cookie", cookie } } };
        using var answer = await _client.SendAsync(request);
        Assert.Equal("/?q=hi", answer.Headers.Location!.OriginalString);

        using var link = new HttpRequestMessage(HttpMethod.Get, "/sign-in?return=%2F%3Fq%3Dhi") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        using var held = await _client.SendAsync(link);
        Assert.Equal("0; url=/sign-in?return=%2F%3Fq%3Dhi", held.Headers.GetValues("Refresh").Single());
    }

    [Fact]
    public async Task Leave_SignedIn_TakesTheCookieBack()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-out") { Headers = { { "Cookie", await CookieAsync() }, { "Origin", Origin } } };
        using var answer = await _client.SendAsync(request);
        Assert.Equal("/sign-in", answer.Headers.Location!.OriginalString);
        Assert.Contains("max-age=0", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task V10_KeyTakenOut_EndsStreamsCircuitsAndSignIns()
    {
        var cookie = await CookieAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stream?q=hi") { Headers = { { "Cookie", cookie } } };
        using var stream = new SseClient(await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        await stream.NextAsync();
        using var circuit = await ConnectAsync(cookie);
        using var others = await ConnectAsync(await CookieAsync(TestKeys.Ben));

        _keys.Keep(_app, ("ben", TestKeys.Ben));

        await stream.AllAsync();
        // Long before the 5 s in which it must be over.
        var ended = EndOfAsync(circuit);
        await Eventually.Holds(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return ended.IsCompleted;
            },
            "the circuit's end");
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("Cookie", cookie));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("x-api-key", TestKeys.Ann));
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("x-api-key", TestKeys.Ben));
        Assert.Equal(WebSocketState.Open, others.State);

        // Another key of the same name does not bring the sign-in back.
        _keys.Keep(_app, ("ann", Convert.ToHexString(Guid.NewGuid().ToByteArray())), ("ben", TestKeys.Ben));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("Cookie", cookie));
    }

    [Theory]
    [InlineData("""{"ChatApp":{"ApiKeys":[{"Name":"ann","Hash":"short"}]}}""")]
    [InlineData("""{"ChatApp":{"ApiKeys":""")]
    public async Task BCfg_ReloadWithAnInvalidChange_KeepsTheKeys(string text)
    {
        _keys.Write(_app, text);
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("x-api-key", TestKeys.Ann));
    }

    [Fact]
    public async Task Reload_LastKeyTakenOut_ClosesTheDoorForAll()
    {
        _keys.Keep(_app);
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("x-api-key", TestKeys.Ann));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("x-nothing", "x"));

        _keys.Keep(_app, ("new", TestKeys.Ben));
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync("x-api-key", TestKeys.Ben));
    }

    // The end of a connection is only seen by reading.
    private static async Task EndOfAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        try
        {
            while ((await socket.ReceiveAsync(new byte[1024], limit.Token)).MessageType != WebSocketMessageType.Close)
            {
                // What the server says meanwhile is not the question.
            }
        }
        catch (WebSocketException)
        {
            // Cut, without a goodbye.
        }
    }

    private async Task<ClientWebSocket> ConnectAsync(string cookie)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        socket.Options.SetRequestHeader("Origin", Origin);
        using var limit = new CancellationTokenSource(Eventually.Limit);
        await socket.ConnectAsync(new Uri($"ws://{_client.BaseAddress!.Authority}/_blazor"), limit.Token);
        // Without the protocol's greeting the server ends the connection by itself.
        await socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        return socket;
    }

    private async Task<string> CookieAsync(string? key = null)
    {
        using var answer = await EnterAsync(key ?? TestKeys.Ann, "/");
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private async Task<HttpResponseMessage> EnterAsync(string key, string back, string? origin = null)
    {
        using var content = new FormUrlEncodedContent([new("key", key), new("return", back)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in") { Content = content, Headers = { { "Origin", origin ?? Origin } } };
        return await _client.SendAsync(request);
    }

    private async Task<string> StartAsync(string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stream?q=hi") { Headers = { { "Cookie", cookie } } };
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.Headers.GetValues("X-Run-Id").Single();
    }

    private async Task<HttpStatusCode> GetAsync(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs/none") { Headers = { { header, value } } };
        using var answer = await _client.SendAsync(request);
        return answer.StatusCode;
    }
}
