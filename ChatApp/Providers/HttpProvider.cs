using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>A provider reached over HTTP: the models configured, or with <c>*</c> any, and those its endpoint names.</summary>
internal sealed class HttpProvider(
    UpstreamTarget target,
    IList<string> models,
    string? unavailable,
    ModelListing listing,
    Func<string, IChatClient> createClient) : IModelProvider
{
    internal const string AnyModel = "*";

    private readonly string[] _named = [.. models.Where(m => m != AnyModel).Distinct()];
    private readonly bool _any = models.Contains(AnyModel);

    public string Name => target.Name;

    public string? Unavailable { get; } = unavailable;

    public async ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) =>
        _any && Unavailable is null ? [.. _named.Union(await listing.GetAsync(cancellationToken))] : _named;

    public bool Accepts(string model) => model.Length > 0 && (_any ? model != AnyModel : _named.Contains(model));

    public IChatClient CreateClient(string model) => createClient(model);
}
