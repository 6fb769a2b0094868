using Microsoft.Playwright;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The chat page as a person uses it: verbs, not selectors.</summary>
internal sealed class ChatPage : IAsyncDisposable
{
    private readonly List<string> _errors = [];

    public ChatPage(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                _errors.Add(message.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the browser complained about.</summary>
    public IReadOnlyList<string> Errors => _errors;

    public ILocator Composer => Page.GetByTestId("composer");

    public ILocator Send => Page.GetByTestId("send");

    public ILocator Stop => Page.GetByTestId("stop");

    public ILocator Answers => Page.Locator("[data-testid=message][data-role=assistant]");

    public ILocator Questions => Page.Locator("[data-testid=message][data-role=user]");

    public ILocator Answer => Answers.Last;

    public ILocator AnswerText => Answer.GetByTestId("message-content");

    public async Task GoToAsync(string url)
    {
        await Page.GotoAsync(url);
        await Page.Locator("body[data-interactive=true]").WaitForAsync();
    }

    /// <summary>Writes and sends with Enter.</summary>
    public async Task AskAsync(string text)
    {
        await Composer.FillAsync(text);
        await Composer.PressAsync("Enter");
    }

    /// <summary>Waits until the last answer is in the state.</summary>
    public Task AnswerIsAsync(string state) => Answer.And(Page.Locator($"[data-state={state}]")).WaitForAsync();

    /// <summary>Waits until the last answer shows the text.</summary>
    public Task AnswerShowsAsync(string text) => AnswerText.Filter(new LocatorFilterOptions { HasText = text }).WaitForAsync();

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
