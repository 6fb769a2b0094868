using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>What stands around every provider's client, inside out: its failures told in one way, then retries.</summary>
internal sealed class ProviderPipeline(TimeProvider time, ILogger<ProviderPipeline> logger)
{
    internal IChatClient Wrap(IModelProvider provider, string model) =>
        new RetryingClient(new ProviderErrorClient(provider.CreateClient(model), provider.Name, logger), time, Random.Shared.NextDouble, logger);
}
