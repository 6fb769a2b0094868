using System.Globalization;
using Markdig.Extensions.Footnotes;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>A list, item, quote, footnote or the document itself: settled children, and at most one that is still open.</summary>
internal class ContainerView(AnswerState state, ContainerBlock container, MarkdownNode node) : BlockView(container, node)
{
    // So many blocks may stand before those that have settled are let go.
    private const int Remembered = 32;

    private Block? _last;
    private int _settled;
    private BlockView? _first;
    private TextView? _shownNew;
    private FootnoteGroup? _notes;
    private int _notesSeen;

    /// <summary>How many children have settled: those never change by what follows them.</summary>
    public int Settled => _settled;

    /// <summary>The child that is still open, if any.</summary>
    public BlockView? Open { get; private set; }

    /// <summary>The footnote that is still open, if any; only the document has footnotes.</summary>
    public ContainerView? OpenFootnote { get; private set; }

    public static ContainerView? Create(AnswerState state, ContainerBlock block) => block switch
    {
        ListBlock list => new ListView(state, list),
        ListItemBlock item => new ContainerView(state, item, new MarkdownNode(MarkdownElement.ListItem)),
        QuoteBlock quote => new ContainerView(state, quote, new MarkdownNode(MarkdownElement.Quote)),
        _ => null,
    };

    public bool IsFirst(BlockView view) => ReferenceEquals(_first, view);

    public override void Update(bool isClosed, Func<StringLineSource, long> sourceOf)
    {
        TakeBack();
        var open = Open;
        Open = null;
        for (var i = FirstNew(); i < container.Count; i++)
        {
            var child = container[i];
            _notes ??= child as FootnoteGroup;
            var isOpen = !isClosed && state.Blocks.IsOpen(child);
            var view = ReferenceEquals(open?.Block, child) ? open : BlockView.Create(state, child, this);
            if (view is null)
            {
                continue;
            }

            if (!ReferenceEquals(view, open))
            {
                // An open paragraph that became a heading, or nothing but definitions, is gone.
                Drop(ref open);
                _first ??= view;
                Node.Add(view.Node);
            }

            open = null;
            view.Update(!isOpen, sourceOf);
            if (isOpen)
            {
                Open = view;
                break;
            }

            _last = child;
            _settled = Node.Children.Count;
        }

        Drop(ref open);
        if (_notes is not null)
        {
            UpdateFootnotes(_notes, isClosed, sourceOf);
        }

        Forget();
    }

    public override void Show(ReadOnlySpan<char> partial, long source, bool hasPartial) => Open?.Show(partial, source, hasPartial);

    /// <summary>Takes back, here and in what is open below, what was only shown.</summary>
    public void TakeBack()
    {
        Node.Truncate(_settled + (Open is null ? 0 : 1));
        if (_first is null)
        {
            TakeBackPrefix();
        }

        (Open as ContainerView)?.TakeBack();
        OpenFootnote?.TakeBack();
    }

    /// <summary>Shows a block that a line without its end would open here; gives the leaf the line's text went to.</summary>
    public BlockView? ShowNew(Block block, long source)
    {
        if (BlockView.Create(state, block, this, _shownNew?.Reusable) is not { } view)
        {
            return null;
        }

        _shownNew = view as TextView;
        Node.Add(view.Node);
        var first = _first;
        _first ??= view;
        var leaf = view;
        if (view is ContainerView container)
        {
            leaf = null;
            foreach (var child in (ContainerBlock)block)
            {
                leaf = container.ShowNew(child, source);
            }
        }
        else
        {
            view.Update(isClosed: false, at => source + at.Start);
            view.Show(default, 0, hasPartial: false);
        }

        _first = first;
        return leaf;
    }

    /// <summary>How much of the first paragraph's beginning is not text but a mark of this container; it is marked then.</summary>
    public int TakePrefix(ReadOnlySpan<char> text, bool isFinal)
    {
        if (Block is ListItemBlock && text.Length >= 4 && text[0] == '[' && text[1] is ' ' or 'x' or 'X' && text[2] == ']' && text[3] == ' '
            && !text[4..].TrimStart(" \t").IsEmpty && text[4..].TrimStart(" \t")[0] != '\n')
        {
            Mark(Node.Element, Node.Value, text[1] != ' ');
            return 4;
        }

        if (Block is QuoteBlock { Parent: MarkdownDocument } && AlertKind.Of(text, isFinal, out var length) is { } kind)
        {
            Mark(MarkdownElement.Alert, kind, isChecked: null);
            return length;
        }

        return 0;
    }

    public bool IsHalfPrefix(ReadOnlySpan<char> text) => Block switch
    {
        ListItemBlock => text.Length <= 3 && text is "[" or "[ " or "[x" or "[X" or "[ ]" or "[x]" or "[X]",
        QuoteBlock { Parent: MarkdownDocument } => text.StartsWith("[!", StringComparison.Ordinal) && text.IndexOf('\n') < 0 && text.IndexOf(' ') < 0,
        _ => false,
    };

    // Footnotes stand apart from the place of their definition.
    private void UpdateFootnotes(FootnoteGroup group, bool isClosed, Func<StringLineSource, long> sourceOf)
    {
        OpenFootnote?.Update(isClosed || !state.Blocks.IsOpen(OpenFootnote.Block), sourceOf);
        OpenFootnote = OpenFootnote is { } known && !isClosed && state.Blocks.IsOpen(known.Block) ? known : null;
        for (; _notesSeen < group.Count; _notesSeen++)
        {
            var footnote = (Footnote)group[_notesSeen];
            var view = (ContainerView)BlockView.Create(state, footnote, this)!;
            var isOpen = !isClosed && state.Blocks.IsOpen(footnote);
            view.Update(!isOpen, sourceOf);
            OpenFootnote = isOpen ? view : OpenFootnote;
        }
    }

    // What has settled is never looked at again, and Markdig's own picture of it is larger than the text. Only definitions reach backwards.
    private void Forget()
    {
        if (container is not MarkdownDocument || container.Count < Remembered)
        {
            return;
        }

        for (var i = FirstNew() - 2; i >= 0; i--)
        {
            if (container[i] is not (LinkReferenceDefinitionGroup or FootnoteGroup))
            {
                container.RemoveAt(i);
            }
        }
    }

    private void Drop(ref BlockView? open)
    {
        if (open is not null)
        {
            Node.Truncate(_settled);
            if (ReferenceEquals(_first, open))
            {
                _first = null;
                TakeBackPrefix();
            }

            open = null;
        }
    }

    // What had been read as "[x] " or "[!NOTE]" stands in something else now.
    private void TakeBackPrefix()
    {
        var isAlert = Node.Element == MarkdownElement.Alert;
        Mark(isAlert ? MarkdownElement.Quote : Node.Element, isAlert ? null : Node.Value, isChecked: null);
    }

    private void Mark(MarkdownElement element, string? value, bool? isChecked)
    {
        if ((Node.Element, Node.Value, Node.Checked) != (element, value, isChecked))
        {
            (Node.Element, Node.Value, Node.Checked) = (element, value, isChecked);
            Node.Touch();
        }
    }

    // Blocks only come at the end, so the search backwards from there costs no more than what is new.
    private int FirstNew()
    {
        var i = container.Count;
        while (i > 0 && !ReferenceEquals(container[i - 1], _last))
        {
            i--;
        }

        return i;
    }
}

/// <summary>A list, which is loose as soon as a blank line stands between its items or the blocks of one.</summary>
internal sealed class ListView : ContainerView
{
    private readonly ListBlock _list;

    public ListView(AnswerState state, ListBlock list)
        : base(state, list, new MarkdownNode(list.IsOrdered ? MarkdownElement.OrderedList : MarkdownElement.UnorderedList))
    {
        _list = list;
        Node.Number = list.IsOrdered && int.TryParse(list.OrderedStart, NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : 1;
    }

    public override void Update(bool isClosed, Func<StringLineSource, long> sourceOf)
    {
        base.Update(isClosed, sourceOf);
        var isLoose = isClosed ? _list.IsLoose : Node.Flag || HasInnerBlank();
        if (isLoose != Node.Flag)
        {
            Node.Flag = isLoose;
            Node.Touch();
        }
    }

    // Markdig decides when the list closes; until then, the newest two items tell.
    private bool HasInnerBlank()
    {
        for (var i = Math.Max(0, _list.Count - 2); i < _list.Count; i++)
        {
            var item = (ListItemBlock)_list[i];
            for (var j = Math.Max(1, item.Count - 3); j < item.Count; j++)
            {
                if (item[j] is BlankLineBlock && (j < item.Count - 1 || i < _list.Count - 1))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
