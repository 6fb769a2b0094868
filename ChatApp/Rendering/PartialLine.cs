using Markdig.Extensions.Footnotes;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>
/// Finds out what a line without its end would become if it ended now, without telling the document's own parser, which could not take it
/// back. A few characters that open the same containers are parsed with it: for an item inside a quote, <c>&gt; - #</c>.
/// </summary>
internal sealed class PartialLine(AnswerState state, ContainerView document)
{
    private static readonly System.Buffers.SearchValues<char> Markers = System.Buffers.SearchValues.Create("-+*#>`~_=|:.$[]!^ \t\\");

    /// <summary>Shows the line, and what was already open.</summary>
    public void Show(ReadOnlySpan<char> line, long source, bool afterBlank)
    {
        if (state.LongLine is { } known && known.Source == source)
        {
            known.View.Show(line[known.Start..], source + known.Start, hasPartial: true);
            return;
        }

        state.LongLine = null;
        document.TakeBack();
        var path = Path();
        var leaf = path[^1].Open;
        if (line.IsWhiteSpace() || (leaf is not CodeView && IsHalfMarker(line)))
        {
            leaf?.Show(default, 0, hasPartial: false);
            return;
        }

        var trial = new MarkdownDocument { IsOpen = true };
        var blocks = new BlockProcessor(trial, state.Parsers, context: null);
        foreach (var opener in ContainerOpeners.For(path, leaf, afterBlank))
        {
            blocks.ProcessLine(new StringSlice(opener));
        }

        var index = blocks.LineIndex;
        blocks.ProcessLine(new StringSlice(line[..Math.Min(line.Length, state.Limits.LongLine)].ToString()));
        Place(path, leaf, trial, new Line(line, source, index));
    }

    private void Place(List<ContainerView> path, BlockView? leaf, ContainerBlock? trial, Line line)
    {
        for (var level = 0; level < path.Count; level++)
        {
            var children = trial is null ? [] : Visible(trial);
            if (children.Count > 1 || (children.Count == 1 && path.Count == 1 && leaf is null))
            {
                leaf?.Show(default, 0, hasPartial: false);
                ShowNew(path[level], children[^1], line);
                return;
            }

            if (level + 1 == path.Count && leaf is not null && children is [LeafBlock same] && TextStart(same, leaf, line) is >= 0 and var start)
            {
                leaf.Show(line.Text[start..], line.Source + start, hasPartial: true);
                Remember(leaf, start, line, isPreview: false);
                return;
            }

            trial = children.Count == 1 ? children[0] as ContainerBlock : null;
        }

        leaf?.Show(default, 0, hasPartial: false);
    }

    private void ShowNew(ContainerView container, Block block, Line line)
    {
        var view = container.ShowNew(block, line.Source);
        if (view is not null && line.Text.Length > state.Limits.LongLine && TextStart((LeafBlock)view.Block, view, line) is >= 0 and var start)
        {
            // From here on only new text is looked at; the little that the trial read is read again once.
            ((LeafBlock)view.Block).Lines.Clear();
            var source = line.Source;
            view.Update(isClosed: false, at => source + at.Start);
            view.Show(line.Text[start..], line.Source + start, hasPartial: true);
            Remember(view, start, line, isPreview: true);
        }
    }

    private void Remember(BlockView view, int start, Line line, bool isPreview)
    {
        if (line.Text.Length > state.Limits.LongLine && view is TextView or CodeView)
        {
            state.LongLine = new LongLine(line.Source, start, view) { IsPreview = isPreview };
        }
    }

    // Where in the line the leaf's text starts; -1 if the line is none of the leaf's text.
    private int TextStart(LeafBlock block, BlockView view, Line line)
    {
        if (view is not (TextView or CodeView or TableView) || block.Lines.Count == 0)
        {
            return -1;
        }

        ref var last = ref block.Lines.Lines[block.Lines.Count - 1];
        if (last.Line != line.Index || view is TableView != block is TableBlock)
        {
            return -1;
        }

        var text = view is TextView ? last.Slice.AsSpan().TrimStart(" \t") : last.Slice.AsSpan();
        return view.Block is HeadingBlock ? last.Slice.Start : Math.Max(0, Math.Min(line.Text.Length, state.Limits.LongLine) - text.Length);
    }

    private List<ContainerView> Path()
    {
        var path = new List<ContainerView> { document };
        for (var next = document.OpenFootnote ?? document.Open; next is not null; next = (next as ContainerView)?.Open)
        {
            if (next is ContainerView container)
            {
                path.Add(container);
            }
        }

        return path;
    }

    private static List<Block> Visible(ContainerBlock container) =>
        [.. container.SelectMany(block => block is FootnoteGroup group ? group : Enumerable.Repeat(block, 1))
            .Where(block => block is not (BlankLineBlock or LinkReferenceDefinitionGroup))];

    // A marker alone says nothing yet: "-" may become an item, a rule, an underline or a minus.
    private static bool IsHalfMarker(ReadOnlySpan<char> line)
    {
        var text = line.Trim();
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        return text.IndexOfAnyExcept(Markers) < 0 || (text.Length <= 4 && (digits < 0 || (digits > 0 && text[digits..] is "." or ")")));
    }

    private readonly ref struct Line(ReadOnlySpan<char> text, long source, int index)
    {
        public ReadOnlySpan<char> Text { get; } = text;

        public long Source { get; } = source;

        public int Index { get; } = index;
    }
}
