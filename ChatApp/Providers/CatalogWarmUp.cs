namespace ChatApp.Providers;

/// <summary>Lists the models once after the start, beside it: a local Ollama is found, and bare names work, before anyone has asked for the list.</summary>
internal sealed class CatalogWarmUp(IModelCatalog catalog) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Nothing of the start waits for an endpoint.
        await Task.Yield();
        await catalog.ListAsync(stoppingToken);
    }
}
