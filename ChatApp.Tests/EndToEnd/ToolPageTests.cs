using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>Tools as a person meets them on the page: cards while they run, questions whether they may, and what may be used at all.</summary>
public sealed class ToolPageTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private readonly HeldTools _tools = new();
    private readonly FakeChatClient _model = new();
    private TestApp _app = null!;

    private string Url => _app.Client.BaseAddress!.ToString();

    public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync(null, null, null, builder => builder.Services
        .AddSingleton<IModelCatalog>(new FakeCatalog(_model))
        .AddSingleton<IToolSource>(_tools));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Calls_Run_ShowThemselvesAndThenTheAnswer()
    {
        await using var chat = await chromium.OpenAsync(Url);
        await chat.AskAsync("What is here?");
        _model.Say("Let me look. ");
        _model.Call(Call("c1", "look", "here"), Call("c2", "look", "there"));
        await Assertions.Expect(Cards(chat, "running")).ToHaveCountAsync(2);
        await Assertions.Expect(chat.Answer.GetByTestId("doing")).ToContainTextAsync("look… 0 of 2");
        await Eventually.Holds(() => _tools.Called == 2, "both are called");
        _tools.Answer(0, "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> **a chair** \u001b[31m");
        await Assertions.Expect(chat.Answer.GetByTestId("doing")).ToContainTextAsync("look… 1 of 2");
        _tools.Answer(1, string.Concat(Enumerable.Repeat("שלום ", 20_000)));
        await Assertions.Expect(Cards(chat, "done")).ToHaveCountAsync(2);
        _model.Say("A chair and a table.");
        _model.Finish();
        await chat.AnswerIsAsync("completed");
        await chat.AnswerShowsAsync("A chair and a table.");

        // Opened by keyboard, as text and nothing else.
        var first = Cards(chat, "done").First;
        await first.GetByRole(AriaRole.Button).FocusAsync();
        await chat.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(first.Locator(".call-result")).ToContainTextAsync("<script>window.hacked=1</script>");
        Assert.Equal("true", await first.GetByRole(AriaRole.Button).First.GetAttributeAsync("aria-expanded"));
        Assert.Equal(0, await chat.Answer.Locator("script, img").CountAsync());
        Assert.False(await chat.Page.EvaluateAsync<bool>("'hacked' in window"));
        await Cards(chat, "done").Nth(1).GetByRole(AriaRole.Button).ClickAsync();
        // By key: the card that has just opened may still be scrolled into place under a pointer.
        await Cards(chat, "done").Nth(1).GetByTestId("show-all").PressAsync("Enter");
        await Assertions.Expect(Cards(chat, "done").Nth(1).GetByTestId("show-all")).ToHaveCountAsync(0);
        await AssertAccessible(chat);

        // As it is after a reload.
        await chat.Page.ReloadAsync();
        await Assertions.Expect(Cards(chat, "done")).ToHaveCountAsync(2);
        await chat.AnswerShowsAsync("A chair and a table.");
        Assert.Empty(chat.Errors);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Approval_OnTwoDevicesAndAfterAReload_IsAnsweredOnce(bool isApproved)
    {
        await using var chat = await chromium.OpenAsync(Url, scheme: isApproved ? ColorScheme.Light : ColorScheme.Dark);
        await chat.AskAsync("Send it.");
        await chat.Composer.FillAsync("what I write meanwhile");
        _model.Call(Call("c1", "send", "the letter"));
        await Cards(chat, "waiting").WaitForAsync();
        Assert.True(await chat.Composer.EvaluateAsync<bool>("e => e === document.activeElement"), "The focus was taken away");
        await chat.Page.Locator("body > .visually-hidden[aria-live=polite]", new PageLocatorOptions { HasText = "send waits for your yes or no." }).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        await AssertAccessible(chat);
        await Assertions.Expect(chat.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/c/", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
        await chat.Page.ReloadAsync();
        await chat.Page.Locator("body[data-interactive=true]").WaitForAsync();
        await Assertions.Expect(Cards(chat, "waiting").Locator(".call-arguments")).ToContainTextAsync("the letter");

        await using var other = await chromium.OpenAsync(chat.Page.Url);
        await Cards(other, "waiting").WaitForAsync();
        if (isApproved)
        {
            await other.Page.GetByTestId("approve").ClickAsync();
            await Cards(chat, "running").WaitForAsync();
            await Eventually.Holds(() => _tools.Called == 1, "it is called");
            _tools.Answer(0, "sent");
        }
        else
        {
            await other.Page.GetByTestId("refuse-reason").FillAsync("not yet");
            await other.Page.Keyboard.PressAsync("Enter");
            await Cards(chat, "denied").WaitForAsync();
            await Assertions.Expect(Cards(chat, "denied")).ToContainTextAsync("not yet");
        }

        await Assertions.Expect(chat.Page.GetByTestId("approve")).ToHaveCountAsync(0);
        _model.Say("So be it.");
        _model.Finish();
        await chat.AnswerIsAsync("completed");
        await other.AnswerIsAsync("completed");
        Assert.Equal(isApproved ? 1 : 0, _tools.Called);
    }

    [Fact]
    public async Task Approval_EscapeInTheReason_LeavesItAndStopsNothing()
    {
        await using var chat = await chromium.OpenAsync(Url);
        await chat.AskAsync("Send it.");
        _model.Call(Call("c1", "send", "the letter"));
        await chat.Page.GetByTestId("refuse-reason").FillAsync("be");
        await chat.Page.Keyboard.PressAsync("Escape");
        Assert.Equal("true", await chat.Page.EvaluateAsync<string>("document.activeElement.getAttribute('aria-expanded')"));
        await Cards(chat, "waiting").WaitForAsync();
        await chat.Stop.ClickAsync();
        await chat.AnswerIsAsync("cancelled");
        await Cards(chat, "cut").WaitForAsync();
    }

    [Theory]
    [InlineData(1280, 800)]
    [InlineData(390, 844)]
    public async Task Switches_OpenByKeyboardAndSwitchForThisChat(int width, int height)
    {
        await using var chat = await chromium.OpenAsync(Url, width, height);
        await chat.Page.GetByTestId("tools").FocusAsync();
        await chat.Page.Keyboard.PressAsync("Enter");
        var look = chat.Page.Locator("[data-testid=tool-switch][data-tool=look]");
        await look.ClickAsync();
        await Assertions.Expect(look).ToHaveAttributeAsync("aria-checked", "false");
        var box = (await chat.Page.GetByTestId("tools-list").BoundingBoxAsync())!;
        Assert.InRange(box.X, 0, width);
        Assert.InRange(box.X + box.Width, 0, width);
        await AssertAccessible(chat);
        await chat.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(chat.Page.GetByTestId("tools-list")).ToBeHiddenAsync();

        await chat.AskAsync("What is here?");
        _model.Call(Call("c1", "look", "here"));
        await Cards(chat, "failed").WaitForAsync();
        Assert.Equal(0, _tools.Called);
        await chat.Page.GetByTestId("tools").ClickAsync();
        await Assertions.Expect(look).ToHaveAttributeAsync("aria-checked", "false");
    }

    private static FunctionCallContent Call(string id, string name, string what) => new(id, name, new Dictionary<string, object?> { ["what"] = what });

    private static ILocator Cards(ChatPage chat, string state) => chat.Answer.Locator($"[data-testid=tool-call][data-state={state}]");

    private static async Task AssertAccessible(ChatPage chat)
    {
        var found = await chat.Page.RunAxe();
        var serious = found.Violations.Where(violation => violation.Impact is "serious" or "critical");
        Assert.Empty(serious.Select(violation => $"{violation.Id}: {string.Join(" | ", violation.Nodes.Select(node => node.Html))}"));
    }
}
