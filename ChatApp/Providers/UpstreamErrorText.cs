using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatApp.Providers;

/// <summary>What a provider says about its error, made fit to show: short, one line, without anything that looks like a key.</summary>
internal static partial class UpstreamErrorText
{
    private const int MaxLength = 500;

    internal static bool IsHtml(string body) => body.AsSpan().TrimStart().StartsWith("<", StringComparison.Ordinal);

    /// <summary>The message in an error's body: <c>{"error":{"message":"…"}}</c>, <c>{"error":"…"}</c>, <c>{"message":"…"}</c>, or plain text.</summary>
    internal static string? FromBody(string body, string? apiKey)
    {
        if (string.IsNullOrWhiteSpace(body) || IsHtml(body))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return FromElement(root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) ? error : root, apiKey);
        }
        catch (JsonException)
        {
            return Clean(body, apiKey);
        }
    }

    internal static string? FromElement(JsonElement error, string? apiKey)
    {
        foreach (var name in (ReadOnlySpan<string>)["message", "detail", "type"])
        {
            if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String)
            {
                return Clean(JsonText.Read(text), apiKey);
            }
        }

        return Clean(error.ValueKind == JsonValueKind.String ? JsonText.Read(error) : error.GetRawText(), apiKey);
    }

    /// <summary>Cuts out <paramref name="apiKey"/> and whatever looks like a key, and everything after 500 characters.</summary>
    internal static string? Clean(string text, string? apiKey)
    {
        if (!string.IsNullOrEmpty(apiKey))
        {
            text = text.Replace(apiKey, "[key]", StringComparison.Ordinal);
        }

        text = KeyLike().Replace(text, "[key]");
        var clean = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= MaxLength)
            {
                clean.Append('…');
                break;
            }

            // One line: a terminal or a log reads control characters as commands.
            clean.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }

        return string.IsNullOrWhiteSpace(clean.ToString()) ? null : clean.ToString().Trim();
    }

    // sk-proj-abc…, sk-ant-api03-…, gsk_…, AIza…, Bearer …, also with the middle already starred out by the provider: sk-ab****wxyz
    [GeneratedRegex(@"\b(?:(?:sk|pk|rk|gsk|xai|hf|ghp|pplx|r8|nvapi)[-_][\w*.\-]{6,}|AIza[\w\-]{10,}|Bearer\s+[^\s""',]+)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 250)]
    private static partial Regex KeyLike();
}
