namespace ChatApp.Rendering;

/// <summary>Splits one line of a table as GitHub does: at every pipe that is not escaped, also inside code.</summary>
internal static class TableRowText
{
    public static bool HasPipe(ReadOnlySpan<char> line) => NextPipe(line, 0) >= 0;

    /// <summary>The cells of <c>| a | b |</c>, as ranges without the white space around them.</summary>
    public static List<Range> Cells(ReadOnlySpan<char> line, int most)
    {
        var cells = new List<Range>();
        var end = line.TrimEnd().Length;
        var start = end - line[..end].TrimStart().Length;
        if (start < end && line[start] == '|')
        {
            start++;
        }

        while (cells.Count < most && start < end)
        {
            var pipe = NextPipe(line[..end], start);
            cells.Add(Trim(line, start, pipe < 0 ? end : pipe));
            start = pipe < 0 ? end : pipe + 1;
        }

        return cells;
    }

    /// <summary>Reads <c>|:--|--:|</c>.</summary>
    public static List<MarkdownAlignment>? Alignments(ReadOnlySpan<char> line, int most)
    {
        if (line.IndexOf('|') < 0 || line.IndexOf('-') < 0 || line.IndexOfAnyExcept("|-: \t") >= 0)
        {
            return null;
        }

        var columns = new List<MarkdownAlignment>();
        foreach (var range in Cells(line, most + 1))
        {
            var cell = line[range];
            var left = cell.StartsWith(':');
            var right = cell.Length > 1 && cell.EndsWith(':');
            var dashes = cell[(left ? 1 : 0)..^(right ? 1 : 0)];
            if (dashes.IsEmpty || dashes.IndexOfAnyExcept('-') >= 0)
            {
                return null;
            }

            columns.Add((left, right) switch
            {
                (true, true) => MarkdownAlignment.Center,
                (true, false) => MarkdownAlignment.Left,
                (false, true) => MarkdownAlignment.Right,
                _ => MarkdownAlignment.None,
            });
        }

        return columns.Count > 0 && columns.Count <= most ? columns : null;
    }

    private static Range Trim(ReadOnlySpan<char> line, int start, int end)
    {
        while (start < end && line[start] is ' ' or '\t')
        {
            start++;
        }

        while (start < end && line[end - 1] is ' ' or '\t')
        {
            end--;
        }

        return start..end;
    }

    private static int NextPipe(ReadOnlySpan<char> line, int from)
    {
        for (var i = from; i < line.Length; i++)
        {
            if (line[i] == '\\')
            {
                i++;
            }
            else if (line[i] == '|')
            {
                return i;
            }
        }

        return -1;
    }
}
