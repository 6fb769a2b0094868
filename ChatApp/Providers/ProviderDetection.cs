namespace ChatApp.Providers;

/// <summary>Providers that need no configuration of ours: those whose usual environment variables are set, and a local Ollama.</summary>
internal static class ProviderDetection
{
    internal const string Ollama = "ollama";
    private const string LocalOllama = "http://127.0.0.1:11434";

    /// <summary>The kind an entry of this name has unless it says otherwise.</summary>
    internal static string? ImpliedKind(string name) => name switch
    {
        "openai" or "anthropic" or "guide" or "scripted" => name,
        Ollama => "openai",
        _ => null,
    };

    internal static void Add(IConfiguration environment, ProvidersOptions options)
    {
        AddOpenAI(environment, options);
        AddAnthropic(environment, options);

        // Always there; it offers models only while it answers.
        if (!options.Providers.TryGetValue(Ollama, out var ollama))
        {
            options.Providers[Ollama] = WithAny(new ProviderOptions { Kind = "openai", Endpoint = OllamaEndpoint(environment[ProviderKeys.OllamaHost]) });
        }
        else
        {
            ollama.Endpoint ??= OllamaEndpoint(environment[ProviderKeys.OllamaHost]);
        }
    }

    private static void AddOpenAI(IConfiguration environment, ProvidersOptions options)
    {
        var key = ProvidersConfiguration.ReadKey(environment[ProviderKeys.OpenAIKey], ProviderKeys.OpenAIKey, options.Problems);
        if (key is null)
        {
            return;
        }

        var endpoint = ProvidersConfiguration.ReadEndpoint(environment[ProviderKeys.OpenAIBaseUrl], ProviderKeys.OpenAIBaseUrl, options.Problems);
        if (!options.Providers.TryGetValue("openai", out var entry))
        {
            options.Providers["openai"] = WithAny(new ProviderOptions { Kind = "openai", Endpoint = endpoint, ApiKey = key });
        }
        else if (entry is { Kind: "openai", ApiKey: null } && BelongsTo(entry.Endpoint, endpoint ?? OpenAIProviderKind.PublicEndpoint))
        {
            entry.ApiKey = key;
            entry.Endpoint ??= endpoint;
        }
    }

    private static void AddAnthropic(IConfiguration environment, ProvidersOptions options)
    {
        var key = ProvidersConfiguration.ReadKey(environment[ProviderKeys.AnthropicKey], ProviderKeys.AnthropicKey, options.Problems);
        if (key is null)
        {
            return;
        }

        if (!options.Providers.TryGetValue("anthropic", out var entry))
        {
            options.Providers["anthropic"] = WithAny(new ProviderOptions { Kind = "anthropic", ApiKey = key });
        }
        else if (entry is { Kind: "anthropic", ApiKey: null } && BelongsTo(entry.Endpoint, AnthropicProviderKind.PublicEndpoint))
        {
            entry.ApiKey = key;
        }
    }

    // The environment's key goes only where the environment's address does.
    private static bool BelongsTo(Uri? entry, Uri environment) =>
        entry is null || (entry.Scheme == environment.Scheme && entry.Authority == environment.Authority);

    // 127.0.0.1:11434   0.0.0.0   http://gpu:11434   gpu
    private static Uri OllamaEndpoint(string? host)
    {
        var local = new Uri($"{LocalOllama}/v1");
        if (string.IsNullOrWhiteSpace(host))
        {
            return local;
        }

        var address = host.Contains("://", StringComparison.Ordinal) ? host : $"http://{host}";
        if (!Uri.TryCreate(address.TrimEnd('/'), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0)
        {
            return local;
        }

        var portGiven = !uri.IsDefaultPort || uri.Authority.EndsWith($":{uri.Port}", StringComparison.Ordinal) || host.Contains("://", StringComparison.Ordinal);
        return new UriBuilder(uri)
        {
            // What a server listens on is not always what a client can call.
            Host = uri.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : uri.Host,
            Port = portGiven ? uri.Port : 11434,
            Path = $"{uri.AbsolutePath.TrimEnd('/')}/v1",
        }.Uri;
    }

    private static ProviderOptions WithAny(ProviderOptions options)
    {
        options.Models.Add(HttpProvider.AnyModel);
        return options;
    }
}
