namespace ChatApp.Rendering;

/// <summary>The text of one leaf, line by line, and where each line stands in the source.</summary>
internal sealed class LeafText
{
    private readonly List<(int At, long Source)> _lines = [];
    private char[] _text = new char[64];

    public int Length { get; private set; }

    public int Lines => _lines.Count;

    public char this[int index] => _text[index];

    public void AddLine(ReadOnlySpan<char> line, long source)
    {
        if (_lines.Count > 0)
        {
            Append("\n");
        }

        _lines.Add((Length, source));
        Append(line);
    }

    /// <summary>Makes the last line longer.</summary>
    /// <param name="line">The whole line; only what is new of it is taken.</param>
    public void ExtendLine(ReadOnlySpan<char> line) => Append(line[(Length - _lines[^1].At)..]);

    /// <summary>Forgets the lines from <paramref name="lines"/> on, which were only shown.</summary>
    public void Truncate(int lines)
    {
        if (lines < _lines.Count)
        {
            Length = lines == 0 ? 0 : _lines[lines].At - 1;
            _lines.RemoveRange(lines, _lines.Count - lines);
        }
    }

    /// <summary>Where the last line starts, here and in the source.</summary>
    public (int At, long Source) LastLine => _lines.Count == 0 ? default : _lines[^1];

    public void TrimEnd() => Length = Span(0, Length).TrimEnd(" \t").Length;

    public ReadOnlySpan<char> Span(int start, int end) => _text.AsSpan(start, end - start);

    /// <summary>
    /// Adds a run of this leaf's text to a node, cut where flushes ended: what a browser shows already is then not sent again when more
    /// text follows it. The run is given apart because a repaired tail differs from the text in some characters.
    /// </summary>
    public void AddRun(MarkdownNode node, ReadOnlySpan<char> run, int at, FlushMarks marks)
    {
        var start = 0;
        var line = LineAt(at);
        for (var i = 0; i < run.Length;)
        {
            var lineEnd = line + 1 < _lines.Count ? _lines[line + 1].At - 1 : int.MaxValue;
            if (at + i < lineEnd)
            {
                var source = _lines[line].Source + (at + i - _lines[line].At);
                var length = (int)Math.Min(Math.Min(run.Length - i, lineEnd - at - i), marks.Next(source) - source);
                i += length;
                // A pair of surrogates is one character.
                if (i < run.Length && at + i < lineEnd && !char.IsLowSurrogate(run[i]))
                {
                    Add(node, run[start..i]);
                    start = i;
                }

                continue;
            }

            // A line's end goes with the line after it: "one" was shown before the "\ntwo" that followed.
            var before = _lines[line].Source + (lineEnd - _lines[line].At) - 1;
            if (marks.Next(before) <= _lines[line + 1].Source)
            {
                Add(node, run[start..i]);
                start = i;
            }

            i++;
            line++;
        }

        Add(node, run[start..]);
    }

    private static void Add(MarkdownNode node, ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty && InvisibleText.Clean(text) is { Length: > 0 } clean)
        {
            node.AddText(clean);
        }
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (Length + text.Length > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(2 * _text.Length, Length + text.Length));
        }

        text.CopyTo(_text.AsSpan(Length));
        Length += text.Length;
    }

    // The last line whose first character is at or before the place; asked mostly about the newest lines.
    private int LineAt(int at)
    {
        var low = 0;
        var high = _lines.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _lines[middle].At <= at ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
