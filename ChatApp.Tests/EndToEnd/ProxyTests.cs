using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The app behind nginx: as nginx is without any setting, and as <c>deploy/nginx.conf</c> sets it.</summary>
public sealed class ProxyTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static Task<Nginx> StartAsync(bool deployed, Uri app) => deployed ? Nginx.StartDeployedAsync(app) : Nginx.StartDefaultAsync(app);

    [Theory]
    [InlineData(false, "GET", "sse")]
    [InlineData(false, "GET", "text")]
    [InlineData(false, "POST", "sse")]
    [InlineData(false, "POST", "text")]
    [InlineData(true, "GET", "sse")]
    [InlineData(true, "GET", "text")]
    [InlineData(true, "POST", "sse")]
    [InlineData(true, "POST", "text")]
    public async Task F15_FirstToken_PassesWhileTheModelIsSilent(bool deployed, string method, string format)
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        await using var nginx = await StartAsync(deployed, app.Client.BaseAddress!);
        model.Say("first ");
        using var request = method == "GET"
            ? new HttpRequestMessage(HttpMethod.Get, $"/api/stream?q=hi&format={format}")
            : new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream")
            {
                Content = new StringContent($$"""{"format":"{{format}}","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json"),
            };
        using var response = await nginx.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var body = new StreamReader(await response.Content.ReadAsStreamAsync());

        // The model says no more until the reader has the first piece: a proxy that holds it back holds back everything.
        var text = await ReadToAsync(body, "first ");
        model.Say("second");
        model.Finish();
        text += await body.ReadToEndAsync();

        Assert.Contains("second", text, StringComparison.Ordinal);
        Assert.Contains(format == "sse" ? "\"complete\"" : "✅ Complete", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_BehindNginx_GoesOnWhereItWasCut()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        await using var nginx = await Nginx.StartDeployedAsync(app.Client.BaseAddress!);
        model.Say("first ");
        string? last = null;
        string run;
        using (var stream = await SseClient.GetAsync(nginx.Client, "/api/stream?q=hi"))
        {
            run = stream.Response.Headers.GetValues("X-Run-Id").Single();
            while (await stream.NextAsync() is { } frame && last is null)
            {
                last = frame.Type == "token" ? frame.Id : null;
            }
        }

        model.Say("second");
        model.Finish();
        using var rest = await SseClient.GetAsync(nginx.Client, $"/api/runs/{run}/events", last);
        Assert.Equal("second", string.Concat((await rest.AllAsync()).Select(frame => frame.Content)));
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Hub_BehindTheDeployedNginx_NegotiatesAndOpensAWebSocket()
    {
        await using var app = await TestApp.StartAsync();
        await using var nginx = await Nginx.StartDeployedAsync(app.Client.BaseAddress!);
        using var limit = new CancellationTokenSource(Eventually.Limit);
        using var negotiate = await nginx.Client.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, limit.Token);
        var token = JsonElement.Parse(await negotiate.Content.ReadAsStringAsync(limit.Token)).GetProperty("connectionToken").GetString();

        using var socket = new ClientWebSocket();
        // As a page of this address sends it: the app compares it with the Host that nginx passed on.
        socket.Options.SetRequestHeader("Origin", nginx.Url.GetLeftPart(UriPartial.Authority));
        await socket.ConnectAsync(new Uri($"ws://{nginx.Url.Authority}/_blazor?id={token}"), limit.Token);
        await socket.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, limit.Token);

        Assert.Equal("{}\u001e", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    [Fact]
    public async Task Page_BehindTheDeployedNginx_StreamsAnAnswer()
    {
        await using var chat = await chromium.OpenAsync();
        await using var nginx = await Nginx.StartDeployedAsync(chromium.App.Url);
        await chat.GoToAsync($"{nginx.Url}?model=scripted/tokens=40;rate=200");
        await chat.AskAsync("hello");
        await chat.AnswerIsAsync("completed");

        Assert.Empty(chat.Errors);
    }

    private static async Task<string> ReadToAsync(StreamReader body, string mark)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        var (text, buffer) = (new StringBuilder(), new char[1000]);
        while (!text.ToString().Contains(mark, StringComparison.Ordinal))
        {
            var read = await body.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, $"The stream ended before {mark}: {text}");
            text.Append(buffer, 0, read);
        }

        return text.ToString();
    }
}
