namespace ChatApp.Providers;

/// <summary>Every model of every provider, by id.</summary>
public interface IModelCatalog
{
    /// <summary>The model used where none is named.</summary>
    string DefaultModel { get; }

    /// <summary>All models to offer, the default's provider first. Asks endpoints that list their own; what they said is kept for a minute.</summary>
    ValueTask<IReadOnlyList<ModelInfo>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Finds a model by its id, or by a bare name that only one provider has; null or empty means the default.</summary>
    /// <exception cref="UnknownModelException">No provider has it, or several do.</exception>
    /// <exception cref="ProviderUnavailableException">Its provider can't be used now.</exception>
    ResolvedModel Resolve(string? id);

    /// <summary>The names of the tools that a model's provider is configured with; null for the default ones.</summary>
    /// <exception cref="UnknownModelException">No provider has it, or several do.</exception>
    /// <exception cref="ProviderUnavailableException">Its provider can't be used now.</exception>
    IReadOnlyList<string>? ToolsOf(string? id) => Resolve(id).Tools;
}

/// <summary>No provider has the model, or the bare name fits several. The message names what to write instead.</summary>
public sealed class UnknownModelException(string message) : Exception(message);

/// <summary>The model's provider can't be used now. The message says why and what to do.</summary>
public sealed class ProviderUnavailableException(string message) : Exception(message);
