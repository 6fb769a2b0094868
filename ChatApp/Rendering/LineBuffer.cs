namespace ChatApp.Rendering;

/// <summary>Text whose lines have not ended. Appending costs what is appended, however long the line has become.</summary>
internal sealed class LineBuffer
{
    private char[] _buffer = new char[256];
    private int _length;

    public ReadOnlySpan<char> Text => _buffer.AsSpan(0, _length);

    /// <summary>Adds text; gives back the lines that are complete now, with their ends.</summary>
    public string? Append(ReadOnlySpan<char> text)
    {
        var searched = Math.Max(0, _length - 1);
        if (_length + text.Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + text.Length));
        }

        text.CopyTo(_buffer.AsSpan(_length));
        _buffer.AsSpan(_length, text.Length).Replace('\0', '\uFFFD');
        _length += text.Length;
        var end = EndOfLines(searched);
        if (end == 0)
        {
            return null;
        }

        var lines = _buffer.AsSpan(0, end).ToString();
        _buffer.AsSpan(end, _length - end).CopyTo(_buffer);
        _length -= end;
        return lines;
    }

    /// <summary>Everything that is left, as the last line.</summary>
    public string TakeAll()
    {
        var rest = Text.ToString();
        _length = 0;
        return rest;
    }

    // A carriage return at the very end may be the first half of a line's end.
    private int EndOfLines(int searched)
    {
        for (var i = _length - 1; i >= searched; i--)
        {
            if (_buffer[i] == '\n' || (_buffer[i] == '\r' && i + 1 < _length))
            {
                return i + 1;
            }
        }

        return 0;
    }
}
