using ChatApp.Providers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The whole app on a real Kestrel and a free port, with the test's model and, where it matters, the test's clock.</summary>
internal sealed class TestApp : WebApplicationFactory<Program>
{
    private readonly Func<IChatClient>? _model;
    private readonly TimeProvider? _time;
    private readonly (string Key, string Value)[] _settings;

    private TestApp(Func<IChatClient>? model, TimeProvider? time, (string Key, string Value)[] settings)
    {
        (_model, _time, _settings) = (model, time, settings);
        UseKestrel(0);
        StartServer();
        Client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = ClientOptions.BaseAddress, Timeout = Eventually.Limit * 3 };
    }

    /// <summary>A client of its own connections.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts the app. Without a model its own catalog answers, that is <c>guide</c> and <c>scripted</c>.</summary>
    public static TestApp Start(Func<IChatClient>? model = null, TimeProvider? time = null, params (string Key, string Value)[] settings) => new(model, time, settings);

    /// <summary>Starts the app around one model.</summary>
    public static TestApp Start(IChatClient model, TimeProvider? time = null, params (string Key, string Value)[] settings) => new(() => model, time, settings);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // A test that leaves a run behind does not wait for it, and a test's clock would not let it end.
        builder.UseSetting("ChatApp:Runs:Drain", "0s");
        foreach (var (key, value) in _settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureServices(services =>
        {
            if (_model is not null)
            {
                services.AddSingleton<IModelCatalog>(new FakeCatalog(_model));
            }

            if (_time is not null)
            {
                services.AddSingleton(_time);
            }
        });
    }

    protected override void Dispose(bool disposing)
    {
        Client.Dispose();
        base.Dispose(disposing);
    }
}
