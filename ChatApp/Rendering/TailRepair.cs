namespace ChatApp.Rendering;

/// <summary>
/// Makes the half-typed end of a text look like what it will probably be: <c>**bo</c> is bold, <c>[text](http://exa</c> is its text and no link
/// to half an address. Only what is shown until the next text comes is changed; what settles is the text as it was written.
/// Characters are blanked out or added at the end, so that every other keeps its place.
/// </summary>
internal ref struct TailRepair
{
    // A marker this far back that found no partner is more likely a lone asterisk than the start of something.
    private const int Reach = 600;

    private readonly List<(char Marker, int Count, int At)> _open = [];
    private readonly List<int> _brackets = [];
    private readonly Span<char> _text;
    private string _closing = "";

    private TailRepair(Span<char> text) => _text = text;

    public static string Repair(ReadOnlySpan<char> tail)
    {
        var copy = tail.ToArray();
        var repair = new TailRepair(copy);
        var end = repair.Scan();
        repair.HideAddress();
        var closing = repair.Closing();
        if (closing.Length > 0)
        {
            // "**bold " could not be closed after the space.
            for (var i = end - 1; i >= 0 && copy[i] is ' ' or '\n'; i--)
            {
                copy[i] = InvisibleText.Blank;
            }
        }

        return new string(copy) + closing;
    }

    private int Scan()
    {
        for (var i = 0; i < _text.Length;)
        {
            var c = _text[i];
            switch (c)
            {
                case '\\':
                    if (i + 1 == _text.Length)
                    {
                        _text[i] = InvisibleText.Blank;
                    }

                    i += 2;
                    break;
                case '`':
                    i = Code(i);
                    break;
                case '*' or '_' or '~':
                    i = Emphasis(i, c);
                    break;
                case '[':
                    _brackets.Add(i++);
                    break;
                case ']':
                    i = CloseBracket(i);
                    break;
                case '&' when _text.Length - i <= 8 && _text[(i + 1)..].IndexOfAnyExceptInRange('#', 'z') < 0 && _text[i..].IndexOfAny(" ;") < 0:
                    Blank(i, _text.Length);
                    i = _text.Length;
                    break;
                default:
                    i++;
                    break;
            }
        }

        foreach (var bracket in _brackets)
        {
            if (_text.Length - bracket <= Reach)
            {
                HideBracket(bracket);
            }
        }

        return _text.Length;
    }

    // "`code" gets its end; so does "``co`de`", whose end is half there.
    private int Code(int at)
    {
        var count = Run(at, '`');
        for (var i = at + count; i < _text.Length; i++)
        {
            if (_text[i] != '`')
            {
                continue;
            }

            var run = Run(i, '`');
            if (run == count)
            {
                return i + run;
            }

            i += run - 1;
        }

        if (_text.Length - at > Reach)
        {
            return at + count;
        }

        if (at + count == _text.Length)
        {
            Blank(at, _text.Length);
            return _text.Length;
        }

        var half = 0;
        while (half < count - 1 && _text[^(half + 1)] == '`')
        {
            half++;
        }

        Blank(_text.Length - half, _text.Length);
        _closing = new string('`', count);
        return _text.Length;
    }

    private int Emphasis(int at, char c)
    {
        var count = Run(at, c);
        var end = at + count;
        if (c == '~' && count != 2 && end < _text.Length)
        {
            return end;
        }

        var before = at > 0 ? _text[at - 1] : ' ';
        var canClose = !char.IsWhiteSpace(before);
        if (end == _text.Length)
        {
            // Not known yet whether this opens or closes. It takes no part.
            if (!CloseFinal(c, count))
            {
                Blank(at, end);
            }

            return end;
        }

        var after = _text[end];
        if (canClose && !(c == '_' && char.IsLetterOrDigit(after)) && TryClose(c, count))
        {
            return end;
        }

        if (!char.IsWhiteSpace(after) && !(c == '_' && char.IsLetterOrDigit(before)))
        {
            _open.Add((c, Math.Min(count, 3), at));
        }

        return end;
    }

    private readonly bool TryClose(char c, int count)
    {
        var at = _open.FindLastIndex(open => open.Marker == c);
        if (at < 0)
        {
            return false;
        }

        var rest = _open[at].Count - count;
        _open.RemoveRange(at, _open.Count - at);
        if (rest > 0)
        {
            _open.Add((c, rest, 0));
        }

        return true;
    }

    private readonly bool CloseFinal(char c, int count)
    {
        var at = _open.FindLastIndex(open => open.Marker == c);
        if (at < 0 || at != _open.Count - 1 || _open[at].Count != count)
        {
            return false;
        }

        _open.RemoveAt(at);
        return true;
    }

    private int CloseBracket(int at)
    {
        if (_brackets.Count == 0)
        {
            return at + 1;
        }

        var open = _brackets[^1];
        _brackets.RemoveAt(_brackets.Count - 1);
        if (at + 1 < _text.Length && _text[at + 1] == '(')
        {
            var close = _text[(at + 1)..].IndexOf(')');
            if (close < 0 && _text.Length - at < 4 * Reach && _text[(at + 1)..].IndexOf('\n') < 0)
            {
                HideBracket(open);
                Blank(at, _text.Length);
                return _text.Length;
            }

            return close < 0 ? at + 2 : at + 1 + close;
        }

        return at + 1;
    }

    private readonly void HideBracket(int bracket)
    {
        _text[bracket] = InvisibleText.Blank;
        if (bracket > 0 && _text[bracket - 1] == '!')
        {
            _text[bracket - 1] = InvisibleText.Blank;
        }

        if (bracket + 1 < _text.Length && _text[bracket + 1] == '^')
        {
            Blank(bracket, _text.Length);
        }
    }

    // "see https://exam" is no link before the address has ended, and neither is "<https://exam".
    private readonly void HideAddress()
    {
        var word = _text.LastIndexOfAny(" \n\t(") + 1;
        var colon = _text[word..].IndexOf(':');
        if (colon >= 0 && _text[word..].IndexOf(')') < 0)
        {
            _text[word + colon] = InvisibleText.Colon;
        }
        else if (_text[word..].IndexOf("www.") is >= 0 and var www)
        {
            _text[word + www + 3] = '\u2024';
        }
    }

    private readonly string Closing()
    {
        var closing = new System.Text.StringBuilder(_closing);
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            if (_text.Length - _open[i].At <= Reach || _open[i].At == 0)
            {
                closing.Append(_open[i].Marker, _open[i].Count);
            }
        }

        return closing.ToString();
    }

    private readonly int Run(int at, char c)
    {
        var length = _text[at..].IndexOfAnyExcept(c);
        return length < 0 ? _text.Length - at : length;
    }

    private readonly void Blank(int start, int end) => _text[start..end].Fill(InvisibleText.Blank);
}
