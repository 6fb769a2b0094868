using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

public static class RunsRegistration
{
    /// <summary>Registers runs: their host, their limits, and their orderly end when the process ends.</summary>
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddOptions<RunsOptions>().BindConfiguration(RunsOptions.Section)
            .Configure<IConfiguration>((options, settings) => options.FailOver.Models = FailOverOptions.Read(settings)).ValidateOnStart();
        services.AddOptions<AgentsOptions>().Configure<IConfiguration>((options, settings) => options.Read(settings)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AgentsOptions>, AgentsOptionsValidator>();
        services.AddSingleton<AgentCatalog>();
        services.AddSingleton<ModelPaces>();
        services.AddSingleton<IValidateOptions<RunsOptions>, RunsOptionsValidator>();
        services.AddSingleton<RunJournal>();
        services.AddSingleton<StoredRuns>();
        services.AddSingleton<RunHost>();
        services.AddHostedService<RunDrain>();
        services.AddHostedService<NodeKeeper>();
        // Readers need a moment after the drain to say goodbye; the host's own limit only catches what hangs. Read by itself, since the host
        // is made before settings are validated.
        services.AddOptions<HostOptions>().Configure<IConfiguration>((host, settings) =>
        {
            var drain = Durations.TryParse(settings[$"{RunsOptions.Section}:{nameof(RunsOptions.Drain)}"], out var set) ? set : new RunsOptions().Drain;
            host.ShutdownTimeout = drain + TimeSpan.FromSeconds(2);
        });
        return services;
    }
}

/// <summary>Lets running answers finish when the process is asked to end.</summary>
internal sealed class RunDrain(RunHost host, RunJournal journal, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    // Before any service is stopped: meanwhile the port stays open, so that readers may come back, stop their answers, and are told by whoever
    // asks something new that the server goes away. The web server, stopped after it, would wait for the very streams that the drain ends.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await host.DrainAsync().WaitAsync(cancellationToken);
        // What a database that does not answer has not taken by then is lost with the process; no reader has seen it.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(LastSave);
        await journal.FlushAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static readonly TimeSpan LastSave = TimeSpan.FromSeconds(1);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // As soon as somebody asks for the end; the host may take a moment to begin with it.
        lifetime.ApplicationStopping.Register(() => _ = host.DrainAsync());
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
