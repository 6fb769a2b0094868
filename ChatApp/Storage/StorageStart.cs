namespace ChatApp.Storage;

/// <summary>Opens the database before anything else starts, and closes it after everything else has ended.</summary>
internal sealed partial class StorageStart(Database database, NodeStore nodes, StoreNotices notices, TimeProvider time, ILogger<StorageStart> logger) : IHostedLifecycleService, IAsyncDisposable
{
    private readonly ILogger _logger = logger;

    /// <summary>What goes between nodes; null where there is one only.</summary>
    public PostgresNotices? Others { get; private set; }

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

        if (database.Dialect is PostgresDialect shared)
        {
            Others = new PostgresNotices(shared, notices, time, _logger);
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

        await DisposeAsync();
        await database.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Others is { } others)
        {
            Others = null;
            await others.DisposeAsync();
        }
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
