namespace ChatApp.Storage;

/// <summary>Opens the database before anything else starts, and closes it after everything else has ended.</summary>
internal sealed partial class StorageStart(Database database, NodeStore nodes, ILogger<StorageStart> logger) : IHostedLifecycleService
{
    private readonly ILogger _logger = logger;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await database.OpenAsync();
        try
        {
            await nodes.RegisterAsync();
        }
        catch (StorageException exception)
        {
            throw new StorageStartException($"ChatApp can't write to the database {database.Dialect.Place}: {exception.Message}", exception);
        }
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await nodes.LeaveAsync();
        }
        catch (StorageException exception)
        {
            // Its lease runs out by itself.
            Log.NotLeft(_logger, exception.Message);
        }

        await database.DisposeAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "This server could not say to the database that it ends: {Reason}")]
        public static partial void NotLeft(ILogger logger, string reason);
    }
}
