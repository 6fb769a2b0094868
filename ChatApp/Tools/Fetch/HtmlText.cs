using System.Net;
using System.Text;

namespace ChatApp.Tools.Fetch;

/// <summary>
/// Makes text of a web page: headings, lists, tables and links as one would type them; scripts, styles and what leads around the site left out.
/// It goes through the page once, whatever the page's tags are like, and builds no tree.
/// </summary>
internal sealed class HtmlText
{
    private const int LittleText = 200;

    // What stands inside is no markup.
    private static readonly HashSet<string> Raw = new(["script", "style", "iframe", "noembed", "noframes", "textarea", "title", "xmp"], StringComparer.Ordinal);
    private static readonly HashSet<string> Silent = new(["svg", "template", "noscript", "select", "object", "canvas", "audio", "video"], StringComparer.Ordinal);
    private static readonly HashSet<string> Around = new(["nav", "footer"], StringComparer.Ordinal);
    private static readonly HashSet<string> Lines = new(["br", "li", "tr", "dt", "dd", "option"], StringComparer.Ordinal);
    private static readonly HashSet<string> Blocks = new(
        "address article aside blockquote body caption center details dialog div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html main nav ol p pre section summary table tbody thead ul".Split(' '),
        StringComparer.Ordinal);

    private readonly string _html;
    private readonly Uri _url;
    private readonly bool _whole;
    private readonly int _most;
    private readonly StringBuilder _text = new();
    private int _at;
    private int _silent;
    private int _pre;
    private int _breaks = 2;
    private bool _space;
    private string? _title;
    private (string Url, int From)? _link;

    private HtmlText(string html, Uri url, bool whole, int most) => (_html, _url, _whole, _most) = (html, url, whole, most);

    /// <summary>The page's title and text.</summary>
    /// <param name="html">The page.</param>
    /// <param name="url">Where it was found.</param>
    /// <param name="isCut">Whether there was more of it.</param>
    /// <param name="most">How many characters are wanted: a little more than that is read, however much longer its links' whole addresses are than the page.</param>
    public static Page Read(string html, Uri url, bool isCut, int most)
    {
        var reader = new HtmlText(html, url, whole: false, most);
        var text = reader.Read();
        if (text.Length < Math.Min(LittleText, most))
        {
            // Some pages are all navigation, and some forget to close it.
            reader = new HtmlText(html, url, whole: true, most);
            text = reader.Read();
        }

        return new Page(url, reader._title, text, isCut || reader._at < html.Length);
    }

    private string Read()
    {
        while (_at < _html.Length && _text.Length <= _most)
        {
            var next = _html.IndexOf('<', _at);
            var end = next < 0 ? _html.Length : next;
            Write(_html.AsSpan(_at, end - _at));
            _at = end;
            if (_at < _html.Length)
            {
                Markup();
            }
        }

        EndLink();
        return _text.ToString().Trim();
    }

    private void Markup()
    {
        var rest = _html.AsSpan(_at);
        if (rest.StartsWith("<!--"))
        {
            SkipTo("-->");
        }
        else if (rest.Length > 1 && rest[1] is '!' or '?')
        {
            SkipTo(">");
        }
        else if (rest.Length > 1 && (char.IsAsciiLetter(rest[1]) || (rest[1] == '/' && rest.Length > 2 && char.IsAsciiLetter(rest[2]))))
        {
            Tag();
        }
        else
        {
            Write("<");
            _at++;
        }
    }

    private void SkipTo(string end)
    {
        var at = _html.IndexOf(end, _at, StringComparison.Ordinal);
        _at = at < 0 ? _html.Length : at + end.Length;
    }

    private void Tag()
    {
        var closes = _html[_at + 1] == '/';
        var from = _at + (closes ? 2 : 1);
        var to = from;
        while (to < _html.Length && !char.IsWhiteSpace(_html[to]) && _html[to] is not ('>' or '/'))
        {
            to++;
        }

        var name = to - from > 20 ? "" : _html[from..to].ToLowerInvariant();
        _at = to;
        var href = Attributes(name == "a" && !closes ? "href" : name == "img" ? "alt" : null);
        if (!closes && Raw.Contains(name))
        {
            Skip(name);
            return;
        }

        // <svg … /> has nothing inside.
        var isEmpty = !closes && _html[_at - 1] == '>' && _html[_at - 2] == '/';
        if (!isEmpty && (Silent.Contains(name) || (!_whole && Around.Contains(name))))
        {
            _silent = Math.Max(0, _silent + (closes ? -1 : 1));
        }

        Show(name, closes, href);
    }

    private void Show(string name, bool closes, string? value)
    {
        if (Blocks.Contains(name))
        {
            Break(2);
        }
        else if (Lines.Contains(name))
        {
            Break(1);
        }

        switch (name)
        {
            case "h1" or "h2" or "h3" or "h4" or "h5" or "h6" when !closes:
                Write(new string('#', name[1] - '0'));
                _space = true;
                break;
            case "li" when !closes:
                Write("-");
                _space = true;
                break;
            case "td" or "th" when closes:
                Write(" | ");
                break;
            case "pre":
                _pre = Math.Max(0, _pre + (closes ? -1 : 1));
                break;
            case "img" when value is { Length: > 0 }:
                Write(value);
                break;
            case "a":
                EndLink();
                _link = value is not null && _silent == 0 && Uri.TryCreate(_url, value.Trim(), out var to) && to.Scheme is "http" or "https" && !value.TrimStart().StartsWith('#') ? (to.AbsoluteUri, _text.Length) : null;
                break;
        }
    }

    // [words](address)
    private void EndLink()
    {
        if (_link is not var (url, from))
        {
            return;
        }

        _link = null;
        while (from < _text.Length && char.IsWhiteSpace(_text[from]))
        {
            from++;
        }

        if (from < _text.Length)
        {
            _text.Insert(from, '[').Append("](").Append(url).Append(')');
        }
    }

    // The value of the one that is wanted; the others are passed over, and so is a > in quotes.
    private string? Attributes(string? wanted)
    {
        string? found = null;
        while (_at < _html.Length && _html[_at] != '>')
        {
            if (char.IsWhiteSpace(_html[_at]) || _html[_at] is '/' or '=')
            {
                _at++;
                continue;
            }

            var from = _at;
            while (_at < _html.Length && !char.IsWhiteSpace(_html[_at]) && _html[_at] is not ('>' or '/' or '='))
            {
                _at++;
            }

            var name = _html.AsSpan(from, _at - from);
            var value = Value();
            if (wanted is not null && found is null && name.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            {
                found = WebUtility.HtmlDecode(value.ToString());
            }
        }

        _at = Math.Min(_at + 1, _html.Length);
        return found;
    }

    private ReadOnlySpan<char> Value()
    {
        var at = _at;
        while (at < _html.Length && char.IsWhiteSpace(_html[at]))
        {
            at++;
        }

        if (at >= _html.Length || _html[at] != '=')
        {
            return "";
        }

        at++;
        while (at < _html.Length && char.IsWhiteSpace(_html[at]))
        {
            at++;
        }

        if (at < _html.Length && _html[at] is '"' or '\'')
        {
            var close = _html.IndexOf(_html[at], at + 1);
            close = close < 0 ? _html.Length : close;
            _at = Math.Min(close + 1, _html.Length);
            return _html.AsSpan(at + 1, Math.Max(0, close - at - 1));
        }

        var from = at;
        while (at < _html.Length && !char.IsWhiteSpace(_html[at]) && _html[at] != '>')
        {
            at++;
        }

        _at = at;
        return _html.AsSpan(from, at - from);
    }

    private void Skip(string name)
    {
        var end = _html.IndexOf($"</{name}", _at, StringComparison.OrdinalIgnoreCase);
        end = end < 0 ? _html.Length : end;
        if (name == "title" && _silent == 0)
        {
            _title ??= Words(WebUtility.HtmlDecode(_html[_at..end])) is { Length: > 0 } title ? title.Length > 300 ? title[..300] : title : null;
        }
        else if (name == "xmp")
        {
            Write(_html.AsSpan(_at, end - _at));
        }

        _at = end;
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private void Break(int lines)
    {
        if (_silent == 0)
        {
            _breaks = Math.Max(_breaks, lines);
            _space = false;
        }
    }

    private void Write(ReadOnlySpan<char> html)
    {
        if (_silent > 0 || html.IsEmpty)
        {
            return;
        }

        var text = html.Contains('&') ? WebUtility.HtmlDecode(html.ToString()).AsSpan() : html;
        foreach (var c in text)
        {
            if (_pre > 0 && c == '\n')
            {
                _text.Append('\n');
                continue;
            }

            if (char.IsWhiteSpace(c) && _pre == 0)
            {
                _space |= _breaks == 0;
                continue;
            }

            if (char.IsControl(c) && c != '\t')
            {
                continue;
            }

            if (_breaks > 0)
            {
                _text.Append('\n', _text.Length == 0 ? 0 : _breaks);
            }
            else if (_space)
            {
                _text.Append(' ');
            }

            (_breaks, _space) = (0, false);
            _text.Append(c);
        }
    }
}
