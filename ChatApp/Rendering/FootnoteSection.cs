using Markdig.Extensions.Footnotes;

namespace ChatApp.Rendering;

/// <summary>
/// Numbers footnotes by their first reference, and holds the section at the end. While an answer streams, a number given stays;
/// at the end they are given again in the order of the page, which only differs when definitions came out of order.
/// </summary>
internal sealed class FootnoteSection(MarkdownNode document, string idPrefix)
{
    private readonly Dictionary<Footnote, MarkdownNode> _bodies = [];
    private readonly Dictionary<Footnote, int> _numbers = [];
    private bool _hasReferences;
    private readonly List<Footnote> _order = [];
    private MarkdownNode? _section;

    /// <summary>A footnote's definition has begun.</summary>
    public MarkdownNode AddBody(Footnote footnote)
    {
        var node = new MarkdownNode(MarkdownElement.Footnote) { Detail = idPrefix };
        _bodies[footnote] = node;
        Show(footnote);
        return node;
    }

    public void AddReference(MarkdownNode into, Footnote footnote)
    {
        _hasReferences = true;
        var isNew = _numbers.TryAdd(footnote, _numbers.Count + 1);
        into.Add(new MarkdownNode(MarkdownElement.FootnoteReference) { Detail = idPrefix, Number = _numbers[footnote], Source = footnote });
        if (isNew)
        {
            Show(footnote);
        }
    }

    /// <summary>Numbers again in the order of the page, and drops the notes nobody refers to.</summary>
    public void Complete(MarkdownNode body)
    {
        if (!_hasReferences)
        {
            return;
        }

        _numbers.Clear();
        _order.Clear();
        Number(body);
        for (var i = 0; i < _order.Count; i++)
        {
            if (_bodies.TryGetValue(_order[i], out var note))
            {
                Number(note);
            }
        }

        _section?.Truncate(0);
        foreach (var footnote in _order)
        {
            Show(footnote);
        }

        if (_section is { Children.Count: 0 })
        {
            document.Truncate(1);
        }
    }

    private void Show(Footnote footnote)
    {
        if (_bodies.TryGetValue(footnote, out var node) && _numbers.TryGetValue(footnote, out var number))
        {
            _section ??= document.Add(new MarkdownNode(MarkdownElement.Footnotes) { Detail = idPrefix });
            node.Number = number;
            _section.Add(node);
        }
    }

    private void Number(MarkdownNode node)
    {
        if (node.Source is Footnote footnote)
        {
            var isFirst = _numbers.TryAdd(footnote, _numbers.Count + 1);
            if (isFirst)
            {
                _order.Add(footnote);
            }

            if (node.Number != _numbers[footnote] || node.Flag != isFirst)
            {
                node.Number = _numbers[footnote];
                node.Flag = isFirst;
                node.Touch();
            }
        }

        foreach (var child in node.Children)
        {
            Number(child);
        }
    }
}
