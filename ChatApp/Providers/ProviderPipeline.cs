using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>What stands around every provider's client, inside out: its failures told in one way, models that take no tools, then retries.</summary>
internal sealed class ProviderPipeline(TimeProvider time, ILogger<ProviderPipeline> logger)
{
    private readonly ToollessModels _toolless = new();

    internal IChatClient Wrap(IModelProvider provider, string model) => new RetryingClient(
        new ToolRefusalClient(new ProviderErrorClient(provider.CreateClient(model), provider.Name, logger), provider.Name, model, _toolless, logger),
        time, Random.Shared.NextDouble, logger);
}
