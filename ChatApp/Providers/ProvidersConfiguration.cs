namespace ChatApp.Providers;

/// <summary>
/// Reads <see cref="ProvidersOptions"/>. By hand, as the binder stops at the first value of a wrong type and quotes it,
/// and passes over misspelt names in silence.
/// </summary>
internal static class ProvidersConfiguration
{
    private const string AgentsName = "agents";

    /// <summary>A kind that is there only where the build asked for it.</summary>
    private const string LeftOutKind = "semantic-kernel";

    private static readonly string[] Known = [nameof(ProviderOptions.Kind), nameof(ProviderOptions.Endpoint), nameof(ProviderOptions.ApiKey),
        nameof(ProviderOptions.Models), nameof(ProviderOptions.Tools), nameof(ProviderOptions.Enabled)];

    internal static void Read(IConfiguration configuration, IReadOnlyCollection<string> kinds, ProvidersOptions options)
    {
        var section = configuration.GetSection(ProvidersOptions.Section);
        foreach (var entry in section.GetSection("Providers").GetChildren())
        {
            options.Providers[entry.Key] = ReadEntry(entry, kinds, options.Problems);
        }

        ProviderDetection.Add(configuration, options);
        AddBuiltIn(options, kinds, "guide");
        AddBuiltIn(options, kinds, "scripted");
        ReadDefaultModel(section["DefaultModel"], kinds, options);
    }

    private static ProviderOptions ReadEntry(IConfigurationSection entry, IReadOnlyCollection<string> kinds, List<string> problems)
    {
        foreach (var child in entry.GetChildren().Where(c => !Known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)))
        {
            problems.Add($"{child.Path} is no setting of a provider. Use one of: {string.Join(", ", Known)}.");
        }

        if (entry.Key.Contains('/', StringComparison.Ordinal))
        {
            problems.Add($"{entry.Path} has a / in its name, which ends a provider's name in a model id. Rename it.");
        }

        if (string.Equals(entry.Key, AgentsName, StringComparison.OrdinalIgnoreCase))
        {
            problems.Add($"{entry.Path} has the name that ids of agents begin with. Rename it.");
        }

        var options = new ProviderOptions
        {
            Kind = ReadKind(entry, kinds, problems),
            Endpoint = ReadEndpoint(entry[nameof(ProviderOptions.Endpoint)], $"{entry.Path}:{nameof(ProviderOptions.Endpoint)}", problems),
            ApiKey = ReadKey(entry[nameof(ProviderOptions.ApiKey)], $"{entry.Path}:{nameof(ProviderOptions.ApiKey)}", problems),
            Enabled = ReadEnabled(entry, problems),
        };
        ReadModels(entry, options, problems);
        options.Tools = ReadTools(entry, problems);
        return options;
    }

    private static string ReadKind(IConfigurationSection entry, IReadOnlyCollection<string> kinds, List<string> problems)
    {
        // An entry called after a kind needn't repeat it: "openai": { "ApiKey": "…" }.
        var kind = entry[nameof(ProviderOptions.Kind)] is { Length: > 0 } given ? given
            : ProviderDetection.ImpliedKind(entry.Key) ?? "";
        if (kinds.FirstOrDefault(k => string.Equals(k, kind, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            return known;
        }

        // Switching off what isn't there is no mistake.
        if (kind is not ("guide" or "scripted"))
        {
            problems.Add($"{entry.Path}:{nameof(ProviderOptions.Kind)} {(kind.Length == 0 ? "is missing" : $"is '{kind}'")}. Use one of: {string.Join(", ", kinds.Order())}."
                + (string.Equals(kind, LeftOutKind, StringComparison.OrdinalIgnoreCase) ? $" This build is without {LeftOutKind}: build it with -p:SemanticKernel=true." : ""));
        }

        return kind;
    }

    internal static Uri? ReadEndpoint(string? value, string key, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        if (EndpointRules.Problem(value, out var endpoint) is { } problem)
        {
            problems.Add($"{key} {problem}");
        }

        return endpoint;
    }

    internal static string? ReadKey(string? value, string key, List<string> problems)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (value.Length > 4096)
        {
            problems.Add($"{key} is longer than 4096 characters, so it is no key. Copy it again.");
        }
        else if (value.Any(c => c is <= ' ' or > '~'))
        {
            problems.Add($"{key} holds a space, a line end or another character no key has. Copy it again, without quotes.");
        }
        else if (value.ToUpperInvariant() is "CHANGEME" or "CHANGE-ME" or "YOUR-API-KEY" or "YOUR_API_KEY" or "XXX" or "…")
        {
            problems.Add($"{key} is a placeholder. Put the key there, or remove the line.");
        }

        return value;
    }

    private static bool ReadEnabled(IConfigurationSection entry, List<string> problems)
    {
        var value = entry[nameof(ProviderOptions.Enabled)];
        if (string.IsNullOrEmpty(value))
        {
            return true;
        }

        if (!bool.TryParse(value, out var enabled))
        {
            problems.Add($"{entry.Path}:{nameof(ProviderOptions.Enabled)} is neither true nor false. Write one of the two.");
        }

        return enabled;
    }

    private static void ReadModels(IConfigurationSection entry, ProviderOptions options, List<string> problems)
    {
        var models = entry.GetSection(nameof(ProviderOptions.Models));

        // Environment variables hold one text: gpt-5-mini,gpt-5.
        var named = models.Value is { Length: > 0 } list
            ? list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [.. models.GetChildren().Select(m => m.Value ?? "")];
        foreach (var model in named)
        {
            if (string.IsNullOrWhiteSpace(model) || model.Length > 256 || model.Any(char.IsControl))
            {
                problems.Add($"{models.Path} names a model that is empty, has control characters or is longer than 256 characters. Remove it.");
                continue;
            }

            options.Models.Add(model);
        }

        if (options.Models.Count == 0)
        {
            options.Models.Add(HttpProvider.AnyModel);
        }
    }

    // ["clock", "fetch"]   false   []   and, in an environment variable: clock,fetch. An empty list is an empty text there, as in JSON.
    private static string[]? ReadTools(IConfigurationSection entry, List<string> problems)
    {
        var tools = entry.GetSection(nameof(ProviderOptions.Tools));
        if (tools.Value is null && !tools.GetChildren().Any())
        {
            return null;
        }

        var named = tools.Value is { } list
            ? bool.TryParse(list, out var some) && !some ? [] : list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [.. tools.GetChildren().Select(tool => tool.Value ?? "")];
        if (Array.Exists(named, name => string.IsNullOrWhiteSpace(name) || name.Length > 128 || name.Any(char.IsControl) || bool.TryParse(name, out _)))
        {
            problems.Add($"{tools.Path} names a tool that is none. Write a list of names such as clock, or false for none; leave the setting out for the default ones.");
        }

        return named;
    }

    private static void AddBuiltIn(ProvidersOptions options, IReadOnlyCollection<string> kinds, string kind)
    {
        if (kinds.Contains(kind))
        {
            options.Providers.TryAdd(kind, new ProviderOptions { Kind = kind });
        }
    }

    private static void ReadDefaultModel(string? value, IReadOnlyCollection<string> kinds, ProvidersOptions options)
    {
        var given = !string.IsNullOrWhiteSpace(value);
        options.DefaultModel = given ? value! : options.DefaultModel;
        var provider = options.DefaultModel.Split('/')[0];
        var there = options.Providers.TryGetValue(provider, out var entry) && entry.Enabled;
        var configured = given || (entry is not null && kinds.Contains(provider));
        if (configured && (!there || options.DefaultModel.Length <= provider.Length + 1))
        {
            options.Problems.Add($"{ProvidersOptions.Section}:DefaultModel is '{options.DefaultModel}', whose provider isn't there. "
                + $"Write provider/model with one of: {string.Join(", ", options.Providers.Where(p => p.Value.Enabled).Select(p => p.Key))}.");
        }
    }
}
