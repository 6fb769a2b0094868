using ChatApp.Conversations;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Storage;
using ChatApp.Telemetry;
using ChatApp.Tools;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Infrastructure;

/// <summary>The services behind the page, over a database and a directory of the test's own, without a web server.</summary>
internal static class ChatServices
{
    /// <summary>Adds them, with a database that is open already.</summary>
    /// <param name="services">Where they go.</param>
    /// <param name="catalog">The models.</param>
    /// <param name="time">Everybody's clock.</param>
    /// <param name="modelTime">The clock of the runs; null for the same.</param>
    /// <param name="settings">Settings, by their whole names.</param>
    public static void AddChat(
        this IServiceCollection services, IModelCatalog catalog, TimeProvider time, TimeProvider? modelTime = null, params (string Key, string? Value)[] settings)
    {
        Durations.Register();
        var directory = new TemporaryDirectory();
        // A clock that stands still would never let a wait end.
        var values = new Dictionary<string, string?> { ["ChatApp:Storage:CommitInterval"] = "0ms", ["ChatApp:Storage:Path"] = directory.Path };
        foreach (var (key, value) in settings)
        {
            values[key] = value;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton(directory);
        services.AddSingleton<IHostApplicationLifetime, Lifetime>();
        services.AddLogging(logging => logging.ClearProviders());
        services.AddSingleton(time);
        services.AddSingleton(catalog);
        services.AddSingleton(FakeMeters.Create());
        services.AddStorage();
        services.AddTools();
        services.AddRuns();
        services.AddConversations();
        services.AddSingleton(given => new RunHost(
            catalog, given.GetRequiredService<IOptions<RunsOptions>>(), given.GetRequiredService<RunMeters>(), modelTime ?? time, NullLogger<RunHost>.Instance, limits: null,
            given.GetRequiredService<RunJournal>(), given.GetRequiredService<RunStore>(), given.GetRequiredService<StoredRuns>(), given.GetRequiredService<NodeStore>(),
            given.GetRequiredService<ConversationStore>(), given.GetRequiredService<ToolBox>(), given.GetRequiredService<IOptions<ToolsOptions>>()));
    }

    /// <summary>Opens the database, and sees to what a former process left in it.</summary>
    public static async Task StartChatAsync(this IServiceProvider services)
    {
        foreach (var starting in services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await starting.StartingAsync(default);
        }
    }

    /// <summary>A page's session.</summary>
    public static ChatSession OpenSession(this IServiceProvider services) => new(
        services.GetRequiredService<ConversationRuns>(), services.GetRequiredService<RunJournal>(), services.GetRequiredService<ConversationStore>(),
        services.GetRequiredService<IModelCatalog>(), services.GetRequiredService<UsualTools>());

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
            // Nobody asks for it.
        }
    }
}
