using System.Reflection;
using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>
/// Finds settings that nothing reads, such as <c>ChatApp:ApiKey</c>: the binder passes over them in silence, and a limit or a key that is
/// misspelt would be missing without a word. What may be set are the properties of the classes that name their <c>Section</c>.
/// </summary>
internal sealed class SettingNames(IConfiguration settings) : IValidateOptions<SettingNames.All>
{
    private const string Top = ApiKeysOptions.Section;

    private static readonly ILookup<string, string> Known = Names().Distinct().ToLookup(entry => entry.Section, entry => entry.Name, StringComparer.OrdinalIgnoreCase);

    // Once, at the start, with all the others.
    public ValidateOptionsResult Validate(string? name, All options) =>
        Problems(settings) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;

    /// <summary>One line for each setting that does not exist, with the one that was probably meant.</summary>
    public static List<string> Problems(IConfiguration settings) =>
    [
        .. Known.SelectMany(section => settings.GetSection(section.Key).GetChildren()
            .Where(child => !section.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            .Select(child => $"{child.Path} is no setting. {Advice(child.Key, section)}")),
    ];

    private static string Advice(string key, IGrouping<string, string> section)
    {
        var nearest = section.MinBy(name => Spelling.Distance(key.ToUpperInvariant(), name.ToUpperInvariant()))!;
        return Spelling.Distance(key.ToUpperInvariant(), nearest.ToUpperInvariant()) <= Math.Max(2, nearest.Length / 3)
            ? $"Did you mean {section.Key}:{nearest}?"
            : $"{section.Key} has: {string.Join(", ", section.Order(StringComparer.Ordinal))}.";
    }

    private static IEnumerable<(string Section, string Name)> Names()
    {
        foreach (var type in typeof(SettingNames).Assembly.GetTypes())
        {
            if (type.GetField("Section", BindingFlags.Public | BindingFlags.Static) is not { IsLiteral: true } field
                || field.GetRawConstantValue() is not string section
                || section.Split(':')[0] != Top)
            {
                continue;
            }

            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                yield return (section, property.Name);
            }

            if (section != Top)
            {
                var end = section.LastIndexOf(':');
                yield return (section[..end], section[(end + 1)..]);
            }
        }

    }

    /// <summary>What is validated: no value, but the names.</summary>
    internal sealed class All;
}
