using System.Text.RegularExpressions;
using ChatApp.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>Stored conversations as a person meets them, in a real browser.</summary>
public sealed partial class ConversationPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Short = "/?model=scripted/tokens=12;rate=500";
    private const string Endless = "/?model=scripted/rate=60;tokens=20000;md=1;ttft=50";
    private const string Long = "/?model=scripted/rate=5000;tokens=3000;md=1";

    [Fact]
    public async Task Question_TheFirst_GivesTheChatAnAddressAndKeepsThePage()
    {
        await using var chat = await chromium.OpenAsync(Endless);
        await chat.Page.EvaluateAsync("window.sameDocument = true");
        await chat.AskAsync("where do rivers begin");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        await chat.AnswerIsAsync("streaming");
        Assert.True(await chat.Page.EvaluateAsync<bool>("window.sameDocument && document.activeElement.id === 'composer'"));
        Assert.Equal("where do rivers begin", await chat.Page.TitleAsync());
        await Assertions.Expect(Current(chat)).ToContainTextAsync("where do rivers begin");
        await Assertions.Expect(Current(chat)).ToContainTextAsync("answering");
        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");
        await Assertions.Expect(Current(chat)).Not.ToContainTextAsync("answering");
        Assert.Empty(chat.Errors);
    }

    [Fact]
    public async Task F04_ReloadsWhileItStreams_NeverShowLessThanBefore()
    {
        await using var chat = await chromium.OpenAsync(Endless);
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("streaming");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        // The very first thing each page shows counts, and everything after it.
        await chat.Page.AddInitScriptAsync("""
            addEventListener('DOMContentLoaded', () => {
              window.lengths = [];
              const look = () => {
                const texts = document.querySelectorAll('[data-role=assistant] [data-testid=message-content]');
                lengths.push(texts.length ? texts[texts.length - 1].textContent.length : 0);
                requestAnimationFrame(look);
              };
              look();
            });
            """);
        var shown = 0;
        for (var i = 0; i < 20; i++)
        {
            var before = (await chat.AnswerText.TextContentAsync())!.Length;
            await chat.Page.ReloadAsync();
            await chat.Page.Locator("body[data-interactive=true]").WaitForAsync();
            await chat.Page.WaitForFunctionAsync("lengths.at(-1) > lengths[0]");
            var lengths = await chat.Page.EvaluateAsync<int[]>("lengths");
            Assert.True(lengths[0] >= before, $"{before} characters before the reload, {lengths[0]} after it");
            Assert.Equal(lengths.Order(), lengths);
            Assert.True(lengths[^1] > shown);
            shown = lengths[^1];
        }

        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");

        // What was drawn piece by piece, twenty times begun anew, is what one draws of the stored text at once.
        var drawn = await chat.AnswerText.TextContentAsync();
        await chat.Page.ReloadAsync();
        await chat.AnswerIsAsync("cancelled");
        Assert.Equal(drawn, await chat.AnswerText.TextContentAsync());
    }

    [Fact]
    public async Task BackAndForward_BetweenChats_ShowEachWithItsDraft()
    {
        await using var chat = await chromium.OpenAsync(Short);
        await chat.AskAsync("about apples");
        await chat.AnswerIsAsync("completed");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        await chat.Composer.FillAsync("more apples");
        await chat.Page.GetByTestId("new-chat").ClickAsync();
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(0);
        Assert.Equal("", await chat.Composer.InputValueAsync());
        await chat.AskAsync("about pears");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        await Assertions.Expect(chat.Questions.First).ToContainTextAsync("about pears");

        await chat.Page.GoBackAsync();
        await Assertions.Expect(chat.Questions.First).ToContainTextAsync("about apples");
        await Assertions.Expect(chat.Composer).ToHaveValueAsync("more apples");
        await chat.Page.GoForwardAsync();
        await Assertions.Expect(chat.Questions.First).ToContainTextAsync("about pears");
        await Assertions.Expect(chat.Composer).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Address_OfNoConversation_SaysSoAndLeadsToANewChat()
    {
        await using var chat = await chromium.OpenAsync("/c/nowhere", waitInteractive: false);
        await chat.Page.GetByText("There is no such conversation").WaitForAsync();
        await chat.Page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = "Begin a new chat" }).ClickAsync();
        await chat.Composer.WaitForAsync();
    }

    [Fact]
    public async Task Edit_SentAgain_KeepsBothVersionsBehindArrows()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/tokens=12;rate=500");
        await chat.AskAsync("first version");
        await chat.AnswerIsAsync("completed");
        var edit = chat.Questions.First.GetByTestId("edit");
        await edit.ClickAsync();
        await chat.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(chat.Page.GetByTestId("edit-text")).ToHaveCountAsync(0);

        await edit.ClickAsync();
        Assert.Equal("first version", await chat.Page.GetByTestId("edit-text").InputValueAsync());
        // Too long for one call of a circuit.
        var longer = string.Concat(Enumerable.Repeat("0123456789", 6_000));
        await chat.Page.GetByTestId("edit-text").FillAsync(longer);
        await chat.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(chat.Questions.First.GetByTestId("message-content")).ToHaveTextAsync(longer);
        await chat.AnswerIsAsync("completed");
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(1);

        var branches = chat.Questions.First.Locator(".branches");
        await Assertions.Expect(branches).ToContainTextAsync("2 / 2");
        await chat.Questions.First.GetByTestId("branch-prev").ClickAsync();
        await Assertions.Expect(chat.Questions.First.GetByTestId("message-content")).ToHaveTextAsync("first version");
        await Assertions.Expect(branches).ToContainTextAsync("1 / 2");
        await chat.Page.ReloadAsync();
        await Assertions.Expect(chat.Questions.First.GetByTestId("message-content")).ToHaveTextAsync("first version");
    }

    [Fact]
    public async Task Regenerate_AnEarlierAnswer_ShowsAnotherAndLeadsBack()
    {
        await using var chat = await chromium.OpenAsync(Short);
        await chat.AskAsync("one");
        await chat.AnswerIsAsync("completed");
        await chat.AskAsync("two");
        await Assertions.Expect(chat.Answers).ToHaveCountAsync(2);
        await chat.AnswerIsAsync("completed");
        await chat.Answers.First.HoverAsync();
        await chat.Answers.First.GetByTestId("regenerate").ClickAsync();
        await Assertions.Expect(chat.Answers).ToHaveCountAsync(1);
        await chat.AnswerIsAsync("completed");
        await Assertions.Expect(chat.Answer.Locator(".branches")).ToContainTextAsync("2 / 2");
        await chat.Answer.GetByTestId("branch-prev").ClickAsync();
        await Assertions.Expect(chat.Answers).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Continue_AStoppedAnswer_GoesOnFromItsText()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/rate=100;tokens=200");
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("streaming");
        await chat.Page.WaitForFunctionAsync("document.querySelector('[data-role=assistant] [data-testid=message-content]').textContent.length > 40");
        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");
        var cut = (await chat.AnswerText.InnerTextAsync()).Trim();
        await chat.Answer.GetByTestId("continue").ClickAsync();
        await chat.AnswerIsAsync("completed");
        Assert.StartsWith(cut[..30], (await chat.AnswerText.InnerTextAsync()).Trim(), StringComparison.Ordinal);
        await Assertions.Expect(chat.Answer.Locator(".branches")).ToContainTextAsync("2 / 2");
    }

    [Fact]
    public async Task Sidebar_RenameDeleteUndoAndSearch()
    {
        await using var chat = await chromium.OpenAsync(Short);
        await chat.AskAsync("a question about zeppelins");
        await chat.AnswerIsAsync("completed");
        var item = Current(chat);
        await item.HoverAsync();
        await item.GetByTestId("rename").ClickAsync();
        await chat.Page.Locator(".rename:focus").WaitForAsync();
        await chat.Page.Keyboard.TypeAsync("Airships");
        await chat.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(item.Locator(".title")).ToHaveTextAsync("Airships");
        await Assertions.Expect(chat.Page).ToHaveTitleAsync("Airships");
        await Assertions.Expect(item.Locator("a")).ToBeFocusedAsync();
        await item.HoverAsync();
        await item.GetByTestId("rename").ClickAsync();
        await chat.Page.Locator(".rename:focus").WaitForAsync();
        await chat.Page.Keyboard.TypeAsync("Nothing of the kind");
        await chat.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(item.Locator(".title")).ToHaveTextAsync("Airships");

        await chat.Page.Keyboard.PressAsync("Control+k");
        await chat.Page.Keyboard.TypeAsync("zeppel");
        await Assertions.Expect(chat.Page.GetByTestId("conversation-item")).ToHaveCountAsync(1);
        await Assertions.Expect(item.Locator(".excerpt")).ToContainTextAsync("zeppelins");
        await chat.Page.Keyboard.TypeAsync("qqq");
        await chat.Page.GetByText("Nothing found").WaitForAsync();
        await chat.Page.Keyboard.PressAsync("Escape");
        Assert.Equal("", await chat.Page.GetByTestId("search").InputValueAsync());
        await item.WaitForAsync();

        var address = chat.Page.Url;
        await item.HoverAsync();
        await item.GetByTestId("delete").ClickAsync();
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(0);
        Assert.NotEqual(address, chat.Page.Url);
        await Assertions.Expect(chat.Page.GetByTestId("undo")).ToBeFocusedAsync();
        await chat.Page.GetByTestId("undo").ClickAsync();
        await Assertions.Expect(chat.Page).ToHaveURLAsync(address);
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(1);
        Assert.Empty(chat.Errors);
    }

    [Fact]
    public async Task Sidebar_WhoGoesOnBeforeTheAnswer_KeepsTheKeyboard()
    {
        await using var chat = await chromium.OpenAsync(Short);
        await chat.AskAsync("a question about lighthouses");
        await chat.AnswerIsAsync("completed");
        var item = Current(chat);
        var search = chat.Page.GetByTestId("search");
        await item.WaitForAsync();
        // In one go: the circuit hears of the first only after the second.
        await item.EvaluateAsync("item => { item.querySelector('[data-testid=rename]').click(); document.querySelector('[data-testid=search]').focus(); }");
        await chat.Page.Keyboard.TypeAsync("lightho");
        await Assertions.Expect(item.Locator(".excerpt")).ToContainTextAsync("lighthouses");
        await Assertions.Expect(item.Locator(".rename")).ToHaveCountAsync(0);
        await Assertions.Expect(search).ToBeFocusedAsync();

        await item.HoverAsync();
        await item.GetByTestId("rename").ClickAsync();
        await chat.Page.Locator(".rename:focus").WaitForAsync();
        await chat.Page.EvaluateAsync("() => { document.querySelector('.rename').form.requestSubmit(); document.querySelector('[data-testid=search]').focus(); }");
        await item.Locator("a").WaitForAsync();
        await chat.Page.Keyboard.PressAsync("End");
        await chat.Page.Keyboard.TypeAsync("qqq");
        await chat.Page.GetByText("Nothing found for “lighthoqqq”").WaitForAsync();
        await Assertions.Expect(search).ToBeFocusedAsync();
        Assert.Empty(chat.Errors);
    }

    [Fact]
    public async Task Drawer_OnAPhone_OpensClosesAndTakesTheFocusAlong()
    {
        await using var chat = await chromium.OpenAsync(Short, 390, 844);
        await chat.AskAsync("from a phone");
        await chat.AnswerIsAsync("completed");
        var search = chat.Page.GetByTestId("search");
        Assert.False(await search.IsVisibleAsync());
        await chat.Page.Locator(".menu").ClickAsync();
        await search.WaitForAsync();
        Assert.True(await chat.Page.EvaluateAsync<bool>("document.querySelector('.sidebar').contains(document.activeElement)"));
        await chat.Page.Keyboard.PressAsync("Escape");
        await search.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
        Assert.True(await chat.Page.EvaluateAsync<bool>("document.activeElement.matches('.menu')"));

        await chat.Page.Locator(".menu").ClickAsync();
        await chat.Page.Mouse.ClickAsync(370, 400);
        await search.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
        await chat.Page.Locator(".menu").ClickAsync();
        await Current(chat).Locator("a").ClickAsync();
        await search.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
    }

    [Fact]
    public async Task F09_TwoTabsSend_OneKeepsItsDraftAndSaysWhy()
    {
        await using var chat = await chromium.OpenAsync(Endless);
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("streaming");
        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        await using var other = new ChatPage(await chat.Page.Context.NewPageAsync());
        await other.GoToAsync($"{new Uri(chat.Page.Url).PathAndQuery}{new Uri(chromium.App.Url, Endless).Query}");
        await chat.Composer.FillAsync("from one");
        await other.Composer.FillAsync("from the other");
        await Task.WhenAll(chat.Composer.PressAsync("Enter"), other.Composer.PressAsync("Enter"));
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(2);
        await Assertions.Expect(other.Questions).ToHaveCountAsync(2);
        string[] drafts = [];
        // The question may be there a moment before its writer knows that it was taken.
        await Eventually.HoldsAsync(
            async () =>
            {
                drafts = [await chat.Composer.InputValueAsync(), await other.Composer.InputValueAsync()];
                return drafts.Contains("");
            },
            "that one draft was taken");
        Assert.Single(drafts, draft => draft.StartsWith("from", StringComparison.Ordinal));
        await chat.Stop.ClickAsync();
        await other.AnswerIsAsync("cancelled");
    }

    [Fact]
    public async Task F06_ServerRestarts_ThePageComesBackWithEverything()
    {
        using var data = new TemporaryDirectory();
        await using var chat = await chromium.OpenAsync("/");
        var first = await AppProcess.StartAsync($"--ChatApp:Storage:Path={data.Path}");
        await chat.GoToAsync(new Uri(first.Url, Long).ToString());
        await chat.AskAsync("a long one");
        await chat.AnswerIsAsync("completed");
        await Assertions.Expect(chat.Page).ToHaveURLAsync(Address());
        await chat.Page.Locator(".viewport").EvaluateAsync("e => e.scrollTop = 900");
        await chat.Composer.FillAsync("half a thought");
        await chat.Page.EvaluateAsync("new Promise(done => setTimeout(done, 300))");
        const string Top = "document.querySelector('[data-role=assistant]').getBoundingClientRect().top";
        var top = await chat.Page.EvaluateAsync<double>(Top);
        await first.DisposeAsync();
        await chat.Page.Locator("body:not([data-interactive])").WaitForAsync();
        await chat.Composer.PressAsync("Enter");
        Assert.Equal("half a thought", await chat.Composer.InputValueAsync());

        await using var second = await AppProcess.StartAsync($"--urls={first.Url}", $"--ChatApp:Storage:Path={data.Path}");
        await chat.Page.Locator("body[data-interactive=true]").WaitForAsync();
        await Assertions.Expect(chat.Composer).ToHaveValueAsync("half a thought");
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(1);
        Assert.Equal(top, await chat.Page.EvaluateAsync<double>(Top), 2.0);
        await chat.Composer.PressAsync("Enter");
        await Assertions.Expect(chat.Questions).ToHaveCountAsync(2);
    }

    [Fact]
    public async Task Page_WhoseCircuitBroke_LoadsAgainByItself()
    {
        await using var chat = await chromium.OpenAsync("/");
        await chat.Composer.FillAsync("half a thought");
        await chat.Page.EvaluateAsync("window.sameDocument = true; document.getElementById('blazor-error-ui').style.display = 'block'");
        await chat.Page.WaitForFunctionAsync("!window.sameDocument && document.body.dataset.interactive");
        Assert.Equal("half a thought", await chat.Composer.InputValueAsync());
    }

    private static ILocator Current(ChatPage chat) => chat.Page.Locator("[data-testid=conversation-item]:has([aria-current=page])");

    // The browser looks at it, which knows none of the options.
    [GeneratedRegex("/c/[^/?]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
