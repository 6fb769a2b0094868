using Microsoft.Playwright;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The system's Chromium and an app of its own, shared by the tests of a class. Where there is no Chromium its tests are skipped, and say so.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // It runs as root in containers, and must not call its maker while tests run.
    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private AppProcess? _app;

    internal AppProcess App => _app!;

    public async ValueTask InitializeAsync()
    {
        if ((Environment.GetEnvironmentVariable("CHROMIUM") ?? Array.Find(Paths, File.Exists)) is not { } path)
        {
            return;
        }

        _app = await AppProcess.StartAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = Arguments });
    }

    /// <summary>Opens the page in a browser profile of its own and waits until it takes clicks.</summary>
    internal async Task<ChatPage> OpenAsync(string url = "/", int width = 1280, int height = 800, ColorScheme scheme = ColorScheme.Light, bool waitInteractive = true)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium. ./test.sh installs one on Debian.");
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = App.Url.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        var page = new ChatPage(await context.NewPageAsync());
        await (waitInteractive ? page.GoToAsync(url) : page.Page.GotoAsync(url));
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }
}
