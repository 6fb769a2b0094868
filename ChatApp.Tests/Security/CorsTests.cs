using System.Net;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Security;

public sealed class CorsTests(CorsTests.App app) : IClassFixture<CorsTests.App>
{
    private const string Allowed = "https://app.example";

    [Theory]
    [InlineData("*", "must not hold *")]
    [InlineData("https://*.example", "must not hold *")]
    [InlineData("https://app.example/", "must be an origin")]
    [InlineData("https://app.example/path", "must be an origin")]
    [InlineData("https://me@app.example", "must be an origin")]
    [InlineData("app.example", "must be an origin")]
    [InlineData("null", "must be an origin")]
    [InlineData("file:///tmp", "must be an origin")]
    [InlineData("", "must be an origin")]
    public void BCfg_OriginThatCantBe_IsNamed(string origin, string problem)
    {
        var failure = Assert.Single(new CorsSettingsValidator().Validate(null, new CorsSettings { Origins = { Allowed, origin } }).Failures!);
        Assert.StartsWith("ChatApp:Cors:Origins:1 " + problem, failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preflight_OfAnAllowedOrigin_NeedsNoKey()
    {
        using var answer = await SendAsync(HttpMethod.Options, "/api/chat/stream", Allowed, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,x-api-key"));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(Allowed, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal("true", answer.Headers.GetValues("Access-Control-Allow-Credentials").Single());

        using var foreign = await SendAsync(HttpMethod.Options, "/api/chat/stream", "https://evil.example", ("Access-Control-Request-Method", "POST"));
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData(Allowed, "cross-site", true)]
    [InlineData(Allowed, "same-site", true)]
    [InlineData("https://app.example:444", "cross-site", false)]
    [InlineData("http://app.example", "cross-site", false)]
    [InlineData("https://evil.example", "cross-site", false)]
    [InlineData("https://app.example.evil.example", "cross-site", false)]
    public async Task V16_Stream_IsStartedByAllowedOriginsOnly(string origin, string site, bool allowed)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/api/stream?q=hi&model=scripted/tokens=2", origin, ("Sec-Fetch-Site", site), ("x-api-key", TestKeys.Ann));
        Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
        if (allowed)
        {
            Assert.Equal("X-Run-Id,X-Conversation-Id,X-Message-Id,Retry-After,Idempotent-Replay", answer.Headers.GetValues("Access-Control-Expose-Headers").Single());
        }
    }

    [Fact]
    public async Task Refusal_ToAnAllowedOrigin_CanBeReadThere()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/api/runs/x", Allowed);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(Allowed, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Page_ToAnAllowedOrigin_IsNotShared()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/", Allowed, ("x-api-key", TestKeys.Ann));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    public async Task V16_FormOfAnAllowedOrigin_SignsNobodyInOrOut(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent([new("key", TestKeys.Ann)]), Headers = { { "Origin", Allowed } } };
        using var answer = await app.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Preflight_WithoutOrigins_GetsNothing()
    {
        await using var closed = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/chat/stream") { Headers = { { "Origin", Allowed }, { "Access-Control-Request-Method", "POST" } } };
        using var answer = await closed.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.Ordinal));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string origin, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Headers = { { "Origin", origin } } };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return app.Client.SendAsync(request);
    }

    public sealed class App : IAsyncLifetime
    {
        private TestApp? _app;

        public HttpClient Client => _app!.Client;

        public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync(settings: [.. TestKeys.Settings, ("ChatApp:Cors:Origins:0", Allowed)]);

        public ValueTask DisposeAsync() => _app!.DisposeAsync();
    }
}
