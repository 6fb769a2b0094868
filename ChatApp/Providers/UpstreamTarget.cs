namespace ChatApp.Providers;

/// <summary>Whom a request goes to, as messages for people name it.</summary>
/// <param name="Name">The provider's name in the configuration.</param>
/// <param name="Endpoint">The base address of its API.</param>
/// <param name="ApiKey">The key sent, so that it can be cut out of what the provider answers; null where none is.</param>
/// <param name="KeySetting">Where the key is set: <c>OPENAI_API_KEY or ChatApp:Providers:openai:ApiKey</c>.</param>
internal sealed record UpstreamTarget(string Name, Uri Endpoint, string? ApiKey, string KeySetting)
{
    // A record prints its members; the key must not be among them.
    public override string ToString() => $"{Name} at {Endpoint}";
}
