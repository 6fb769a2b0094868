using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

/// <summary>Two processes of the app behind <c>deploy/nginx.conf</c>: pages stay with a node, everything else goes to any, and one node may die.</summary>
public sealed class NodesProxyTests(NodePair nodes) : IClassFixture<NodePair>
{
    // With a coin instead of a cookie, so many of them would come right once in a thousand times.
    private const int Browsers = 10;

    [Fact]
    public async Task Nodes_BehindTheDeployedNginx_ServeAllAndFailOver()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var nginx = await Nginx.StartDeployedAsync(nodes.A.Url, nodes.B.Url);
        using var browser = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = nginx.Url };
        var routes = new List<string>();
        for (var i = 0; i < Browsers; i++)
        {
            using var page = await browser.GetAsync("/");
            page.EnsureSuccessStatusCode();
            routes.Add(page.Headers.GetValues("Set-Cookie").Select(value => value.Split(';')[0]).Single(value => value.StartsWith("chatapp_route=", StringComparison.Ordinal)));
        }

        Assert.Equal(Browsers, routes.Distinct(StringComparer.Ordinal).Count());
        foreach (var route in routes)
        {
            await OpenCircuitAsync(nginx, browser, route);
        }

        using (var again = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Cookie", routes[0] } } })
        using (var same = await browser.SendAsync(again))
        {
            Assert.False(same.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.StartsWith("chatapp_route=", StringComparison.Ordinal)));
        }

        // Both nodes are asked in turn, and each knows every stored run.
        using var stream = await NodePair.AskAsync(nginx.Client, NodePair.Brief);
        var run = stream.Response.Headers.GetValues("X-Run-Id").Single();
        Assert.False(stream.Response.Headers.Contains("Set-Cookie"));
        await stream.AllAsync();
        using var kept = await SseClient.GetAsync(nginx.Client, "/api/stream?q=hi&model=scripted/tokens=2");
        var local = kept.Response.Headers.GetValues("X-Run-Id").Single();
        await kept.AllAsync();
        Assert.All(await AskAllAsync(nginx, run), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound], (await AskAllAsync(nginx, local)).Distinct().Order());

        await nodes.KillAAsync();
        Assert.All(await AskAllAsync(nginx, run), status => Assert.Equal(HttpStatusCode.OK, status));
        foreach (var route in routes)
        {
            await OpenCircuitAsync(nginx, browser, route);
        }

        using var next = await NodePair.AskAsync(nginx.Client, NodePair.Brief);
        Assert.Equal("complete", (await next.AllAsync())[^1].Type);
    }

    private static async Task<List<HttpStatusCode>> AskAllAsync(Nginx nginx, string run)
    {
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 8; i++)
        {
            using var answer = await nginx.Client.GetAsync($"/api/runs/{run}");
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }

    // A circuit's token is known to the node that gave it out, and to no other.
    private static async Task OpenCircuitAsync(Nginx nginx, HttpClient browser, string route)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1") { Headers = { { "Cookie", route } } };
        using var negotiate = await browser.SendAsync(request, limit.Token);
        var token = JsonElement.Parse(await negotiate.Content.ReadAsStringAsync(limit.Token)).GetProperty("connectionToken").GetString();
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", nginx.Url.GetLeftPart(UriPartial.Authority));
        socket.Options.SetRequestHeader("Cookie", route);
        await socket.ConnectAsync(new Uri($"ws://{nginx.Url.Authority}/_blazor?id={token}"), limit.Token);
        await socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, limit.Token);
        Assert.Equal("{}\u001e", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }
}
