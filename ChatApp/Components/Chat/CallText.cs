using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatApp.Rendering;

namespace ChatApp.Components.Chat;

/// <summary>What goes into a tool and comes out of it, as text for people. It is put into text nodes only.</summary>
internal static class CallText
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 128, SkipValidation = true };

    /// <summary>JSON with its lines and indents, and all that can't be seen written out; null where it is neither an object nor an array.</summary>
    public static string? Pretty(string json)
    {
        if (json.AsSpan().TrimStart() is not ['{' or '[', ..])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128 });
            using var buffer = new MemoryStream(json.Length * 2);
            using (var writer = new Utf8JsonWriter(buffer, Indented))
            {
                document.WriteTo(writer);
            }

            return Escaped(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A result as it is shown: JSON with its lines, any other text without what can't be seen.</summary>
    public static string Shown(string text) => Pretty(text) ?? InvisibleText.Clean(text);

    /// <summary>Arguments in one line: the values of an object's first level.</summary>
    public static string Summary(string arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments, new JsonDocumentOptions { MaxDepth = 128 });
            return document.RootElement.ValueKind != JsonValueKind.Object ? "" : Line(string.Join(", ", document.RootElement.EnumerateObject().Select(Value).Where(value => value.Length > 0).Take(4)), 120);
        }
        catch (JsonException)
        {
            return "";
        }
    }

    /// <summary>The beginning of a text, as one line without what can't be seen.</summary>
    public static string Line(string text, int most)
    {
        var line = new StringBuilder(Math.Min(text.Length, most + 1));
        foreach (var rune in InvisibleText.Clean(text.AsSpan(0, Math.Min(text.Length, most * 8))).EnumerateRunes())
        {
            if (line.Length >= most)
            {
                return line.Append('…').ToString();
            }

            if (!Rune.IsWhiteSpace(rune))
            {
                line.Append(rune.ToString());
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>How much text it is: <c>98 kB</c>.</summary>
    public static string Size(int length) => length < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{length} characters")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Round(length / 1000.0):#,0} kB");

    /// <summary>The first <paramref name="most"/> characters, not ending within one.</summary>
    public static string Cut(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];

    private static string Value(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String => property.Value.GetString()!,
        JsonValueKind.Number => property.Value.GetRawText(),
        JsonValueKind.True => property.Name,
        JsonValueKind.Object or JsonValueKind.Array => $"{property.Name} …",
        _ => "",
    };

    // Who allows a call must see all of it: what could turn the text around or hide in it stands there as its number. The writer does so with every character
    // that takes two, emoji among them, which are put back.
    private static string Escaped(string json)
    {
        if (json.AsSpan().IndexOfAny(Suspects) < 0)
        {
            return json;
        }

        var text = new StringBuilder(json.Length + 64);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '\\' && PairAt(json, i) is { } pair)
            {
                text.Append(pair);
                i += 11;
            }
            else if (json[i] == '\\')
            {
                text.Append(json[i]).Append(json[++i]);
            }
            else if (InvisibleText.IsInvisible(json[i]) && json[i] != '\n')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)json[i]:X4}");
            }
            else
            {
                text.Append(json[i]);
            }
        }

        return text.ToString();
    }

    // The character that stands there as two numbers, where it is one to be seen.
    private static string? PairAt(string json, int at) =>
        at + 11 < json.Length && json[at + 1] == 'u' && json[at + 6] == '\\' && json[at + 7] == 'u'
        && ushort.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
        && ushort.TryParse(json.AsSpan(at + 8, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
        && high is >= 0xD800 and <= 0xDBFF and not 0xDB40 && low is >= 0xDC00 and <= 0xDFFF
            ? string.Create(2, (high, low), static (pair, code) => (pair[0], pair[1]) = ((char)code.high, (char)code.low))
            : null;

    private static readonly System.Buffers.SearchValues<char> Suspects = System.Buffers.SearchValues.Create(
        ['\\', .. Enumerable.Range(0, 0x10000).Select(number => (char)number).Where(c => InvisibleText.IsInvisible(c) && c != '\n')]);
}
