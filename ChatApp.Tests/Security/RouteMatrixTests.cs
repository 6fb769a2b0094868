using System.Net;
using System.Net.Http.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Security;

/// <summary>
/// Every route the app has, asked with every kind of credential. A route without a row fails: whoever adds one says here who may come in.
/// </summary>
public sealed class RouteMatrixTests(RouteMatrixTests.App app) : IClassFixture<RouteMatrixTests.App>
{
    private const string OneOfAnn = "{id}";

    /// <summary>What answers to whom.</summary>
    public enum Access
    {
        /// <summary>Anybody.</summary>
        Open,

        /// <summary>Whoever has a key; others get 401, or a page that asks for one.</summary>
        Key,

        /// <summary>The key that made it; another's gets 404.</summary>
        Owner,
    }

    /// <summary>Method, route and access; the body where one is needed to get as far as a 404.</summary>
    private static readonly (string Method, string Route, Access Access, object? Body)[] Rows =
    [
        ("GET", "/api/health", Access.Open, null),
        ("GET", "/health/live", Access.Open, null),
        ("GET", "/health/ready", Access.Open, null),
        ("GET", "/sign-in", Access.Open, null),
        ("POST", "/sign-in", Access.Open, null),
        ("POST", "/sign-out", Access.Open, null),
        ("GET", "/api/stream", Access.Key, null),
        ("POST", "/api/chat/stream", Access.Key, null),
        ("GET", "/api/runs/{id}", Access.Owner, null),
        ("GET", "/api/runs/{id}/events", Access.Owner, null),
        ("POST", "/api/runs/{id}/cancel", Access.Owner, null),
        ("POST", "/api/runs/{id}/approvals/{approvalId}", Access.Owner, null),
        ("GET", "/api/conversations", Access.Key, null),
        ("POST", "/api/conversations", Access.Key, null),
        ("POST", "/api/conversations/import", Access.Key, null),
        ("GET", "/api/conversations/{id}", Access.Owner, null),
        ("PATCH", "/api/conversations/{id}", Access.Owner, new { title = "Ours" }),
        ("GET", "/api/conversations/{id}/export", Access.Owner, null),
        ("POST", "/api/conversations/{id}/restore", Access.Owner, null),
        // Asked for one that is not there: the others are asked for it again. ConversationTests deletes another's.
        ("DELETE", "/api/conversations/{id}", Access.Key, null),
        ("GET", "/api/tools", Access.Key, null),
        ("GET", "/api/ws", Access.Key, null),
        ("GET", "/api/metrics", Access.Key, null),
        ("GET", "/metrics", Access.Key, null),
        ("GET", "/openapi/{documentName}.json", Access.Key, null),
        ("POST", "/v1/chat/completions", Access.Key, null),
        ("GET", "/v1/models", Access.Key, null),
        ("GET", "/v1/models/{**id}", Access.Key, null),
        ("POST", "/v1/responses", Access.Key, null),
        ("GET", "/v1/responses/{id}", Access.Owner, null),
        ("POST", "/v1/responses/{id}/cancel", Access.Owner, null),
        ("POST", "/api/ai-sdk/chat", Access.Key, null),
        ("GET", "/api/ai-sdk/chat/{id}/stream", Access.Key, null),
        ("POST", "/api/ag-ui", Access.Key, null),
        ("POST", "/api/{**path}", Access.Key, null),
        ("POST", "/v1/{**path}", Access.Key, null),
        ("GET", "/", Access.Key, null),
        ("POST", "/", Access.Key, null),
        ("GET", "/c/{Id}", Access.Key, null),
        ("POST", "/c/{Id}", Access.Key, null),
        ("GET", "/not-found", Access.Key, null),
        ("POST", "/not-found", Access.Key, null),
        ("POST", "/_blazor/negotiate", Access.Key, null),
        ("GET", "/_blazor", Access.Key, null),
        ("POST", "/_blazor/disconnect", Access.Key, null),
        ("POST", "/_blazor/initializers", Access.Key, null),
        ("GET", "/_framework/opaque-redirect", Access.Key, null),
        ("GET", "/{**path:file}", Access.Key, null),
        ("GET", "/{asset}", Access.Key, null),
        ("GET", "/{open asset}", Access.Open, null),
    ];

    private static readonly string[] OpenAssets = ["app.css", "sign-in.css", "preferences.js", "favicon.svg"];

    public static TheoryData<string, string, Access, bool> AllRows => [.. Rows.Where(row => !row.Route.Contains("asset}", StringComparison.Ordinal))
        .Select(row => new TheoryDataRow<string, string, Access, bool>(row.Method, row.Route, row.Access, row.Body is not null))];

    [Fact]
    public void V09_EveryRoute_HasARow()
    {
        var unlisted = from endpoint in app.Endpoints
                       from method in MethodsOf(endpoint)
                       let route = RouteOf(endpoint)
                       where !Rows.Any(row => row.Method == method && row.Route == route)
                       select $"{method} {route}";
        Assert.True(!unlisted.Any(), string.Join("\n", unlisted.Distinct()));

        var real = app.Endpoints.SelectMany(endpoint => MethodsOf(endpoint).Select(method => $"{method} {RouteOf(endpoint)}")).ToHashSet();
        Assert.All(Rows, row => Assert.Contains($"{row.Method} {row.Route}", real));
    }

    [Theory]
    [MemberData(nameof(AllRows))]
    public async Task V09_EveryRoute_AnswersToEveryCredentialAlike(string method, string route, Access access, bool hasBody)
    {
        // Without its key: nothing, whatever the key is wrong in.
        foreach (var (header, value) in new[] { ("", ""), ("Authorization", "Bearer wrong"), ("x-api-key", "wrong"), ("api-key", TestKeys.Ann), ("Cookie", "chatapp-key=wrong"), ("Authorization", $"Basic {TestKeys.Ann}"), ("Authorization", "Bearer") })
        {
            using var answer = await SendAsync(header, value);
            var isRedirect = answer.StatusCode == HttpStatusCode.Redirect && answer.Headers.Location!.OriginalString.StartsWith("/sign-in?return=", StringComparison.Ordinal);
            var isRefused = answer.StatusCode == HttpStatusCode.Unauthorized || isRedirect;
            Assert.True(isRefused == (access != Access.Open), $"{method} {route} with {header} {value}: {(int)answer.StatusCode}");
            if (isRefused && !isRedirect)
            {
                Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
                Assert.Contains(route.StartsWith("/v1", StringComparison.Ordinal) ? "invalid_api_key" : "urn:chatapp:problem:unauthenticated", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        using var query = await SendAsync("", "", $"?key={TestKeys.Ann}&api_key={TestKeys.Ann}&access_token={TestKeys.Ann}");
        Assert.True(access == Access.Open || query.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Redirect, "A key in the address opens nothing");

        // With it: the same, however it comes.
        var cookie = await app.SignInAsync(TestKeys.Ann);
        using var bearer = await SendAsync("Authorization", $"Bearer {TestKeys.Ann}");
        using var apiKey = await SendAsync("x-api-key", TestKeys.Ann);
        using var signedIn = await SendAsync("Cookie", cookie);
        Assert.True(access == Access.Open || bearer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Redirect or HttpStatusCode.Forbidden), $"{(int)bearer.StatusCode}");
        Assert.Equal(bearer.StatusCode, apiKey.StatusCode);
        Assert.True(route == "/sign-in" || bearer.StatusCode == signedIn.StatusCode, $"{(int)bearer.StatusCode} and {(int)signedIn.StatusCode}");

        // Two that differ, in any pair: neither.
        if (access != Access.Open)
        {
            foreach (var second in new[] { ("x-api-key", TestKeys.Ben), ("Cookie", await app.SignInAsync(TestKeys.Ben)), ("x-api-key", "wrong") })
            {
                using var both = await SendAsync("Authorization", $"Bearer {TestKeys.Ann}", second: second);
                Assert.Equal(HttpStatusCode.BadRequest, both.StatusCode);
                Assert.Contains("conflicting", await both.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }

        // Another's key: as if it were not there, to the byte but for the trace.
        if (access == Access.Owner)
        {
            Assert.NotEqual(HttpStatusCode.NotFound, bearer.StatusCode);
            using var other = await SendAsync("Authorization", $"Bearer {TestKeys.Ben}");
            using var unknown = await SendAsync("Authorization", $"Bearer {TestKeys.Ben}", id: "0197f0c2a3f07d4e8a6b5c4d3e2f1a0b");
            Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
            Assert.Equal(await TextAsync(unknown), await TextAsync(other));
            Assert.Equal(HeadersOf(unknown), HeadersOf(other));
        }

        Task<HttpResponseMessage> SendAsync(string header, string value, string suffix = "", (string Header, string Value) second = default, string? id = null)
        {
            var request = new HttpRequestMessage(new HttpMethod(method), route.Replace(OneOfAnn, id ?? OneFor(), StringComparison.Ordinal) + suffix);
            request.Headers.Add("Origin", app.Origin);
            foreach (var (name, content) in new[] { (header, value), second }.Where(pair => !string.IsNullOrEmpty(pair.Item1)))
            {
                request.Headers.TryAddWithoutValidation(name, content);
            }

            if (method is "POST" or "PATCH")
            {
                request.Content = hasBody ? JsonContent.Create(Rows.First(row => row.Route == route && row.Method == method).Body) : new ByteArrayContent([]);
            }

            return app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }

        string OneFor() => method == "DELETE" ? "0197f0c2a3f07d4e8a6b5c4d3e2f1a0b"
            : route.StartsWith("/v1", StringComparison.Ordinal) ? app.ResponseId
            : route.StartsWith("/api/conversations", StringComparison.Ordinal) ? app.ConversationId
            : app.Id;
    }

    [Fact]
    public async Task V09_EveryAsset_IsOpenOnlyWhereTheSignInPageNeedsIt()
    {
        var assets = app.Endpoints.Where(endpoint => RouteOf(endpoint).Contains("asset}", StringComparison.Ordinal)).Select(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct().ToList();
        Assert.True(assets.Count > 10);
        foreach (var asset in assets)
        {
            using var answer = await app.Client.GetAsync($"/{asset}");
            Assert.Equal(OpenAssets.Contains(asset, StringComparer.Ordinal) ? HttpStatusCode.OK : asset.EndsWith(".html", StringComparison.Ordinal) ? HttpStatusCode.Redirect : HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("/v1/models", "invalid_api_key")]
    [InlineData("/api/nothing", "unauthenticated")]
    public async Task Get_UnknownAddressWithoutAKey_TellsNothing(string path, string code)
    {
        using var answer = await app.Client.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains(code, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(HttpResponseMessage answer) => string.Join(',', (await answer.Content.ReadAsStringAsync()).Split(',').Where(part => !part.Contains("traceId", StringComparison.Ordinal)));

    private static string HeadersOf(HttpResponseMessage answer) => string.Join('\n', answer.Headers.Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(',', header.Value)}"));

    private static IEnumerable<string> MethodsOf(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? (endpoint.RoutePattern.RawText!.EndsWith("_blazor", StringComparison.Ordinal) ? ["GET"] : ["POST"])).Where(method => method is not ("HEAD" or "OPTIONS" or "CONNECT"));

    private static string RouteOf(RouteEndpoint endpoint)
    {
        var route = "/" + endpoint.RoutePattern.RawText!.Trim('/');
        return !endpoint.Metadata.Any(item => item.GetType().Name == "StaticAssetDescriptor") ? route : OpenAssets.Contains(route[1..], StringComparer.Ordinal) ? "/{open asset}" : "/{asset}";
    }

    public sealed class App : IAsyncLifetime
    {
        private TestApp? _app;

        public HttpClient Client { get; private set; } = null!;

        public string Origin => Client.BaseAddress!.GetLeftPart(UriPartial.Authority);

        /// <summary>A run that Ann started and that still runs.</summary>
        public string Id { get; private set; } = "";

        /// <summary>A conversation of hers.</summary>
        public string ConversationId { get; private set; } = "";

        /// <summary>A response of hers.</summary>
        public string ResponseId { get; private set; } = "";

        public IEnumerable<RouteEndpoint> Endpoints => _app!.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

        public async ValueTask InitializeAsync()
        {
            _app = await TestApp.StartAsync(settings: [.. TestKeys.Settings, ("ChatApp:Limits:RequestsPerMinute", "0"), ("ChatApp:Limits:Streams", "0")]);
            Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _app.Client.BaseAddress, Timeout = Eventually.Limit };
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stream?q=hi&model=scripted/tokens=3") { Headers = { { "x-api-key", TestKeys.Ann } } };
            using var answer = await Client.SendAsync(request);
            Id = answer.Headers.GetValues("X-Run-Id").Single();
            using var background = new HttpRequestMessage(HttpMethod.Post, "/v1/responses")
            {
                Headers = { { "x-api-key", TestKeys.Ann } },
                Content = JsonContent.Create(new { model = "scripted/tokens=3", input = "hi", background = true }),
            };
            using var response = await Client.SendAsync(background);
            ResponseId = (await response.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("id").GetString()!;
            using var empty = new HttpRequestMessage(HttpMethod.Post, "/api/conversations") { Headers = { { "x-api-key", TestKeys.Ann } }, Content = JsonContent.Create(new { }) };
            using var conversation = await Client.SendAsync(empty);
            ConversationId = (await conversation.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("id").GetString()!;
        }

        public async Task<string> SignInAsync(string key)
        {
            // The limit on attempts counts addresses, and all tests have one.
            var ticket = _app!.Services.GetRequiredService<ChatApp.Security.KeyTicket>();
            var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
            ticket.Write(context, _app.Services.GetRequiredService<ChatApp.Security.KeyRing>().Find(key)!);
            return await Task.FromResult(context.Response.Headers.SetCookie.ToString().Split(';')[0]);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _app!.DisposeAsync();
        }
    }
}
