namespace ChatApp.Api;

/// <summary>The formats by name.</summary>
internal sealed class RunFormats
{
    public const string Default = "sse";

    private readonly Dictionary<string, IRunFormatKind> _byName;

    // Two formats of one name are a mistake of whoever registered them, and end the start.
    public RunFormats(IEnumerable<IRunFormatKind> kinds) => _byName = kinds.ToDictionary(kind => kind.Name);

    /// <summary>The format of that name, the default for none; null where there is no such format.</summary>
    public IRunFormatKind? Find(string? name) => _byName.GetValueOrDefault(string.IsNullOrEmpty(name) ? Default : name);

    /// <summary>What to answer to a name there is no format of.</summary>
    public Problem Unknown => Problem.Validation("format", $"format is one of {string.Join(", ", _byName.Keys.Order(StringComparer.Ordinal))}.");
}
