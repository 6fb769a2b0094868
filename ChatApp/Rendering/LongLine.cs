using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>A line without its end that is so long that what it is will not change: the leaf that shows it, and where in the line its text starts.</summary>
internal sealed record LongLine(long Source, int Start, BlockView View)
{
    /// <summary>The line has ended, and this is the block it became: the text that has been read goes on in it.</summary>
    public TextView? Adopt(LeafBlock block, ContainerView? parent, AnswerState state)
    {
        if (!IsPreview || View is not TextView shown || block.Lines.Count == 0 || ReferenceEquals(block, shown.Block)
            || block.GetType() != shown.Block.GetType() || (block as HeadingBlock)?.Level != (shown.Block as HeadingBlock)?.Level)
        {
            return null;
        }

        ref var line = ref block.Lines.Lines[0];
        var start = line.Slice.Start + line.Slice.Length - line.Slice.AsSpan().TrimStart(" \t").Length;
        return line.Line < state.LineBases.Count && state.SourceOf(new StringLineSource(line.Line, start)) == Source + Start
            ? new TextView(shown, block, parent)
            : null;
    }

    /// <summary>The leaf was made for the line; it does not belong to the document yet.</summary>
    public required bool IsPreview { get; init; }
}
