using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatApp.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The page in a real browser, at one of two nodes.</summary>
public sealed partial class NodesPageTests(NodePair nodes, Chromium chromium) : IClassFixture<NodePair>, IClassFixture<Chromium>
{
    [Fact]
    public async Task Page_AtOneNode_ShowsWhatIsAskedAtTheOther()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var chat = await chromium.OpenAsync();
        await chat.GoToAsync($"{nodes.A.Url}?model=up/m");
        await chat.AskAsync(NodePair.Brief);
        await chat.AnswerIsAsync("completed");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        var conversation = chat.Page.Url.Split('/')[^1].Split('?')[0];

        using var asked = await NodePair.AskAsync(nodes.ClientB, "count from elsewhere", conversation);
        Assert.Equal(HttpStatusCode.OK, asked.Response.StatusCode);
        var run = asked.Response.Headers.GetValues("X-Run-Id").Single();
        await Assertions.Expect(chat.Questions.Last).ToContainTextAsync("count from elsewhere");
        await chat.AnswerIsAsync("streaming");
        await Assertions.Expect(Current(chat)).ToContainTextAsync("answering");
        // It grows: this is the text as it is made, not what was there at first.
        await chat.AnswerShowsAsync(" 50 ");
        await chat.AnswerShowsAsync(" 150 ");

        using var stop = await nodes.ClientB.PostAsync($"/api/runs/{run}/cancel", null);
        await chat.AnswerIsAsync("cancelled");
        await Assertions.Expect(Current(chat)).Not.ToContainTextAsync("answering");

        // A conversation that begins elsewhere comes into the list.
        using var other = await NodePair.AskAsync(nodes.ClientB, $"{NodePair.Brief} begun elsewhere");
        await chat.Page.GetByTestId("conversation-item").Filter(new LocatorFilterOptions { HasText = "begun elsewhere" }).WaitForAsync();
        Assert.Empty(chat.Errors);
    }

    [Fact]
    public async Task Page_WhoseNodeDies_ComesBackAtTheOther()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var nginx = await Nginx.StartDeployedAsync(nodes.A.Url, nodes.B.Url);
        await using var chat = await chromium.OpenAsync();
        await chat.Page.Context.AddCookiesAsync([new Microsoft.Playwright.Cookie { Name = "chatapp_route", Value = await RouteToAAsync(nginx), Url = nginx.Url.ToString() }]);
        await chat.GoToAsync($"{nginx.Url}?model=up/m");
        await chat.AskAsync($"{NodePair.Brief} and before");
        await chat.AnswerIsAsync("completed");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        await chat.Page.EvaluateAsync("window.isOld = true");

        await nodes.KillAAsync();
        try
        {
            await chat.Page.WaitForFunctionAsync("!window.isOld && document.body?.dataset.interactive === 'true'");
            await Assertions.Expect(chat.Questions.First).ToContainTextAsync("and before");
            await chat.AskAsync($"{NodePair.Brief} and after");
            await Assertions.Expect(chat.Answers).ToHaveCountAsync(2);
            await chat.AnswerIsAsync("completed");
        }
        finally
        {
            await nodes.RestartAAsync();
        }
    }

    // A value of the cookie that leads to A: a connection's token is known to the node that gave it out alone.
    private async Task<string> RouteToAAsync(Nginx nginx)
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = nginx.Url };
        for (var i = 0; i < 100; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/_blazor/negotiate?negotiateVersion=1") { Headers = { { "Cookie", $"chatapp_route={i}" } } };
            using var negotiate = await client.SendAsync(request);
            var token = JsonElement.Parse(await negotiate.Content.ReadAsStringAsync()).GetProperty("connectionToken").GetString();
            using var end = await nodes.ClientA.DeleteAsync($"/_blazor?id={token}");
            if (end.StatusCode != HttpStatusCode.NotFound)
            {
                return $"{i}";
            }
        }

        throw new InvalidOperationException("No value leads to A.");
    }

    private static ILocator Current(ChatPage chat) => chat.Page.Locator("[data-testid=conversation-item]:has([aria-current=page])");

    // The browser looks at it, which knows none of the options.
    [GeneratedRegex("/c/[^/?]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
