using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>
/// Whether <c>ChatApp:ApiKeys</c> is a list of entries. The binder drops what it can't make an entry of, such as a hash that stands there
/// alone, in silence: then no key would be asked for although somebody set one.
/// </summary>
internal sealed class ApiKeysShape(IConfiguration settings) : IValidateOptions<ApiKeysOptions>
{
    public ValidateOptionsResult Validate(string? name, ApiKeysOptions options) =>
        Problems(settings) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;

    /// <summary>The entries as they are bound.</summary>
    public static IList<ApiKeyEntry> Bind(IConfiguration settings)
    {
        var options = new ApiKeysOptions();
        settings.GetSection(ApiKeysOptions.Section).Bind(options);
        return options.ApiKeys;
    }

    /// <summary>What of the list is no entry; it names settings and never their values.</summary>
    public static List<string> Problems(IConfiguration settings)
    {
        var list = settings.GetSection(ApiKeysOptions.ListSection);
        var children = list.GetChildren().ToList();
        var wrong = children.Where(child => !child.GetChildren().Any() || !string.IsNullOrEmpty(child.Value)).Select(child => child.Path).ToList();
        if (!string.IsNullOrEmpty(list.Value) || (wrong.Count == 0 && Bind(settings).Count != children.Count))
        {
            wrong.Add(list.Path);
        }

        return
        [
            .. wrong.Select(path => $$"""{{path}} can't be read: the list holds entries such as { "Name": "laptop", "Hash": "…" }, in the environment {{Environment}}__0__Name and {{Environment}}__0__Hash. """
                + "Make one with: dotnet run --project ChatApp -- key new NAME"),
        ];
    }

    private static string Environment => ApiKeysOptions.ListSection.Replace(":", "__", StringComparison.Ordinal);
}
