using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace ChatApp.Providers;

/// <inheritdoc/>
internal sealed class ModelCatalog : IModelCatalog
{
    private readonly ProviderPipeline _pipeline;
    private readonly IModelProvider[] _providers;
    private readonly Dictionary<string, IReadOnlyList<string>?> _tools;
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _listed = new(StringComparer.Ordinal);

    public ModelCatalog(IOptions<ProvidersOptions> options, IEnumerable<IModelProviderKind> kinds, ProviderPipeline pipeline)
    {
        _pipeline = pipeline;
        DefaultModel = options.Value.DefaultModel;
        _tools = options.Value.Providers.ToDictionary(provider => provider.Key, provider => provider.Value.Tools, StringComparer.Ordinal);
        var byName = kinds.ToDictionary(k => k.Kind, StringComparer.Ordinal);
        var first = DefaultModel.Split('/')[0];
        _providers =
        [
            .. options.Value.Providers
                .Where(p => p.Value.Enabled && byName.ContainsKey(p.Value.Kind))
                .OrderBy(p => p.Key == first ? 0 : 1)
                .Select(p => byName[p.Value.Kind].Create(p.Key, p.Value)),
        ];
    }

    public string DefaultModel { get; }

    public async ValueTask<IReadOnlyList<ModelInfo>> ListAsync(CancellationToken cancellationToken)
    {
        // All at once: the slowest endpoint is waited for, not their sum.
        var lists = await Task.WhenAll(_providers.Select(p => ListAsync(p, cancellationToken)));
        return [.. lists.SelectMany(l => l)];
    }

    public ResolvedModel Resolve(string? id)
    {
        id = string.IsNullOrWhiteSpace(id) ? DefaultModel : id;
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        var provider = slash > 0 ? Array.Find(_providers, p => p.Name == id[..slash]) : null;

        // meta-llama/llama-4 is a bare name too, where no provider is called meta-llama.
        var (found, model) = provider is null ? (ByBareName(id), id) : (provider, id[(slash + 1)..]);
        if (found.Unavailable is { } reason)
        {
            throw new ProviderUnavailableException($"{found.Name} can't be used now. {reason}");
        }

        if (!found.Accepts(model))
        {
            throw new UnknownModelException($"{found.Name} has no model '{Shown(model)}'. Choose one of the list, or add it to {ProvidersOptions.Section}:Providers:{found.Name}:Models.");
        }

        return new ResolvedModel($"{found.Name}/{model}", _pipeline.Wrap(found, model)) { Tools = _tools.GetValueOrDefault(found.Name) };
    }

    private async Task<ModelInfo[]> ListAsync(IModelProvider provider, CancellationToken cancellationToken)
    {
        var models = await provider.ListModelsAsync(cancellationToken);
        _listed[provider.Name] = models;

        // One that can't be used still shows, with the reason; its models can't be asked for.
        if (models.Count == 0 && provider.Unavailable is not null)
        {
            models = [HttpProvider.AnyModel];
        }

        return [.. models.Select(m => new ModelInfo($"{provider.Name}/{m}", provider.Name, m, provider.Unavailable))];
    }

    private IModelProvider ByBareName(string name)
    {
        var owners = Array.FindAll(_providers, p => Names(p).Contains(name));
        return owners.Length switch
        {
            1 => owners[0],
            0 => throw new UnknownModelException($"No provider has a model '{Shown(name)}'. Write it as provider/model; the providers are: {string.Join(", ", _providers.Select(p => p.Name))}."),
            _ => throw new UnknownModelException($"Several providers have '{Shown(name)}'. Write one of: {string.Join(", ", owners.Select(o => $"{o.Name}/{Shown(name)}"))}."),
        };
    }

    // What was listed last; before any listing, what is known without asking an endpoint.
    private IReadOnlyList<string> Names(IModelProvider provider)
    {
        if (_listed.TryGetValue(provider.Name, out var names))
        {
            return names;
        }

        var listing = provider.ListModelsAsync(CancellationToken.None);
        return listing.IsCompletedSuccessfully ? listing.Result : [];
    }

    private static string Shown(string name) => name.Length <= 100 ? name : $"{name[..100]}…";
}
