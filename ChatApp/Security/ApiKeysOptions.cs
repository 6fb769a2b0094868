using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>The keys that open the app: <c>ChatApp:ApiKeys</c>. None means that no key is asked for, and that only this machine is served.</summary>
public sealed class ApiKeysOptions
{
    public const string Section = "ChatApp";

    /// <summary>Where the list stands in the settings.</summary>
    public const string ListSection = $"{Section}:{nameof(ApiKeys)}";

    /// <summary>The keys.</summary>
    public IList<ApiKeyEntry> ApiKeys { get; } = [];
}

/// <summary>One key.</summary>
public sealed class ApiKeyEntry
{
    /// <summary>Whose it is: runs and conversations belong to this name.</summary>
    public string? Name { get; set; }

    /// <summary>The key's SHA-256 as 64 hexadecimal digits.</summary>
    public string? Hash { get; set; }
}

internal sealed class ApiKeysOptionsValidator : IValidateOptions<ApiKeysOptions>
{
    public const int MaxName = 64;

    private const string Advice = "Make an entry with: dotnet run --project ChatApp -- key new NAME";

    public ValidateOptionsResult Validate(string? name, ApiKeysOptions options)
    {
        var problems = new List<string>();
        var (names, hashes) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        for (var i = 0; i < options.ApiKeys.Count; i++)
        {
            var (entry, key) = (options.ApiKeys[i], $"{ApiKeysOptions.ListSection}:{i}");
            if (!IsName(entry?.Name))
            {
                problems.Add($"{key}:{nameof(ApiKeyEntry.Name)} must have 1 to {MaxName} visible characters, without blanks at its ends.");
            }
            else if (!names.Add(entry!.Name!))
            {
                problems.Add($"{key}:{nameof(ApiKeyEntry.Name)} stands there twice. Every key needs a name of its own.");
            }

            if (!IsHash(entry?.Hash))
            {
                problems.Add($"{key}:{nameof(ApiKeyEntry.Hash)} must be a SHA-256 of 64 hexadecimal digits, not the key itself. {Advice}");
            }
            else if (!hashes.Add(entry!.Hash!))
            {
                problems.Add($"{key}:{nameof(ApiKeyEntry.Hash)} stands there twice. {Advice}");
            }
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    /// <summary>Whether a key may have the name. It goes into logs and the page, so it is one line.</summary>
    public static bool IsName(string? name) => name is { Length: > 0 and <= MaxName } && name.Trim() == name && !name.Any(char.IsControl);

    private static bool IsHash(string? hash) => hash is { Length: 64 } && hash.All(char.IsAsciiHexDigit);
}
