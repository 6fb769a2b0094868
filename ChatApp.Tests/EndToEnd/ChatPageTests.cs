using System.Globalization;
using ChatApp.Tests.Infrastructure;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The page as a person meets it, in a real browser.</summary>
public sealed class ChatPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Markdown = "/?model=scripted/rate=120;tokens=300;md=1;ttft=100";
    private const string Endless = "/?model=scripted/rate=60;tokens=20000;md=1;ttft=50";

    [Fact]
    public async Task Ask_Stream_Metrics_Stop_NextTurn_WithoutReload()
    {
        await using var chat = await chromium.OpenAsync(Markdown);
        await chat.Page.EvaluateAsync("window.sameDocument = true");
        await chat.AskAsync("Tell me about streams");
        await chat.Questions.First.WaitForAsync();
        await chat.AnswerIsAsync("streaming");
        await chat.AnswerIsAsync("completed");
        Assert.True((await chat.AnswerText.InnerTextAsync()).Length > 500);
        Assert.True(await chat.AnswerText.Locator("h1, h2, h3, li, table, pre").CountAsync() > 0);
        await Assertions.Expect(chat.Page.GetByTestId("metric-tokens")).ToHaveTextAsync("300");

        await chat.AskAsync("And once more");
        await chat.AnswerIsAsync("streaming");
        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");
        var frozen = await chat.AnswerText.InnerTextAsync();
        Assert.Contains("topped", await chat.Answer.InnerTextAsync(), StringComparison.Ordinal);

        await chat.AskAsync("A third time");
        await chat.AnswerIsAsync("completed");
        Assert.Equal(3, await chat.Answers.CountAsync());
        Assert.Equal(frozen, await chat.Answers.Nth(1).GetByTestId("message-content").InnerTextAsync());
        Assert.True(await chat.Page.EvaluateAsync<bool>("window.sameDocument"));
        Assert.Empty(chat.Errors);
    }

    [Fact]
    public async Task Open_WithModelAndQuestion_FillsTheComposerAndSendsNothing()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/tokens=5&q=hello%20there");
        Assert.Equal("hello there", await chat.Composer.InputValueAsync());
        Assert.Equal(0, await chat.Questions.CountAsync());
        await chat.Send.ClickAsync();
        await chat.AnswerIsAsync("completed");
    }

    [Fact]
    public async Task Escape_WhileStreaming_Stops()
    {
        await using var chat = await chromium.OpenAsync(Endless);
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("streaming");
        await chat.Page.Keyboard.PressAsync("Escape");
        await chat.AnswerIsAsync("cancelled");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_ClickedTwice_DoesNotStop(bool asOneDoubleClick)
    {
        await using var chat = await chromium.OpenAsync(Endless);
        await chat.Composer.FillAsync("go");
        var box = (await chat.Send.BoundingBoxAsync())!;
        var (x, y) = (box.X + box.Width / 2, box.Y + box.Height / 2);
        // Slow enough for Stop to be there before the second click.
        if (asOneDoubleClick)
        {
            await chat.Page.Mouse.DblClickAsync(x, y, new MouseDblClickOptions { Delay = 200 });
        }
        else
        {
            await chat.Page.Mouse.ClickAsync(x, y);
            await chat.Stop.WaitForAsync();
            await chat.Page.Mouse.ClickAsync(x, y);
        }

        await chat.AnswerIsAsync("streaming");
        await Task.Delay(400, TestContext.Current.CancellationToken);
        await chat.AnswerIsAsync("streaming");
        await chat.Page.Mouse.ClickAsync(x, y);
        await chat.AnswerIsAsync("cancelled");
    }

    [Fact]
    public async Task Escape_WithTheModelPickerOpen_ClosesItAndStopsNothing()
    {
        await using var chat = await chromium.OpenAsync(Endless);
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("streaming");
        await chat.Page.GetByTestId("model-picker").ClickAsync();
        var popup = chat.Page.Locator(".rz-popup.rz-open");
        await popup.WaitForAsync();
        await chat.Page.Keyboard.PressAsync("Escape");
        await popup.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await chat.AnswerIsAsync("streaming");
        await chat.Page.Keyboard.PressAsync("Escape");
        await chat.AnswerIsAsync("cancelled");
    }

    [Fact]
    public async Task Composer_Keys_SendOrBreakTheLineAndLeaveComposingAlone()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/tokens=5");
        await chat.Composer.FillAsync("one");
        await chat.Composer.PressAsync("Shift+Enter");
        await chat.Page.Keyboard.TypeAsync("two");
        // What an input method sends while it composes: Enter takes the suggestion and must not send.
        await chat.Composer.EvaluateAsync("e => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))");
        Assert.Equal(0, await chat.Questions.CountAsync());
        await chat.Composer.PressAsync("Enter");
        await chat.AnswerIsAsync("completed");
        Assert.Contains("one\ntwo", await chat.Questions.First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("", await chat.Composer.InputValueAsync());
    }

    [Fact]
    public async Task F80_PasteOf200Kilobytes_SurvivesAndIsSentWhole()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/tokens=5");
        await chat.Composer.FillAsync(string.Concat(Enumerable.Repeat("0123456789", 20_000)));
        await chat.Composer.PressAsync("Enter");
        await chat.AnswerIsAsync("completed");
        Assert.Equal(200_000, (await chat.Questions.First.TextContentAsync())!.Count(char.IsAsciiDigit));
        await chat.AskAsync("still alive?");
        await chat.AnswerIsAsync("completed");
    }

    [Fact]
    public async Task Copy_Answer_IsDoneAndSaidAloud()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/text=one%20**two**");
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("completed");
        var spoken = chat.Page.Locator("body > .visually-hidden[aria-live=polite]");
        Assert.Equal("", await spoken.TextContentAsync());
        await chat.Answer.GetByTestId("copy").ClickAsync();
        await spoken.And(chat.Page.GetByText("Copied", new PageGetByTextOptions { Exact = true })).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        Assert.Equal("one **two**", await chat.Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [Fact]
    public async Task Failure_Retry_AsksAgain()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/error=500@10;tokens=50;rate=200");
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("failed");
        Assert.NotEqual("", await chat.AnswerText.InnerTextAsync());
        await chat.Answer.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Retry" }).ClickAsync();
        await chat.AnswerIsAsync("failed");
        Assert.Equal(1, await chat.Answers.CountAsync());
    }

    [Fact]
    public async Task Scroll_ReaderGoesUp_TextStaysAndJumpBringsItBack()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/rate=400;tokens=6000;md=1");
        await chat.AskAsync("a long one");
        await chat.Page.WaitForFunctionAsync("document.querySelector('[data-role=assistant]')?.getBoundingClientRect().height > 1600");
        Assert.False(await chat.Page.GetByTestId("jump-to-latest").IsVisibleAsync());

        await chat.AnswerText.HoverAsync(new LocatorHoverOptions { Force = true, Position = new Position { X = 20, Y = 20 } });
        await chat.Page.Mouse.WheelAsync(0, -700);
        await chat.Page.GetByTestId("jump-to-latest").WaitForAsync();
        const string Top = "document.querySelector('[data-role=assistant]').getBoundingClientRect().top";
        var top = await chat.Page.EvaluateAsync<double>(Top);
        var height = await chat.Page.EvaluateAsync<double>("document.querySelector('[data-role=assistant]').getBoundingClientRect().height");
        await chat.Page.WaitForFunctionAsync($"document.querySelector('[data-role=assistant]').getBoundingClientRect().height > {(height + 300).ToString(CultureInfo.InvariantCulture)}");
        Assert.Equal(top, await chat.Page.EvaluateAsync<double>(Top), 1.0);

        await chat.Page.GetByTestId("jump-to-latest").ClickAsync();
        await chat.Page.WaitForFunctionAsync($"{Top} < {(top - 200).ToString(CultureInfo.InvariantCulture)}");
        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");
    }

    [Fact]
    public async Task P14_HostileAnswer_MakesNoScriptAndNoRequestElsewhere()
    {
        await using var chat = await chromium.OpenAsync("/");
        var elsewhere = new List<string>();
        chat.Page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(chromium.App.Url.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                elsewhere.Add(request.Url);
            }
        };
        const string Hostile = "<img src=x onerror=window.hacked=1> ![a](https://evil.example/a.png) [b](javascript:window.hacked=1) <script>window.hacked=1</script> ![v](https://evil.example/v.mp4) done";
        await chat.GoToAsync($"/?model={Uri.EscapeDataString("scripted/rate=100;text=" + Hostile)}");
        await chat.AskAsync("go");
        await chat.AnswerIsAsync("completed");

        Assert.Contains("done", await chat.AnswerText.InnerTextAsync(), StringComparison.Ordinal);
        Assert.False(await chat.Page.EvaluateAsync<bool>("'hacked' in window"));
        Assert.Equal(0, await chat.AnswerText.Locator("img, script, video, iframe, a[href^=javascript]").CountAsync());
        Assert.Empty(elsewhere);
    }

    [Fact]
    public async Task Page_AfterTheServerRestarts_IsNotAliveMeanwhileAndComesBackByItself()
    {
        await using var chat = await chromium.OpenAsync("/");
        var first = await AppProcess.StartAsync();
        await chat.GoToAsync(first.Url.ToString());
        await first.DisposeAsync();
        await chat.Page.Locator("body:not([data-interactive])").WaitForAsync();

        await using var second = await AppProcess.StartAsync($"--urls={first.Url}");
        await chat.Page.Locator("body[data-interactive=true]").WaitForAsync();
        await chat.AskAsync("hello again");
        await chat.Answers.First.WaitForAsync();
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(390)]
    public async Task ModelPicker_OfALongName_ShowsItsBeginningAndLeavesTheArrowFree(int width)
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/rate=120;tokens=1500;md=1;seed=3;text=and%20so%20on%20and%20on", width);
        var picker = chat.Page.GetByTestId("model-picker");
        var name = picker.Locator(".picked");
        var (outer, inner, arrow) = (await picker.BoundingBoxAsync(), await name.BoundingBoxAsync(), await picker.Locator(".rz-dropdown-trigger").BoundingBoxAsync());
        Assert.InRange(inner!.X, outer!.X, arrow!.X);
        Assert.InRange(inner.X + inner.Width, outer.X, arrow.X);
        Assert.True(await name.EvaluateAsync<bool>("e => e.scrollWidth > e.clientWidth && getComputedStyle(e).textOverflow === 'ellipsis'"));
    }

    [Theory]
    [InlineData(1280, 800, ColorScheme.Light)]
    [InlineData(1280, 800, ColorScheme.Dark)]
    [InlineData(390, 844, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public async Task Axe_EmptyAndAnswered_FindsNothingSerious(int width, int height, ColorScheme scheme)
    {
        await using var chat = await chromium.OpenAsync(Markdown, width, height, scheme);
        await AssertAccessible(chat);
        await chat.AskAsync("show me");
        await chat.AnswerIsAsync("completed");
        await AssertAccessible(chat);
        Assert.False(await chat.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth"), "The page scrolls sideways");
    }

    private static async Task AssertAccessible(ChatPage chat)
    {
        var found = await chat.Page.RunAxe();
        var serious = found.Violations.Where(violation => violation.Impact is "serious" or "critical");
        Assert.Empty(serious.Select(violation => $"{violation.Id}: {string.Join(" | ", violation.Nodes.Select(node => node.Html))}"));
    }
}
