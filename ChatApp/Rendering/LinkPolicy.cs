using System.Diagnostics.CodeAnalysis;

namespace ChatApp.Rendering;

/// <summary>Which addresses an answer may link to: absolute http, https and mailto. Everything else is shown as text.</summary>
public static class LinkPolicy
{
    /// <summary>A link says nothing about the page it came from, and cannot reach back into it.</summary>
    public const string Rel = "noopener noreferrer nofollow";

    /// <summary>Gives the address as it may be written into the page, and the host it leads to (empty for mail).</summary>
    public static bool TryAllow(string? url, int longest, [NotNullWhen(true)] out string? href, out string host)
    {
        href = null;
        host = "";
        if (string.IsNullOrEmpty(url) || url.Length > longest || url.AsSpan().ContainsAny('\\', '\n', '\r') || ContainsControl(url))
        {
            return false;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed))
        {
            return false;
        }

        // "https:/evil" and "https:evil" parse as absolute too; a browser and this check must not differ about the host.
        var isWeb = parsed.Scheme is "http" or "https" && url.AsSpan(parsed.Scheme.Length).StartsWith("://", StringComparison.Ordinal)
            && parsed.Host.Length > 0;
        var isMail = parsed.Scheme is "mailto" && url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);
        if (!isWeb && !isMail)
        {
            return false;
        }

        host = isWeb ? parsed.IdnHost : "";
        href = parsed.AbsoluteUri;
        return href.Length <= 3 * longest;
    }

    private static bool ContainsControl(string url)
    {
        foreach (var c in url)
        {
            if (char.IsControl(c) || InvisibleText.IsInvisible(c))
            {
                return true;
            }
        }

        return false;
    }
}
