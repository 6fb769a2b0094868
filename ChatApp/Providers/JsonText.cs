using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatApp.Providers;

/// <summary>Reads JSON from servers that are almost right.</summary>
internal static partial class JsonText
{
    /// <summary>A string element's text. An escape for half a surrogate pair (<c>"\ud83d"</c>), which is no text, becomes U+FFFD.</summary>
    internal static string Read(JsonElement element)
    {
        try
        {
            return element.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            var mended = Escape().Replace(element.GetRawText(), static e => IsHalf(e.ValueSpan) ? @"\ufffd" : e.Value);
            return JsonSerializer.Deserialize<string>(mended) ?? "";
        }
    }

    /// <summary>A string property's text; empty where it is absent, null or something else.</summary>
    internal static string Read(JsonElement parent, string property) =>
        Find(parent, property) is { ValueKind: JsonValueKind.String } element ? Read(element) : "";

    /// <summary>A property that is there and isn't null; null where the parent is no object.</summary>
    internal static JsonElement? Find(JsonElement? parent, string property) =>
        parent is { ValueKind: JsonValueKind.Object } p && p.TryGetProperty(property, out var element) && element.ValueKind != JsonValueKind.Null
            ? element
            : null;

    private static bool IsHalf(ReadOnlySpan<char> escape) =>
        escape.Length == 6 && escape[2] is 'd' or 'D' && escape[3] is (>= '8' and <= '9') or (>= 'a' and <= 'f') or (>= 'A' and <= 'F');

    // Whole pairs first, then single escapes; \\ is taken as a unit, so that the text \\ud83d stays what it is.
    [GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escape();
}
