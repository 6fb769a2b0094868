using Markdig.Parsers;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>A table as a block of its own; its first line is the header row, the delimiter row is kept as alignments.</summary>
internal sealed class TableBlock : LeafBlock
{
    public TableBlock(BlockParser parser, IReadOnlyList<MarkdownAlignment> columns)
        : base(parser)
    {
        Columns = columns;
        ProcessInlines = false;
        Lines = new Markdig.Helpers.StringLineGroup(4);
    }

    public IReadOnlyList<MarkdownAlignment> Columns { get; }

    public int Cells { get; set; }
}
