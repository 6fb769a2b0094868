namespace ChatApp.Rendering;

/// <summary>A table, row by row. A row is a line and never changes; short rows stay short, so that a table is no larger than its text.</summary>
internal sealed class TableView : BlockView
{
    private readonly AnswerState _state;
    private readonly TableBlock _table;
    private readonly MarkdownNode _head;
    private readonly MarkdownNode _body;
    private int _lines;

    public TableView(AnswerState state, TableBlock table)
        : base(table, new MarkdownNode(MarkdownElement.Table))
    {
        _state = state;
        _table = table;
        _head = Node.Add(new MarkdownNode(MarkdownElement.TableHead));
        _body = Node.Add(new MarkdownNode(MarkdownElement.TableBody));
    }

    public override void Update(bool isClosed, Func<StringLineSource, long> sourceOf)
    {
        _body.Truncate(Math.Max(0, _lines - 1));
        for (; _lines < _table.Lines.Count; _lines++)
        {
            ref var line = ref _table.Lines.Lines[_lines];
            AddRow(_state, _lines == 0 ? _head : _body, line.Slice.AsSpan(), sourceOf(new StringLineSource(line.Line, line.Slice.Start)), _table.Columns, isComplete: true);
        }
    }

    public override void Show(ReadOnlySpan<char> partial, long source, bool hasPartial)
    {
        _body.Truncate(Math.Max(0, _lines - 1));
        if (hasPartial && !partial.IsWhiteSpace() && partial.Length <= _state.Limits.LongestWindow)
        {
            AddRow(_state, _body, partial, source, _table.Columns, isComplete: false);
        }
    }

    /// <summary>What <c>| a | b</c> will be once its delimiter row has come.</summary>
    public static MarkdownNode HalfTable(AnswerState state, ReadOnlySpan<char> line, long source)
    {
        var table = new MarkdownNode(MarkdownElement.Table);
        AddRow(state, table.Add(new MarkdownNode(MarkdownElement.TableHead)), line, source, new MarkdownAlignment[state.Limits.TableColumns], isComplete: false);
        table.Add(new MarkdownNode(MarkdownElement.TableBody));
        return table;
    }

    private static void AddRow(
        AnswerState state, MarkdownNode part, ReadOnlySpan<char> line, long source, IReadOnlyList<MarkdownAlignment> columns, bool isComplete)
    {
        var row = part.Add(new MarkdownNode(MarkdownElement.TableRow));
        var element = part.Element == MarkdownElement.TableHead ? MarkdownElement.TableHeaderCell : MarkdownElement.TableCell;
        var cells = TableRowText.Cells(line, columns.Count);
        for (var i = 0; i < cells.Count; i++)
        {
            var cell = row.Add(new MarkdownNode(element) { Alignment = columns[i] });
            var text = new LeafText();
            text.AddLine(Unescape(line[cells[i]]), source + cells[i].Start.Value);
            var content = new InlineContent(state, cell, text);
            if (isComplete || i + 1 < cells.Count)
            {
                content.Settle(isFinal: true);
            }
            else
            {
                content.ShowTail();
            }
        }
    }

    // "\|" is a pipe wherever it stands, also in code.
    private static string Unescape(ReadOnlySpan<char> cell) => cell.ToString().Replace("\\|", "|", StringComparison.Ordinal);
}
