using ChatApp.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The whole app on a real Kestrel and a free port, with the test's model and, where it matters, the test's clock.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TemporaryDirectory _storage;

    private TestApp(WebApplication app, TemporaryDirectory storage)
    {
        _app = app;
        _storage = storage;
        Client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = new Uri(app.Urls.Single()), Timeout = Eventually.Limit * 3 };
    }

    /// <summary>A client of its own connections.</summary>
    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts the app around one model.</summary>
    public static Task<TestApp> StartAsync(IChatClient model, TimeProvider? time = null, params (string Key, string Value)[] settings) =>
        StartAsync(() => model, time, settings);

    /// <summary>Starts the app. Without a model its own catalog answers, that is <c>guide</c> and <c>scripted</c>.</summary>
    public static Task<TestApp> StartAsync(Func<IChatClient>? model = null, TimeProvider? time = null, params (string Key, string Value)[] settings) =>
        StartAsync(model, time, log: null, settings);

    /// <summary>Starts the app and gives <paramref name="log"/> all that it logs, at every level.</summary>
    public static Task<TestApp> StartAsync(Func<IChatClient>? model, TimeProvider? time, ILoggerProvider? log, params (string Key, string Value)[] settings) =>
        StartAsync(model, time, log, configure: null, settings);

    /// <summary>Starts the app after <paramref name="configure"/> changed what it is made of.</summary>
    public static async Task<TestApp> StartAsync(
        Func<IChatClient>? model, TimeProvider? time, ILoggerProvider? log, Action<WebApplicationBuilder>? configure, params (string Key, string Value)[] settings)
    {
        // A test that leaves a run behind does not wait for it, and a test's clock would not let it end.
        var storage = new TemporaryDirectory();
        if (time is not null)
        {
            // A clock that stands still would never let a wait end.
            settings = [("ChatApp:Storage:CommitInterval", "0ms"), .. settings];
        }

        var args = settings.Prepend(("ChatApp:Storage:Path", storage.Path)).Prepend(("ChatApp:Runs:Drain", "0s")).Prepend(("urls", "http://127.0.0.1:0")).Select(setting => $"--{setting.Item1}={setting.Item2}");
        var app = Program.Build([.. args], builder =>
        {
            builder.Logging.ClearProviders();
            if (log is not null)
            {
                builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace).AddFilter(_ => true);
            }

            if (model is not null)
            {
                builder.Services.AddSingleton<IModelCatalog>(new FakeCatalog(model));
            }

            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            configure?.Invoke(builder);
        });
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            storage.Dispose();
            throw;
        }

        return new TestApp(app, storage);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _storage.Dispose();
    }
}
