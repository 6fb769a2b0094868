using Markdig.Syntax.Inlines;

namespace ChatApp.Rendering;

/// <summary>
/// The inline content of one leaf. A long text settles in windows: a window ends where a word begins and nothing before it is open, so
/// that no later text can change what is in it. Where windows end depends on the text alone, never on how it arrived; that is
/// what makes a streamed answer equal to the same answer read at once.
/// </summary>
internal sealed class InlineContent(AnswerState state, MarkdownNode node, LeafText text)
{
    private int _start;
    private int _cut;
    private int _settled;
    private int _tried;
    private bool _isFinal;
    private string _beforeCut = "";

    public LeafText Text => text;

    public MarkdownNode Node => node;

    /// <summary>Whether any of it has ever settled: then definitions that come may read it again.</summary>
    public bool HasSettled { get; private set; }

    /// <summary>Up to where the text has settled.</summary>
    public int Cut => _cut;

    /// <summary>The text in front of this is not content: <c>[x] </c> of a task, <c>[!NOTE]</c> of an alert.</summary>
    public void StartAt(int start)
    {
        _start = start;
        Restart();
    }

    /// <summary>Forgets what has settled: the text itself, or the definition of a link in it, has changed.</summary>
    public void Restart()
    {
        node.Truncate(0);
        (_cut, _settled, _tried, _beforeCut) = (_start, 0, 0, "");
    }

    /// <summary>Reads everything again, because a definition of something in it has come.</summary>
    public void Reread()
    {
        Restart();
        Settle(_isFinal);
    }

    /// <summary>Takes back what was only shown.</summary>
    public void Unshow() => node.Truncate(_settled);

    /// <summary>Settles every window that can be.</summary>
    /// <param name="isFinal">No text will follow.</param>
    public void Settle(bool isFinal)
    {
        Unshow();
        _isFinal = isFinal;
        if (!StillHasSettled())
        {
            Restart();
        }

        while (_cut < text.Length && SettleWindow(isFinal))
        {
            _settled = node.Children.Count;
            _tried = 0;
        }
    }

    /// <summary>Shows what has not settled, with what is half-typed at its end made whole.</summary>
    public void ShowTail() => ShowTail(text.Length);

    /// <summary>The same, but what comes after <paramref name="end"/> is shown by somebody else.</summary>
    public void ShowTail(int end)
    {
        if (_cut >= end)
        {
            return;
        }

        var tail = text.Span(_cut, end);
        if (tail.Length > 4 * state.Limits.LongestWindow)
        {
            text.AddRun(node, tail, _cut, state.Marks);
            return;
        }

        var repaired = TailRepair.Repair(tail);
        state.Inlines.Walk(node, repaired, state.Reader.Read(repaired), text, _cut);
    }

    private bool SettleWindow(bool isFinal)
    {
        for (var size = state.Limits.Window; ; size = Math.Min(2 * size, state.Limits.LongestWindow))
        {
            var end = Boundary(_cut + size);
            if (end < 0)
            {
                if (isFinal)
                {
                    Emit(text.Length);
                }

                return isFinal;
            }

            if (size <= _tried)
            {
                continue;
            }

            var window = text.Span(_cut, end).ToString();
            var inlines = state.Reader.Read(window);
            if (inlines is null && size > state.Limits.Window)
            {
                // More markers than can be paired: the first window stands as it is.
                Emit(Boundary(_cut + state.Limits.Window));
                return true;
            }

            var open = inlines is null ? int.MaxValue : PendingOpeners.First(window, inlines);
            if (open == int.MaxValue || size >= state.Limits.LongestWindow)
            {
                Emit(end, window, inlines);
                return true;
            }

            if (LastBoundary(inlines!, open) is > 0 and var before)
            {
                Emit(_cut + before);
                return true;
            }

            _tried = size;
        }
    }

    private void Emit(int end)
    {
        var window = text.Span(_cut, end).ToString();
        Emit(end, window, state.Reader.Read(window));
    }

    private void Emit(int end, string window, ContainerInline? inlines)
    {
        state.Inlines.Walk(node, window, inlines, text, _cut);
        state.Definitions.Expect(window, inlines, this);
        HasSettled = true;
        _cut = end;
        _beforeCut = text.Span(Math.Max(0, end - 32), end).ToString();
    }

    // Text may settle that was only tried to be part of this leaf, and turned out not to be when its line ended.
    private bool StillHasSettled() => _beforeCut.Length == 0
        || (text.Length >= _cut && text.Span(_cut - _beforeCut.Length, _cut).SequenceEqual(_beforeCut));

    // The first place from here on where a word begins; -1 while none is known.
    private int Boundary(int from)
    {
        var most = Math.Max(from, _cut + state.Limits.LongestWindow);
        for (var i = from; i < text.Length; i++)
        {
            if (BeginsWord(text[i - 1], text[i]) || (i >= most && !char.IsLowSurrogate(text[i]) && !char.IsWhiteSpace(text[i])))
            {
                return i;
            }
        }

        return -1;
    }

    // The last place before the open character where a word begins and no element is open around it.
    private static int LastBoundary(ContainerInline inlines, int open)
    {
        var last = 0;
        for (var inline = inlines.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            if (inline is not LiteralInline { IsFirstCharacterEscaped: false } literal)
            {
                continue;
            }

            var content = literal.Content;
            for (var i = Math.Max(content.Start, 1); i <= content.End && i <= open; i++)
            {
                if ((i > content.Start || inline.PreviousSibling is LineBreakInline) && BeginsWord(content.Text[i - 1], content.Text[i]))
                {
                    last = i;
                }
            }
        }

        return last;
    }

    // Latin words begin after white space; Chinese and Japanese sentences after their own full stop.
    private static bool BeginsWord(char before, char c) => char.IsLetter(c)
        && (before is ' ' or '\n' || (before is (>= '\u3001' and <= '\u301F') or (>= '\uFF01' and <= '\uFF1F') && c >= '\u2E80'));
}
