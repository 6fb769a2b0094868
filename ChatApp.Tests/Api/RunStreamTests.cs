using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api;

/// <summary>What the shared writer does, whatever the format.</summary>
public sealed class RunStreamTests
{
    private static readonly object Hello = new { messages = new[] { new { role = "user", content = "hello" } } };

    [Fact]
    public async Task Stream_LastedAsLongAsOneMay_AsksItsReaderBackAndLosesNothing()
    {
        var (model, time) = (new FakeChatClient(), new FakeTime());
        await using var app = await TestApp.StartAsync(model, time, ("ChatApp:Api:MaxStreamDuration", "50s"), ("ChatApp:Runs:InterTokenTimeout", "5m"));
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        model.Say("Hel");
        var token = await UntilAsync(first, "token");
        time.Advance(TimeSpan.FromSeconds(50));

        var goodbye = await UntilAsync(first, "reconnect");
        Assert.Equal((null, "500", 500), (goodbye.Id, goodbye.Retry, goodbye.Data.GetProperty("retryMs").GetInt32()));
        Assert.Null(await first.NextAsync());

        using var second = await SseClient.GetAsync(app.Client, $"/api/runs/{token.Id!.Split(':')[0]}/events", token.Id);
        model.Say("lo");
        Assert.Equal("lo", (await UntilAsync(second, "token")).Content);
        model.Finish();
        Assert.Equal("completed", (await UntilAsync(second, "done")).Data.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Stream_OfAFormatNobodyCanResume_IsNotAskedBack()
    {
        var (model, time) = (new FakeChatClient(), new FakeTime());
        await using var app = await TestApp.StartAsync(model, time, ("ChatApp:Api:MaxStreamDuration", "50s"), ("ChatApp:Runs:FirstTokenTimeout", "5m"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/stream?q=hello&format=text&footer=false");
        using var response = await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(100));
        model.Say("Hello");
        model.Finish();

        Assert.Equal("Hello", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("ai-sdk", "\"type\":\"start\"")]
    [InlineData("ag-ui", "RUN_STARTED")]
    [InlineData("chat-completions", null)]
    [InlineData("responses", null)]
    public async Task Stream_OfAnotherFormatAfterAnEvent_BeginsAsItsClientsNeedOrIsRefused(string format, string? beginning)
    {
        await using var app = await TestApp.StartAsync();
        using var first = await SseClient.GetAsync(app.Client, "/api/stream?q=hi&model=scripted/ttft=1;rate=900;text=Roses");
        await UntilAsync(first, "complete");
        var run = first.Response.Headers.GetValues("X-Run-Id").Single();
        using var answer = await app.Client.GetAsync($"/api/runs/{run}/events?after=2&format={format}", TestContext.Current.CancellationToken);

        Assert.Equal(beginning is null ? HttpStatusCode.BadRequest : HttpStatusCode.OK, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains(beginning ?? "is read from the start", text.Split("\n\n")[0], StringComparison.Ordinal);
        Assert.Equal(beginning is not null, text.Contains("Roses", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Agents_OfOneRequest_TagTheirEvents()
    {
        await using var app = await TestApp.StartAsync();
        var agents = new[] { new { name = "red", model = "scripted/ttft=1;rate=900;text=Roses" }, new { name = "blue", model = "scripted/ttft=1;rate=900;text=Violets" } };
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { agents, agentMode = "parallel", messages = new[] { new { role = "user", content = "hello" } } });
        var texts = new Dictionary<string, string>();
        while (await stream.NextAsync() is { } frame)
        {
            if (frame.Type == "token")
            {
                var agent = frame.Data.GetProperty("agent").GetString()!;
                texts[agent] = texts.GetValueOrDefault(agent) + frame.Content;
            }
        }

        Assert.Equal(("Roses", "Violets"), (texts["red"], texts["blue"]));
        var run = stream.Response.Headers.GetValues("X-Run-Id").Single();
        Assert.Equal(
            "[red]\nRoses\n\n[blue]\nViolets", await app.Client.GetStringAsync($"/api/runs/{run}/events?format=text&footer=false", TestContext.Current.CancellationToken));
        Assert.Equal("Roses\n\nViolets", (await app.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}", TestContext.Current.CancellationToken)).GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("""[{"name":"a"},{"name":"a"}]""", "sequence")]
    [InlineData("""[{"name":""}]""", "sequence")]
    [InlineData("""[{"model":"guide"}]""", "sequence")]
    [InlineData("""[null]""", "sequence")]
    [InlineData("""[{"name":"a\nb"}]""", "sequence")]
    [InlineData("""[{"name":"1"},{"name":"2"},{"name":"3"},{"name":"4"},{"name":"5"},{"name":"6"},{"name":"7"},{"name":"8"},{"name":"9"}]""", "sequence")]
    [InlineData("""[{"name":"a"}]""", "both")]
    [InlineData("""[{"name":"a","model":"nobody/has-it"}]""", "parallel")]
    public async Task Agents_Wrong_AreRefused(string agents, string mode)
    {
        await using var app = await TestApp.StartAsync();
        using var response = await app.Client.PostAsJsonAsync(
            "/api/chat/stream",
            new { agents = JsonElement.Parse(agents), agentMode = mode, messages = new[] { new { role = "user", content = "hello" } } },
            TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    private static async Task<SseFrame> UntilAsync(SseClient stream, string type)
    {
        while (await stream.NextAsync() is { } frame)
        {
            if (frame.Type == type)
            {
                return frame;
            }
        }

        throw new InvalidOperationException($"The stream ended without {type}.");
    }
}
