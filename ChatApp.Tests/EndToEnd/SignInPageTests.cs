using ChatApp.Tests.Infrastructure;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The page where keys are needed: signing in, out, losing the key, and meeting a limit.</summary>
public sealed class SignInPageTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private readonly TestKeys _keys = new();
    private TestApp _app = null!;

    private string Url => _app.Client.BaseAddress!.ToString();

    public async ValueTask InitializeAsync() => _app = await TestApp.StartAsync(model: null, time: null, log: null, _keys.Configure, ("ChatApp:Limits:RequestsPerMinute", "1"));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _keys.Dispose();
    }

    [Fact]
    public async Task SignIn_WithTheKey_OpensThePageAndItsCircuit()
    {
        await using var page = await chromium.OpenAsync($"{Url}?q=hello", waitInteractive: false);
        await EnterAsync(page, "wrong");
        await page.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await EnterAsync(page, TestKeys.Ann);
        await page.Page.Locator("body[data-interactive=true]").WaitForAsync();

        Assert.EndsWith("/?q=hello", page.Page.Url, StringComparison.Ordinal);
        await page.AskAsync("What can you do?");
        await page.AnswerIsAsync("completed");

        // The limit of one a minute: said where it was written, and nothing is lost.
        await page.AskAsync("And then?");
        await page.Page.GetByText("You may ask once a minute").WaitForAsync();
        Assert.Equal("And then?", await page.Composer.InputValueAsync());
        Assert.Equal(1, await page.Questions.CountAsync());

        await page.Page.GetByTestId("sign-out").ClickAsync();
        await page.Page.Locator("#key").WaitForAsync();
        await page.Page.GotoAsync(Url);
        await page.Page.Locator("#key").WaitForAsync();
        Assert.All(page.Errors, error => Assert.Contains("401", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task V10_KeyTakenOut_SendsThePageToTheSignIn()
    {
        await using var page = await chromium.OpenAsync(Url, waitInteractive: false);
        await EnterAsync(page, TestKeys.Ann);
        await page.Page.Locator("body[data-interactive=true]").WaitForAsync();
        _keys.Keep(_app, ("ben", TestKeys.Ben));
        await page.Page.Locator("#key").WaitForAsync();
        Assert.EndsWith("/sign-in?return=%2F", page.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_OfTheServer_SendsThePageToTheSignIn()
    {
        await using var page = await chromium.OpenAsync(Url, waitInteractive: false);
        await EnterAsync(page, TestKeys.Ann);
        await page.Page.Locator("body[data-interactive=true]").WaitForAsync();
        var url = Url;
        await _app.DisposeAsync();
        _app = await TestApp.StartAsync(model: null, time: null, log: null, _keys.Configure, ("urls", url));
        await page.Page.Locator("#key").WaitForAsync();
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task SignIn_AnyWidthAndTheme_FitsAndIsAccessible(ColorScheme scheme, int width)
    {
        await using var page = await chromium.OpenAsync(Url, width, 800, scheme, waitInteractive: false);
        await EnterAsync(page, "wrong");
        await page.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { } folder)
        {
            await page.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"sign-in-{width}.png") });
        }

        Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        var result = await page.Page.RunAxe();
        Assert.Empty(result.Violations.Select(violation => violation.Id));
    }

    private static async Task EnterAsync(ChatPage page, string key)
    {
        await page.Page.Locator("#key").FillAsync(key);
        await page.Page.Locator("#key").PressAsync("Enter");
    }
}
