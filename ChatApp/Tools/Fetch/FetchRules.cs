using System.Globalization;
using System.Net;

namespace ChatApp.Tools.Fetch;

/// <summary>Which addresses a page may be read from, by their text. What a host's name leads to is looked at when it is connected to.</summary>
internal sealed class FetchRules
{
    private const int MostCharacters = 2048;

    private readonly Entry[] _allowed;
    private readonly Func<IPAddress, bool> _isPublic;

    /// <param name="allow">The hosts that may be read.</param>
    /// <param name="isPublic">Which addresses are of the public internet.</param>
    public FetchRules(IEnumerable<string> allow, Func<IPAddress, bool> isPublic)
    {
        _allowed = [.. allow.Select(Read)];
        _isPublic = isPublic;
    }

    /// <summary>Whether a line of the list can be read.</summary>
    public static bool IsValid(string line)
    {
        try
        {
            return Read(line) is not null;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    /// <summary>The address to read.</summary>
    /// <param name="text">The address as the model, or the server that redirects, has written it.</param>
    /// <param name="from">The page that redirects; null for the first.</param>
    /// <exception cref="ToolException">It must not be read, and why.</exception>
    public Uri Check(string text, Uri? from = null)
    {
        text = text.Trim();
        var shown = text.Length > 100 ? text[..100] + "…" : text;
        if (text.Length > MostCharacters || text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw new ToolException($"'{shown}' is no address: it has a space or a control character, or more than {MostCharacters} characters.");
        }

        if (!(from is null ? Uri.TryCreate(text, UriKind.Absolute, out var url) : Uri.TryCreate(from, text, out url)) || url.Host.Length == 0)
        {
            throw new ToolException($"'{shown}' is no whole address. Write it as https://example.com/page.");
        }

        if (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
        {
            throw new ToolException($"'{shown}' can't be read: only http and https can.");
        }

        if (url.UserInfo.Length > 0)
        {
            throw new ToolException("An address with a user name or password is not read. Leave out what stands before the @.");
        }

        var host = url.IdnHost.TrimEnd('.').ToLowerInvariant();
        if (IPAddress.TryParse(host, out var address) && !_isPublic(address))
        {
            throw Private(host);
        }

        if (!Array.Exists(_allowed, entry => Fits(entry, host, url.Port)))
        {
            throw new ToolException(Array.Exists(_allowed, entry => Fits(entry with { Port = null }, host, 443))
                ? $"Port {url.Port.ToString(CultureInfo.InvariantCulture)} of {host} is not read: only 80 and 443 are, and those that the settings name ({FetchOptions.Section}:{nameof(FetchOptions.Allow)})."
                : $"{host} is not among the hosts that may be read ({FetchOptions.Section}:{nameof(FetchOptions.Allow)}). Those are: {string.Join(", ", _allowed.Select(Write))}.");
        }

        return url;
    }

    /// <summary>What is said of an address that is not of the public internet.</summary>
    public static ToolException Private(string host) =>
        new($"{host} is not read: its address is this machine's, a private network's or a reserved one. Only public addresses are read.");

    private static bool Fits(Entry entry, string host, int port) =>
        (entry.Port is { } named ? port == named : port is 80 or 443)
        && (entry.IsBelow ? entry.Host.Length == 0 || host.EndsWith($".{entry.Host}", StringComparison.Ordinal) : host == entry.Host);

    // example.com   *.example.com   *   example.com:8443   [2001:db8::1]:8443; names with other letters in their xn-- form, as they are compared.
    private static Entry Read(string line)
    {
        line = line.Trim();
        var colon = line.LastIndexOf(':');
        int? port = null;
        if (colon > line.LastIndexOf(']') && (line.StartsWith('[') || line.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            port = ushort.TryParse(line.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new UriFormatException();
            line = line[..colon];
        }

        if (line == "*")
        {
            return new Entry("", IsBelow: true, port);
        }

        var isBelow = line.StartsWith("*.", StringComparison.Ordinal);
        var name = isBelow ? line[2..] : line;
        if (name.Length == 0 || name.IndexOfAny(['*', '/', '@', '?', '#', '\\', ' ']) >= 0)
        {
            throw new UriFormatException();
        }

        var host = new Uri($"http://{(name.Contains(':', StringComparison.Ordinal) && !name.StartsWith('[') ? $"[{name}]" : name)}/").IdnHost.TrimEnd('.').ToLowerInvariant();
        return new Entry(host, isBelow, port);
    }

    private static string Write(Entry entry) =>
        (entry.IsBelow ? entry.Host.Length == 0 ? "*" : "*." : "") + entry.Host + (entry.Port is { } port ? string.Create(CultureInfo.InvariantCulture, $":{port}") : "");

    // Of "*", the host is empty: every one is below it.
    private sealed record Entry(string Host, bool IsBelow, int? Port);
}
