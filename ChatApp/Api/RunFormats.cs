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

    /// <summary>The format a request asks for by name, or the problem where there is none of that name, or the request does not accept it.</summary>
    public (IRunFormatKind? Kind, Problem? Problem) Pick(string? name, HttpRequest request) => Find(name) is not { } kind
        ? (null, Unknown)
        : Accept.Check(request, kind.ContentType) is { } problem ? (null, problem) : (kind, null);

    /// <summary>What to answer to a name there is no format of.</summary>
    public Problem Unknown => Problem.Validation("format", $"format is one of {string.Join(", ", _byName.Keys.Order(StringComparer.Ordinal))}.");
}
