using Markdig.Syntax.Inlines;

namespace ChatApp.Rendering;

/// <summary>
/// Finds the first character of a parsed piece of text that later text could still give a meaning: <c>2 *3</c>, <c>`code without end</c>,
/// <c>[link](http://exam</c>. Before it, nothing can change any more.
/// </summary>
internal ref struct PendingOpeners(string text)
{
    private readonly List<int> _brackets = [];
    private int _first = int.MaxValue;

    public static int First(string text, ContainerInline root)
    {
        var finder = new PendingOpeners(text);
        for (var inline = root.FirstChild; inline is not null; inline = Next(inline, root))
        {
            if (inline is LiteralInline literal && ReferenceEquals(literal.Content.Text, text))
            {
                finder.Literal(literal.Content.Start + (literal.IsFirstCharacterEscaped ? 1 : 0), literal.Content.End);
            }
            else if (inline is DelimiterInline)
            {
                finder._first = Math.Min(finder._first, inline.Span.Start);
            }
        }

        return finder._brackets.Count > 0 ? Math.Min(finder._first, finder._brackets[0]) : finder._first;
    }

    private static Inline? Next(Inline inline, ContainerInline root)
    {
        if (inline is ContainerInline { FirstChild: { } child })
        {
            return child;
        }

        while (inline.NextSibling is null)
        {
            if (inline.Parent is null || ReferenceEquals(inline.Parent, root))
            {
                return null;
            }

            inline = inline.Parent;
        }

        return inline.NextSibling;
    }

    private void Literal(int start, int end)
    {
        for (var i = start; i <= end; i++)
        {
            switch (text[i])
            {
                case '`':
                case '*' or '_' or '~' when CanOpen(i):
                case '$' when MayBeMath(i):
                    _first = Math.Min(_first, i);
                    break;
                case '[':
                    _brackets.Add(i);
                    break;
                case ']' when _brackets.Count > 0:
                    // "](" without its end may yet become a link.
                    if (At(i + 1) is '(' or '[')
                    {
                        _first = Math.Min(_first, _brackets[^1]);
                    }

                    _brackets.RemoveAt(_brackets.Count - 1);
                    break;
                default:
                    break;
            }
        }
    }

    private bool CanOpen(int i)
    {
        var c = text[i];
        var before = i;
        while (At(before) == c)
        {
            before--;
        }

        var after = i;
        while (At(after) == c)
        {
            after++;
        }

        // "a * b" and "a* b" open nothing, nor does the underscore of snake_case.
        return !char.IsWhiteSpace(At(after)) && !(c == '_' && char.IsLetterOrDigit(At(before)) && char.IsLetterOrDigit(At(after)));
    }

    // A formula stands on one line, and its first dollar sign does not follow a letter or digit.
    private bool MayBeMath(int i) => !char.IsLetterOrDigit(At(i - 1)) && text.IndexOf('\n', i) < 0;

    private char At(int i) => i >= 0 && i < text.Length ? text[i] : ' ';
}
