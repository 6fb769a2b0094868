using Markdig.Parsers;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>What everything that makes up one answer shares.</summary>
internal sealed class AnswerState
{
    public AnswerState(MarkdownLimits limits, MarkdownNode root, string idPrefix)
    {
        Limits = limits;
        Document = new MarkdownDocument { IsOpen = true };
        Parsers = MarkdigParsers.Blocks(limits);
        Blocks = new BlockProcessor(Document, Parsers, context: null);
        Reader = new InlineReader(Document, limits.Markers);
        Inlines = new InlineWalker(this);
        Definitions = new Definitions(Document);
        Footnotes = new FootnoteSection(root, idPrefix);
    }

    public MarkdownLimits Limits { get; }

    public MarkdownDocument Document { get; }

    public BlockParserList Parsers { get; }

    /// <summary>Markdig's own block parser, fed one complete line at a time: what it closes is closed for good.</summary>
    public BlockProcessor Blocks { get; }

    public InlineReader Reader { get; }

    public InlineWalker Inlines { get; }

    public Definitions Definitions { get; }

    public FootnoteSection Footnotes { get; }

    public FlushMarks Marks { get; } = new();

    /// <summary>A line so long that what it has become is known before its end.</summary>
    public LongLine? LongLine { get; set; }

    /// <summary>How to get from a place in a line's text to its place in the source, by line number.</summary>
    public List<long> LineBases { get; } = [];

    public long SourceOf(StringLineSource place) => LineBases[place.Line] + place.Start;
}
