namespace ChatApp.Providers;

/// <summary>Where keys are set, for messages.</summary>
internal static class ProviderKeys
{
    internal const string OpenAIKey = "OPENAI_API_KEY";
    internal const string OpenAIBaseUrl = "OPENAI_BASE_URL";
    internal const string AnthropicKey = "ANTHROPIC_API_KEY";
    internal const string OllamaHost = "OLLAMA_HOST";

    /// <summary><c>OPENAI_API_KEY or ChatApp:Providers:openai:ApiKey</c>; the variable only where it would be used.</summary>
    internal static string Setting(string name, string kind)
    {
        var setting = $"{ProvidersOptions.Section}:Providers:{name}:ApiKey";
        return Variable(kind) is { } variable && name == kind ? $"{variable} or {setting}" : setting;
    }

    internal static string Missing(UpstreamTarget target) => $"It has no key. Set {target.KeySetting}, then start again.";

    private static string? Variable(string kind) => kind switch
    {
        "openai" => OpenAIKey,
        "anthropic" => AnthropicKey,
        _ => null,
    };
}
