namespace ChatApp.Providers;

/// <summary>Lists the models once after the start, beside it: a local Ollama is found, and bare names work, before anyone has asked for the list.</summary>
internal sealed partial class CatalogWarmUp(IModelCatalog catalog, ILogger<CatalogWarmUp> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nothing of the start waits for an endpoint.
        await Task.Yield();
        try
        {
            await catalog.ListAsync(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // Whoever asks for the list next is told why there is none. Thrown on, it would end the server.
            Log.Failed(logger, ExceptionTrace.Of(exception));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The models could not be listed at the start\n{Trace}")]
        public static partial void Failed(ILogger logger, string trace);
    }
}
