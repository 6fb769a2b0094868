using System.Text;
using Markdig.Extensions.Footnotes;
using Markdig.Extensions.Mathematics;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>Writes the shortest text that opens given containers, in the columns they really have.</summary>
internal static class ContainerOpeners
{
    public static IEnumerable<string> For(List<ContainerView> path, BlockView? leaf, bool afterBlank)
    {
        if (path.Count == 1 && leaf is null)
        {
            yield break;
        }

        var first = new StringBuilder();
        var rest = new StringBuilder();
        foreach (var view in path)
        {
            Open(view.Block, first, rest);
        }

        // An empty heading is a block that is closed at once.
        yield return first + leaf?.Block switch
        {
            MathBlock => "$$",
            // Lines lose the spaces that stood before the fence.
            FencedCodeBlock fence => new string(' ', Math.Clamp(fence.Column - first.Length, 0, 3)) + new string(fence.FencedChar, Math.Max(3, fence.OpeningFencedCharCount)),
            TableBlock => "|x|",
            ParagraphBlock => "x",
            _ => "#",
        };
        if (leaf?.Block is TableBlock)
        {
            yield return rest + "|-|";
        }

        if (afterBlank)
        {
            yield return rest.ToString().TrimEnd();
        }
    }

    private static void Open(Block block, StringBuilder first, StringBuilder rest)
    {
        switch (block)
        {
            case QuoteBlock:
                first.Append("> ");
                rest.Append("> ");
                break;
            case Footnote:
                first.Append("[^x]: ");
                rest.Append("    ");
                break;
            case ListItemBlock { Parent: ListBlock list } item:
                var width = Math.Clamp(Math.Abs(item.ColumnWidth), 2, 17);
                first.Append(Marker(list, width));
                rest.Append(' ', width);
                break;
            default:
                break;
        }
    }

    // A marker with spaces around it, as wide as the item's own: "   1. ".
    private static string Marker(ListBlock list, int width)
    {
        var digits = list.IsOrdered ? Math.Clamp(width - 2, 1, 9) : 0;
        var marker = digits > 0 ? new string('1', digits) + list.OrderedDelimiter : list.BulletType.ToString();
        var space = width - marker.Length;
        var before = Math.Clamp(space - 4, 0, 3);
        return new string(' ', before) + marker + new string(' ', Math.Clamp(space - before, 1, 4));
    }
}
