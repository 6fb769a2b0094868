using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>A fenced code block or a block of TeX: lines that only ever get more.</summary>
internal sealed class CodeView(AnswerState state, CodeBlock block, MarkdownNode node) : BlockView(block, node)
{
    private const int LongestFence = 32;

    private readonly LeafText _text = new();
    private long _partialAt = -1;
    private int _lines;
    private int _settledChildren;
    private int _settled;
    private int _shown;

    public override void Update(bool isClosed, Func<StringLineSource, long> sourceOf)
    {
        Node.Truncate(_settledChildren);
        var tried = _settled > 0 ? _text.Span(Math.Max(0, _settled - LongestFence), _settled).ToString() : "";
        _text.Truncate(_lines);
        _partialAt = -1;
        for (; _lines < block.Lines.Count; _lines++)
        {
            ref var line = ref block.Lines.Lines[_lines];
            _text.AddLine(line.Slice.AsSpan(), sourceOf(new StringLineSource(line.Line, line.Slice.Start)));
        }

        if (_text.Length < _settled || !_text.Span(_settled - tried.Length, _settled).SequenceEqual(tried))
        {
            // A line that was taken for code before it ended is none, or is another.
            Node.Truncate(0);
            (_settled, _settledChildren, _shown) = (0, 0, 0);
        }

        // Up to what the last flush showed, the cuts are known. The rest is one run together with the line that follows.
        Settle(isClosed ? _text.Length : Math.Min(_shown, _text.Length));
    }

    public override void Show(ReadOnlySpan<char> partial, long source, bool hasPartial)
    {
        Node.Truncate(_settledChildren);
        if (hasPartial && _partialAt == source && partial.Length > LongestFence)
        {
            // A line this long closes no fence: what was shown of it stays.
            _text.ExtendLine(partial);
            Settle(_shown);
        }
        else
        {
            _text.Truncate(_lines);
            _partialAt = source;
            if (hasPartial && !IsHalfFence(partial))
            {
                _text.AddLine(partial, source);
            }
            else
            {
                _partialAt = -1;
            }
        }

        if (_text.Length > _settled)
        {
            _text.AddRun(Node, _text.Span(_settled, _text.Length), _settled, state.Marks);
        }

        _shown = _text.Length;
    }

    private void Settle(int stable)
    {
        // What was shown of a line may have another length once it has ended, a tab say that became two spaces: no cut within a character.
        if (stable < _text.Length && stable > 0 && char.IsLowSurrogate(_text[stable]))
        {
            stable--;
        }

        if (stable > _settled)
        {
            _text.AddRun(Node, _text.Span(_settled, stable), _settled, state.Marks);
            _settled = stable;
            _settledChildren = Node.Children.Count;
        }
    }

    private bool IsHalfFence(ReadOnlySpan<char> partial) => block is FencedCodeBlock fence
        && partial.Trim() is { Length: > 0 } text && text.IndexOfAnyExcept(fence.FencedChar) < 0;
}
