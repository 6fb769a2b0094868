using System.Text;

namespace ChatApp.Tools.Mcp;

/// <summary>What must not be said again: the values of a server's <c>Env</c> and <c>Headers</c> and of the query of its <c>Url</c>, which it may repeat in what it writes.</summary>
internal sealed class McpSecrets(McpServerOptions options)
{
    private const int Most = 500;

    // Shorter ones are words such as "info", and would be found everywhere.
    private const int Shortest = 6;

    private readonly string[] _values =
    [
        .. options.Env.Values.Concat(options.Headers.Values.SelectMany(value => (string[])[value, .. value.Split(' ')]))
            .Concat((options.Url?.Query ?? "").Split('?', '&').Select(part => part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..]).SelectMany(value => (string[])[value, Uri.UnescapeDataString(value)]))
            .Where(value => value.Length >= Shortest).Distinct(StringComparer.Ordinal).OrderByDescending(value => value.Length),
    ];

    /// <summary>A server's words on one line, without secrets and not too many.</summary>
    public string? Hide(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var hidden = new StringBuilder(text);
        foreach (var value in _values)
        {
            hidden.Replace(value, "***");
        }

        for (var i = 0; i < hidden.Length; i++)
        {
            hidden[i] = char.IsControl(hidden[i]) ? ' ' : hidden[i];
        }

        return hidden.Length <= Most ? hidden.ToString() : $"{hidden.ToString(0, Most)}…";
    }
}
