namespace ChatApp.Providers;

/// <summary>The part of section <c>ChatApp</c> that is about models.</summary>
public sealed class ProvidersOptions
{
    /// <summary>The configuration's section.</summary>
    public const string Section = "ChatApp";

    /// <summary>The model used where none is named, as <c>provider/model</c>. Default: <c>guide/guide</c>, which needs nothing.</summary>
    public string DefaultModel { get; set; } = "guide/guide";

    /// <summary>The providers by name: those configured, those the environment names, and the built-in ones.</summary>
    public IDictionary<string, ProviderOptions> Providers { get; } = new Dictionary<string, ProviderOptions>(StringComparer.Ordinal);

    /// <summary>What is wrong with them: each names its setting, the problem and the fix, none a key.</summary>
    internal List<string> Problems { get; } = [];
}
