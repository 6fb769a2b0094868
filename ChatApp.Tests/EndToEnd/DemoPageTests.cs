using ChatApp.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The browser's own EventSource against the endpoints.</summary>
public sealed class DemoPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Send_Question_StreamsTheAnswerAndItsFigures()
    {
        await using var demo = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        await demo.Page.FillAsync("#model", "scripted/tokens=60;rate=200;ttft=10");
        await demo.Page.ClickAsync("#send");
        await demo.Page.GetByText("The answer is completed.").WaitForAsync();

        Assert.Contains("60 tokens", await demo.Page.Locator("#metrics").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(demo.Errors);
    }

    [Fact]
    public async Task Stop_WhileStreaming_CancelsTheRun()
    {
        await using var demo = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        await demo.Page.FillAsync("#model", "scripted/tokens=5000;rate=50");
        await demo.Page.ClickAsync("#send");
        await demo.Page.GetByText("Streaming…").WaitForAsync();
        await demo.Page.ClickAsync("#stop");

        await demo.Page.GetByText("The answer is cancelled.").WaitForAsync();
    }

    [Fact]
    public async Task Send_WhileStreaming_CancelsTheOldRunAndAsksAgain()
    {
        await using var demo = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        await demo.Page.FillAsync("#model", "scripted/tokens=5000;rate=50");
        await demo.Page.ClickAsync("#send");
        await demo.Page.GetByText("Streaming…").WaitForAsync();
        await demo.Page.FillAsync("#model", "scripted/text=another one");
        await demo.Page.ClickAsync("#send");
        await demo.Page.GetByText("The answer is completed.").WaitForAsync();

        Assert.Equal("another one", await demo.Page.Locator("#answer").TextContentAsync());
        Assert.True(await demo.Page.Locator("#stop").IsDisabledAsync());
        Assert.Empty(demo.Errors);
    }

    [Fact]
    public async Task Stop_Refused_SaysSoAndTheAnswerGoesOn()
    {
        await using var demo = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        await demo.Page.RouteAsync("**/cancel", route => route.FulfillAsync(new RouteFulfillOptions { Status = 502 }));
        await demo.Page.FillAsync("#model", "scripted/tokens=100;rate=50");
        await demo.Page.ClickAsync("#send");
        await demo.Page.GetByText("Streaming…").WaitForAsync();
        await demo.Page.ClickAsync("#stop");

        await demo.Page.GetByText("It could not be stopped: the server says 502.").WaitForAsync();
        await demo.Page.GetByText("The answer is completed.").WaitForAsync();
    }

    [Fact]
    public async Task P01_ConnectionBreaksMidStream_EventSourceComesBackAndTheTextIsExact()
    {
        await using var demo = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        // The first response ends after a few events, as a proxy's time-out would end it; the reconnect goes to the app.
        var first = true;
        await demo.Page.RouteAsync("**/api/stream?*", async route =>
        {
            if (!first)
            {
                await route.ContinueAsync();
                return;
            }

            first = false;
            using var client = new HttpClient();
            using var stream = await SseClient.GetAsync(client, route.Request.Url);
            var body = "retry: 50\n\n";
            for (var i = 0; i < 12 && await stream.NextAsync() is { } frame; i++)
            {
                body += $"id: {frame.Id}\ndata: {frame.Data.GetRawText()}\n\n";
            }

            await route.FulfillAsync(new RouteFulfillOptions { ContentType = "text/event-stream", Body = body });
        });
        const string Text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";
        await demo.Page.FillAsync("#model", $"scripted/rate=30;text={Text}");
        await demo.Page.ClickAsync("#send");
        await demo.Page.GetByText("The answer is completed.").WaitForAsync();

        Assert.Equal(Text, await demo.Page.Locator("#answer").TextContentAsync());
    }
}
