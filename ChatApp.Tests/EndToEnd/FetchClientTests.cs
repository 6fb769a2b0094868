using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary><c>/fetch-client.js</c> in a browser, as a page of the app's own address uses it.</summary>
public sealed class FetchClientTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen é😀";

    private const string Ask = """
        async (model) => {
          const { ask } = await import('/fetch-client.js');
          const answer = ask({ model, messages: [{ role: 'user', content: 'hi' }] }, { wait: 10 });
          let [text, types] = ['', []];
          for await (const event of answer) {
            types.push(event.type);
            if (event.type === 'token') text += event.content;
            if (text.includes('STOP')) { window.stopped ??= answer.cancel(); text = ''; }
          }
          return { text, last: types.at(-1), runId: answer.runId, stopped: (await window.stopped)?.state };
        }
        """;

    [Fact]
    public async Task Ask_InTheBrowser_GivesTheAnswer()
    {
        await using var page = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        var seen = await page.Page.EvaluateAsync<JsonElement>(Ask, $"scripted/rate=200;text={Text}");

        Assert.Equal(Text, seen.GetProperty("text").GetString());
        Assert.Equal("complete", seen.GetProperty("last").GetString());
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task F01_AnswersCutInTheBrowser_GoOnWhereTheyWere()
    {
        await using var page = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        // The answer to the first request ends after some events and half a further one, as a proxy's time-out would end it; then the network is gone for a moment.
        var cut = 0;
        await page.Page.RouteAsync("**/api/chat/stream", async route =>
        {
            cut++;
            var whole = await route.FetchAsync();
            var body = await whole.TextAsync();
            await route.FulfillAsync(new RouteFulfillOptions { Response = whole, Body = body[..(body.Length / 3)] });
        });
        var resumed = new List<string?>();
        await page.Page.RouteAsync("**/api/runs/*/events", async route =>
        {
            resumed.Add(await route.Request.HeaderValueAsync("Last-Event-ID"));
            await (resumed.Count == 1 ? route.AbortAsync() : route.ContinueAsync());
        });
        var seen = await page.Page.EvaluateAsync<JsonElement>(Ask, $"scripted/rate=500;text={Text}");

        Assert.Equal(Text, seen.GetProperty("text").GetString());
        Assert.Equal("complete", seen.GetProperty("last").GetString());
        Assert.Equal(1, cut);
        Assert.Equal(2, resumed.Count);
        Assert.StartsWith($"{seen.GetProperty("runId").GetString()}:", resumed[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_InTheBrowser_StopsTheRun()
    {
        await using var page = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        var seen = await page.Page.EvaluateAsync<JsonElement>(Ask, $"scripted/rate=20;text=STOP {string.Concat(Enumerable.Repeat("and on ", 1000))}");

        Assert.Equal("cancelled", seen.GetProperty("stopped").GetString());
    }
}
