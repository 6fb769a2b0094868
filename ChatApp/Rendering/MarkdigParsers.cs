using Markdig.Extensions.AutoLinks;
using Markdig.Extensions.Footnotes;
using Markdig.Extensions.Mathematics;
using Markdig.Parsers;
using Markdig.Parsers.Inlines;

namespace ChatApp.Rendering;

/// <summary>
/// The parsers an answer is read with, one by one; never all of Markdig's extensions, some of which let a text set attributes and load
/// media. Raw HTML is not parsed at all and so is text. Neither are indented code blocks: models indent text that is meant to be text.
/// </summary>
internal static class MarkdigParsers
{
    public static BlockParserList Blocks(MarkdownLimits limits)
    {
        var paragraphs = new LimitedParagraphParser(limits.HeadingLines);
        return new BlockParserList(
        [
            new DepthLimitParser(limits.ContainerDepth, paragraphs),
            new TableBlockParser(limits),
            new FootnoteParser(),
            new MathBlockParser(),
            new ThematicBreakParser(),
            new HeadingBlockParser(),
            new QuoteBlockParser(),
            new ListBlockParser(),
            new FencedCodeBlockParser(),
            paragraphs,
        ]);
    }

    public static InlineParserList Inlines()
    {
        var emphasis = new EmphasisInlineParser();
        emphasis.EmphasisDescriptors.Add(new EmphasisDescriptor('~', 2, 2, true));
        return new InlineParserList(
        [
            new HtmlEntityParser(),
            new AutoLinkParser(new AutoLinkOptions { UseHttpsForWWWLinks = true }),
            new LinkInlineParser(),
            new EscapeInlineParser(),
            new MathInlineParser(),
            emphasis,
            new CodeInlineParser(),
            new AutolinkInlineParser(new AutolinkOptions { EnableHtmlParsing = false }),
            new LineBreakInlineParser(),
        ]);
    }
}
