using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChatApp.Rendering;

/// <summary>
/// Link and footnote definitions are the one thing that reaches backwards: <c>[label]</c> is text until <c>[label]: …</c> comes, perhaps at the
/// very end. Whoever shows such a label waits here, and is read again, once, when its definition appears.
/// </summary>
internal sealed class Definitions(MarkdownDocument document)
{
    private readonly Dictionary<string, List<InlineContent>> _waiting = new(StringComparer.OrdinalIgnoreCase);
    private long _budget = 65_536;
    private int _seen;

    /// <summary>Notes the labels in a settled piece of text that have no definition yet.</summary>
    /// <param name="piece">The text.</param>
    /// <param name="inlines">What it was read as; a label in code, or the text of a link with its address, is what it is whatever is defined.</param>
    /// <param name="content">Who shows it.</param>
    public void Expect(string piece, ContainerInline? inlines, InlineContent content)
    {
        _budget += piece.Length;
        var open = -1;
        var first = piece.IndexOf('[');
        var certain = first < 0 ? null : Certain(inlines);
        for (var i = certain is null ? first : 0; i >= 0 && i < piece.Length; i++)
        {
            if (certain?.TryGetValue(i, out var end) is true && (piece[i] == '`' || piece.AsSpan((i + 2)..end).IndexOf('[') < 0))
            {
                open = piece[i] == '`' ? open : -1;
                i = end;
            }
            else if (piece[i] == '\\')
            {
                i += i < first ? 0 : 1;
            }
            else if (piece[i] == '[')
            {
                open = i + 1;
            }
            else if (piece[i] == ']' && open >= 0)
            {
                Expect(piece.AsSpan(open, i - open), content);
                open = -1;
            }
        }
    }

    /// <summary>Who must be read again because of definitions that came since the last call; at the end everybody, before that within a budget.</summary>
    public List<InlineContent> TakeTouched(bool isFinal)
    {
        var touched = new List<InlineContent>();
        if (_waiting.Count == 0)
        {
            return touched;
        }

        var links = document.GetLinkReferenceDefinitions(addGroup: false);
        for (; _seen < links.Count; _seen++)
        {
            if (!isFinal && _budget < 0)
            {
                break;
            }

            if (links[_seen] is LinkReferenceDefinition { Label: { } label } && _waiting.Remove(Normalize(label), out var waiting))
            {
                foreach (var content in waiting.Distinct())
                {
                    _budget -= 4L * content.Text.Length;
                    touched.Add(content);
                }
            }
        }

        if (isFinal)
        {
            _waiting.Clear();
        }

        return touched.Distinct().ToList();
    }

    // Where code and links with their address stand: where they begin, and where they end.
    private static Dictionary<int, int>? Certain(ContainerInline? inlines)
    {
        Dictionary<int, int>? certain = null;
        foreach (var inline in inlines?.Descendants() ?? [])
        {
            if (inline is CodeInline or LinkInline { Reference: null, Label: null, Span.Length: > 3 })
            {
                (certain ??= [])[inline.Span.Start] = inline.Span.End;
            }
        }

        return certain;
    }

    private void Expect(ReadOnlySpan<char> label, InlineContent content)
    {
        if (label.IsWhiteSpace() || label.Length > 999)
        {
            return;
        }

        var key = Normalize(label.ToString());
        if (document.ContainsLinkReferenceDefinition(key))
        {
            return;
        }

        content.Node.MayBeReread = true;
        if (!_waiting.TryGetValue(key, out var waiting))
        {
            _waiting[key] = waiting = [];
        }

        if (waiting.Count == 0 || !ReferenceEquals(waiting[^1], content))
        {
            waiting.Add(content);
        }
    }

    private static string Normalize(string label) => string.Join(' ', label.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
