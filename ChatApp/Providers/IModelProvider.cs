using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>One configured provider: a named place that answers for some models.</summary>
public interface IModelProvider
{
    /// <summary>Its name in the configuration, the part of a model id before the first <c>/</c>.</summary>
    string Name { get; }

    /// <summary>Why it cannot be used now, for people ("OPENAI_API_KEY is not set"); null while it can.</summary>
    string? Unavailable { get; }

    /// <summary>The models to offer, without the provider's name. Never throws because a server does not answer: it lists what is configured.</summary>
    ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken);

    /// <summary>Whether it answers for <paramref name="model"/> (the id without the provider's name).</summary>
    bool Accepts(string model);

    /// <summary>A client for one model. Cheap: connections are shared by all clients of the provider.</summary>
    IChatClient CreateClient(string model);
}

/// <summary>A kind of provider, the <c>Kind</c> of a configured entry. To add one: implement this and register it beside the others.</summary>
public interface IModelProviderKind
{
    /// <summary>The name used in the configuration, lower case.</summary>
    string Kind { get; }

    /// <summary>Makes the provider for one configured entry, already validated.</summary>
    IModelProvider Create(string name, ProviderOptions options);
}
