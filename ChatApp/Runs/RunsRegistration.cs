using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

public static class RunsRegistration
{
    /// <summary>Registers runs: their host, their limits, and their orderly end when the process ends.</summary>
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddOptions<RunsOptions>().BindConfiguration(RunsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RunsOptions>, RunsOptionsValidator>();
        services.AddSingleton<RunHost>();
        services.AddHostedService<RunDrain>();
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
internal sealed class RunDrain(RunHost host, IHostApplicationLifetime lifetime) : IHostedService
{
    private Task _draining = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not in StopAsync: the web server is stopped before this service and waits for the very streams that the drain ends.
        lifetime.ApplicationStopping.Register(() => _draining = host.DrainAsync());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _draining.WaitAsync(cancellationToken);
}
