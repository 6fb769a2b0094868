using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatApp.Providers;

/// <summary>Reads JSON from servers that are almost right.</summary>
internal static partial class JsonText
{
    /// <summary>A string element's text. An escape for half a surrogate pair (<c>"\ud83d"</c>), which is no text, becomes U+FFFD.</summary>
    internal static string Read(JsonElement element) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(ReadPiece(element)));

    /// <summary>A string element's text as a piece of a longer one: half a surrogate pair stays, since its other half may begin the next piece.</summary>
    internal static string ReadPiece(JsonElement element)
    {
        try
        {
            return element.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return Escape().Replace(element.GetRawText()[1..^1], static e => e.ValueSpan[1] switch
            {
                'u' => $"{(char)ushort.Parse(e.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)}",
                'b' => "\b",
                'f' => "\f",
                'n' => "\n",
                'r' => "\r",
                't' => "\t",
                var itself => $"{itself}",
            });
        }
    }

    /// <summary>A string property's text; empty where it is absent, null or something else.</summary>
    internal static string Read(JsonElement parent, string property) =>
        Find(parent, property) is { ValueKind: JsonValueKind.String } element ? Read(element) : "";

    /// <inheritdoc cref="ReadPiece(JsonElement)"/>
    internal static string ReadPiece(JsonElement parent, string property) =>
        Find(parent, property) is { ValueKind: JsonValueKind.String } element ? ReadPiece(element) : "";

    /// <summary>A property that is there and isn't null; null where the parent is no object.</summary>
    internal static JsonElement? Find(JsonElement? parent, string property) =>
        parent is { ValueKind: JsonValueKind.Object } p && p.TryGetProperty(property, out var element) && element.ValueKind != JsonValueKind.Null
            ? element
            : null;

    /// <summary>JSON that a model has written, where escapes for half a surrogate pair stand for U+FFFD: whoever writes such JSON again would fail.</summary>
    internal static string Mend(string json) => !json.Contains("\\u", StringComparison.Ordinal) ? json
        : HalfPair().Replace(json, static e => e.Groups["half"].Success ? "\\uFFFD" : e.Value);

    // Whole pairs and other escapes are passed over.
    [GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HalfPair();

    // \\ is taken as a unit, so that the text \\ud83d stays what it is.
    [GeneratedRegex(@"\\u[0-9a-fA-F]{4}|\\.", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Escape();
}
