using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>
/// Tables, line by line. Markdig's own extension finds a table only when a paragraph has ended, and one row without a pipe turns the whole
/// table back into text: rows already shown would change. Here a table begins at its delimiter row, each row stands for itself,
/// and a line without a pipe ends it.
/// </summary>
internal sealed class TableBlockParser : BlockParser
{
    private readonly MarkdownLimits _limits;

    public TableBlockParser(MarkdownLimits limits)
    {
        _limits = limits;
        OpeningCharacters = ['|', '-', ':'];
    }

    public override BlockState TryOpen(BlockProcessor processor)
    {
        // The paragraph must be one this line really continues, not one it would only lazily add to:
        //   > | a |
        //   |---|
        if (processor.IsCodeIndent || processor.CurrentBlock is not ParagraphBlock paragraph || paragraph.Lines.Count == 0
            || !ReferenceEquals(paragraph.Parent, processor.GetCurrentContainerOpened()))
        {
            return BlockState.None;
        }

        var last = paragraph.Lines.Count - 1;
        var header = paragraph.Lines.Lines[last];
        header.Slice.TrimStart();
        var columns = TableRowText.Alignments(processor.Line.AsSpan(), _limits.TableColumns);
        if (columns is null || !TableRowText.HasPipe(header.Slice.AsSpan())
            || TableRowText.Cells(header.Slice.AsSpan(), _limits.TableColumns + 1).Count != columns.Count)
        {
            return BlockState.None;
        }

        // The header row was the paragraph's last line until this line came.
        paragraph.Lines.RemoveAt(last);
        var table = new TableBlock(this, columns) { Column = processor.Column, Cells = columns.Count };
        table.Lines.Add(ref header);
        processor.NewBlocks.Push(table);
        return BlockState.ContinueDiscard;
    }

    public override BlockState TryContinue(BlockProcessor processor, Block block)
    {
        var table = (TableBlock)block;
        if (processor.IsBlankLine)
        {
            return BlockState.BreakDiscard;
        }

        var line = processor.Line.AsSpan();
        if (processor.IsCodeIndent || !TableRowText.HasPipe(line) || BeginsAnotherBlock(line) || table.Cells >= _limits.TableCells)
        {
            return BlockState.None;
        }

        table.Cells += table.Columns.Count;
        return BlockState.Continue;
    }

    // "> a | b", "# a | b", "- a | b", "1. a | b" and fences end a table as they end a paragraph.
    private static bool BeginsAnotherBlock(ReadOnlySpan<char> line) => line[0] switch
    {
        '>' => true,
        '#' or '`' or '~' => line.StartsWith("#", StringComparison.Ordinal) || line.StartsWith("```", StringComparison.Ordinal)
            || line.StartsWith("~~~", StringComparison.Ordinal),
        '-' or '+' or '*' => line.Length > 1 && line[1].IsSpaceOrTab(),
        >= '0' and <= '9' => line.IndexOfAnyExceptInRange('0', '9') is var end and > 0 && end + 1 < line.Length && line[end] is '.' or ')'
            && line[line.IndexOfAnyExceptInRange('0', '9') + 1] == ' ',
        _ => false,
    };
}
