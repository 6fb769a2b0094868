namespace ChatApp.Providers;

/// <summary>A model people can pick.</summary>
/// <param name="Id">Its whole id, <c>provider/model</c>.</param>
/// <param name="Provider">The provider's name.</param>
/// <param name="Name">The id without the provider's name.</param>
/// <param name="Unavailable">Why it can't be used now, for people; null while it can.</param>
public sealed record ModelInfo(string Id, string Provider, string Name, string? Unavailable = null)
{
    /// <summary>What it is for, for people; null where nobody has said.</summary>
    public string? Description { get; init; }
}

/// <summary>A model found by its id, with the client that reaches it.</summary>
/// <param name="Id">Its whole id, <c>provider/model</c>, also where it was asked for by a bare name.</param>
/// <param name="Client">The client, with the provider pipeline around it.</param>
public sealed record ResolvedModel(string Id, Microsoft.Extensions.AI.IChatClient Client)
{
    /// <summary>The provider's part of the id: all that a log may hold of it.</summary>
    public string Provider => Id.Split('/')[0];

    /// <summary>The names of the tools that its provider is configured with; null for the default ones.</summary>
    public IReadOnlyList<string>? Tools { get; init; }
}
