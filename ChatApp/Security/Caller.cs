namespace ChatApp.Security;

/// <summary>Who asks: the holder of an API key, or, where none is needed, anybody at an address.</summary>
/// <param name="Name">The key's name; null where no key is needed. What was started with a key is seen and stopped with that key alone.</param>
/// <param name="Partition">What its limits are counted by: the key's name, else the address.</param>
public sealed record Caller(string? Name, string Partition)
{
    /// <summary>Anybody on this machine; who the page acts for without keys.</summary>
    public static Caller Local { get; } = new(null, "local");

    /// <summary>The name that what is theirs is stored under: empty where no key is needed. No key has an empty name.</summary>
    public string StoredName => Name ?? "";

    /// <summary>Cancelled when the key is taken away; streams that were opened with it end then.</summary>
    public CancellationToken Revoked { get; init; }

    /// <summary>Whether this caller may see and stop what <paramref name="owner"/> started.</summary>
    public bool MaySee(string? owner) => owner == Name;
}
