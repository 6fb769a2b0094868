using Markdig.Parsers;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>
/// Paragraphs. A line that may be an underline makes Markdig go over the whole paragraph, and in a quote such lines can follow
/// each other without end; a long paragraph is past being a heading.
/// </summary>
internal sealed class LimitedParagraphParser(int headingLines) : ParagraphBlockParser
{
    public override BlockState TryContinue(BlockProcessor processor, Block block)
    {
        if (processor.IsBlankLine || ((ParagraphBlock)block).Lines.Count < headingLines)
        {
            return base.TryContinue(processor, block);
        }

        block.UpdateSpanEnd(processor.Line.End);
        return BlockState.Continue;
    }
}
