using ChatApp.Tools.Mcp;

namespace ChatApp.Tools;

/// <summary>All tools of all sources, by name. Of two with one name, the first source's counts.</summary>
public sealed class ToolBox(IEnumerable<IToolSource> sources)
{
    // Servers last: none can take the name of a tool of our own.
    private readonly IToolSource[] _sources = [.. sources.OrderBy(source => source is McpServers)];

    /// <summary>Every tool there is now.</summary>
    public IReadOnlyList<Tool> All => [.. _sources.SelectMany(source => source.Tools).DistinctBy(tool => tool.Name, StringComparer.Ordinal)];

    /// <summary>The tools of these names; those used by default for null.</summary>
    /// <param name="names">The names.</param>
    /// <param name="passOver">Whether names that nothing has are passed over.</param>
    /// <exception cref="UnknownToolException">There is none of a name.</exception>
    public IReadOnlyList<Tool> Pick(IReadOnlyList<string>? names, bool passOver = false)
    {
        var all = All;
        names = passOver ? names?.Where(name => all.Any(tool => tool.Name == name)).ToList() : names;
        return names is null
            ? [.. all.Where(tool => tool.IsDefault)]
            : [.. names.Distinct(StringComparer.Ordinal).Select(name => all.FirstOrDefault(tool => tool.Name == name) ?? throw new UnknownToolException(name, all.Select(tool => tool.Name)))];
    }
}

/// <summary>There is no tool of that name.</summary>
public sealed class UnknownToolException(string name, IEnumerable<string> known)
    : Exception($"There is no tool '{(name.Length > 64 ? name[..64] : name)}'. There are: {string.Join(", ", known)}.");
