namespace ChatApp.Rendering;

/// <summary>Reads the first line of an alert, <c>[!NOTE]</c>.</summary>
internal static class AlertKind
{
    private static readonly string[] Kinds = ["note", "tip", "important", "warning", "caution"];

    /// <summary>The kind, and how much text says it, line end included; null for text that is no such line.</summary>
    public static string? Of(ReadOnlySpan<char> text, bool isFinal, out int length)
    {
        length = 0;
        if (!text.StartsWith("[!", StringComparison.Ordinal))
        {
            return null;
        }

        var end = text.IndexOf('\n');
        if (end < 0 && !isFinal)
        {
            return null;
        }

        var line = (end < 0 ? text : text[..end]).TrimEnd(" \t");
        length = end < 0 ? text.Length : end + 1;
        foreach (var kind in Kinds)
        {
            if (line.Length == kind.Length + 3 && line[2..^1].Equals(kind, StringComparison.OrdinalIgnoreCase) && line[^1] == ']')
            {
                return kind;
            }
        }

        return null;
    }
}
