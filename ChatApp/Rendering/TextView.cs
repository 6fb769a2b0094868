using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>A paragraph or heading.</summary>
internal sealed class TextView : BlockView
{
    private const long NoPartial = -1;

    private readonly AnswerState _state;
    private readonly LeafBlock _block;
    private readonly ContainerView? _parent;
    private readonly LeafText _text;
    private readonly InlineContent _content;
    private long _partialAt = NoPartial;
    private int _lines;
    private bool _hasPrefix;
    private bool _isTrimmed;

    public TextView(AnswerState state, LeafBlock block, MarkdownNode node, ContainerView? parent)
        : base(block, node)
    {
        _state = state;
        _block = block;
        _parent = block is ParagraphBlock ? parent : null;
        _text = new LeafText();
        _content = new InlineContent(state, node, _text);
    }

    // Goes on with what was shown of the block's first line before that line had ended.
    public TextView(TextView shown, LeafBlock block, ContainerView? parent)
        : base(block, shown.Node)
    {
        (_state, _block, _parent) = (shown._state, block, block is ParagraphBlock ? parent : null);
        (_text, _content, _hasPrefix) = (shown._text, shown._content, shown._hasPrefix);
    }

    /// <summary>Its node, if nothing else can still write to it: for another line that is only shown.</summary>
    public MarkdownNode? Reusable => _content.HasSettled ? null : Node;

    // "[a]: http://…" at a paragraph's start is no text at all once the paragraph has ended, so it must not settle before.
    private bool MayBeDefinition => _text.Length > 0 && _text[0] == '[' && !_hasPrefix && _block is ParagraphBlock;

    public override void Update(bool isClosed, Func<StringLineSource, long> sourceOf)
    {
        _content.Unshow();
        _text.Truncate(_lines);
        _partialAt = NoPartial;
        if (_block.Lines.Count < _lines || (isClosed && MayBeDefinition))
        {
            // The last line became a table's header, or the first ones definitions.
            _text.Truncate(0);
            (_lines, _hasPrefix) = (0, false);
            _content.StartAt(0);
        }

        for (; _lines < _block.Lines.Count; _lines++)
        {
            ref var line = ref _block.Lines.Lines[_lines];
            var content = line.Slice.AsSpan().TrimStart(" \t");
            _text.AddLine(content, sourceOf(new StringLineSource(line.Line, line.Slice.End + 1 - content.Length)));
        }

        if (isClosed && !_isTrimmed)
        {
            _isTrimmed = true;
            _text.TrimEnd();
        }

        TakePrefix(isClosed);
        if (isClosed)
        {
            _content.Settle(isFinal: true);
        }
    }

    public override void Show(ReadOnlySpan<char> partial, long source, bool hasPartial)
    {
        _content.Unshow();
        if (!hasPartial)
        {
            _text.Truncate(_lines);
            _partialAt = NoPartial;
        }
        else if (_partialAt == source)
        {
            _text.ExtendLine(partial);
        }
        else
        {
            _text.Truncate(_lines);
            _text.AddLine(partial, source);
            _partialAt = source;
        }

        TakePrefix(isFinal: false);
        if (!MayBeDefinition)
        {
            _content.Settle(isFinal: false);
        }

        if (IsHalfTable())
        {
            var (at, line) = _text.LastLine;
            _content.ShowTail(at - 1);
            _parent!.Node.Add(TableView.HalfTable(_state, _text.Span(at, _text.Length), line));
        }
        else if (!IsHalfPrefix())
        {
            _content.ShowTail();
        }
    }

    // A line that begins with a pipe is shown as the header row it will probably be.
    private bool IsHalfTable() => _parent is not null && _text.Lines > 0 && _text.Length - _text.LastLine.At is > 1 and < 400
        && _text[_text.LastLine.At] == '|' && _content.Cut <= _text.LastLine.At;

    // "[x] " makes the item a task, a line "[!NOTE]" the quote an alert.
    private void TakePrefix(bool isFinal)
    {
        if (_hasPrefix || _parent is null || _text.Length == 0 || !_parent.IsFirst(this))
        {
            return;
        }

        var length = _parent.TakePrefix(_text.Span(0, Math.Min(_text.Length, 40)), _text.Length <= 40 && isFinal);
        if (length > 0)
        {
            _hasPrefix = true;
            _content.StartAt(Math.Min(length, _text.Length));
        }
    }

    private bool IsHalfPrefix() => !_hasPrefix && _parent is not null && _text.Length is > 0 and < 20 && _parent.IsFirst(this)
        && _parent.IsHalfPrefix(_text.Span(0, _text.Length));
}
