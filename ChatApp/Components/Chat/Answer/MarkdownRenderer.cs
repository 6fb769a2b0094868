using System.Globalization;
using ChatApp.Rendering;
using Microsoft.AspNetCore.Components.Rendering;

namespace ChatApp.Components.Chat.Answer;

/// <summary>
/// Writes nodes as elements. What is written for a node depends on the node alone, so that the browser keeps the element when the node
/// settles. Every child is numbered by its place: an appended child is then one insertion, whatever came before.
/// </summary>
#pragma warning disable ASP0006, MA0123 // Sequence numbers, see Sequence().
internal static class MarkdownRenderer
{
    // Behind everything else. The very largest number would mean the end to the renderer.
    private const int Last = int.MaxValue / 2;

    // In front of the item's other children, behind its check box.
    private const int ItemText = int.MinValue / 2;

    /// <summary>Writes the children of a node: the first ones in place, the others in components of their own that stand still once full.</summary>
    public static void Children(RenderTreeBuilder builder, MarkdownNode node, MarkdownDrawing drawing, int origin = 0)
    {
        var inPlace = MarkdownLayout.InPlace(node);
        Range(builder, node, 0, inPlace, drawing, origin);
        for (var start = inPlace; start < node.Children.Count; start += MarkdownLayout.ChunkSize)
        {
            if (node.HasLetGo(start))
            {
                // In front of the chunk, which goes in the same batch: settled.js.
                builder.OpenElement(origin + Sequence(start, 1), "chat-settled");
                builder.CloseElement();
                continue;
            }

            builder.OpenComponent<MarkdownChunk>(origin + Sequence(start, 2));
            builder.AddComponentParameter(0, nameof(MarkdownChunk.Of), new MarkdownRange(node, start, drawing));
            builder.CloseComponent();
        }
    }

    /// <summary>Writes some children.</summary>
    public static void Range(RenderTreeBuilder builder, MarkdownNode node, int start, int count, MarkdownDrawing drawing, int origin = 0)
    {
        var end = Math.Min(node.Children.Count, start + count);
        for (var i = start; i < end; i++)
        {
            Node(builder, node.Children[i], i, drawing, origin);
        }
    }

    /// <summary>Writes the footnotes, which stand after the body.</summary>
    public static void Notes(RenderTreeBuilder builder, MarkdownNode root, MarkdownDrawing drawing)
    {
        if (root.Children.Count > 1)
        {
            Footnotes(builder, root.Children[1], Last, drawing);
        }
    }

    // Not a constant as elsewhere: a child never moves, so its place is its number. A text and an element at the same place differ.
    private static int Sequence(int place, int kind) => (3 * place) + kind;

    private static void Node(RenderTreeBuilder builder, MarkdownNode node, int place, MarkdownDrawing drawing, int origin)
    {
        var sequence = origin + Sequence(place, 1);
        switch (node.Element)
        {
            case MarkdownElement.Text:
                builder.AddContent(origin + Sequence(place, 0), node.Value);
                break;
            case MarkdownElement.Paragraph when node.Children.Count == 0:
                break;
            case MarkdownElement.Paragraph when place == 0 && node.Parent?.Element == MarkdownElement.ListItem:
                // An item's text stands in the item itself, whether the list turns out loose or tight.
                Children(builder, node, drawing, ItemText);
                break;
            case MarkdownElement.CodeBlock:
                CodeBlock(builder, node, sequence, drawing);
                break;
            case MarkdownElement.Table:
                builder.OpenElement(sequence, "div");
                builder.AddAttribute(0, "class", "table");
                Element(builder, node, "table", 1, drawing);
                builder.CloseElement();
                break;
            case MarkdownElement.Footnotes:
                Footnotes(builder, node, sequence, drawing);
                break;
            case MarkdownElement.FootnoteReference:
                FootnoteReference(builder, node, sequence);
                break;
            case MarkdownElement.Footnote:
                Footnote(builder, node, sequence, drawing);
                break;
            default:
                Element(builder, node, ElementNames.Of(node.Element), sequence, drawing);
                break;
        }
    }

    private static void Element(RenderTreeBuilder builder, MarkdownNode node, string name, int sequence, MarkdownDrawing drawing)
    {
        builder.OpenElement(sequence, name);
        Attributes(builder, node);
        if (node.Element == MarkdownElement.Alert)
        {
            builder.OpenElement(-1, "p");
            builder.AddAttribute(0, "class", "alert-title");
            builder.AddContent(1, char.ToUpperInvariant(node.Value![0]) + node.Value[1..]);
            builder.CloseElement();
        }

        Children(builder, node, drawing);
        builder.CloseElement();
    }

    private static void Attributes(RenderTreeBuilder builder, MarkdownNode node)
    {
        switch (node.Element)
        {
            case MarkdownElement.OrderedList when node.Number != 1:
                builder.AddAttribute(1, "start", node.Number.ToString(CultureInfo.InvariantCulture));
                Loose(builder, node);
                break;
            case MarkdownElement.OrderedList or MarkdownElement.UnorderedList:
                Loose(builder, node);
                break;
            case MarkdownElement.ListItem when node.Checked is { } isChecked:
                builder.AddAttribute(1, "class", "task");
                builder.OpenElement(ItemText - 1, "input");
                builder.AddAttribute(3, "type", "checkbox");
                builder.AddAttribute(4, "disabled", true);
                builder.AddAttribute(5, "checked", isChecked);
                builder.AddAttribute(6, "aria-label", isChecked ? "done" : "to do");
                builder.CloseElement();
                break;
            case MarkdownElement.Alert:
                builder.AddAttribute(1, "class", "alert alert-" + node.Value);
                builder.AddAttribute(2, "role", "note");
                break;
            case MarkdownElement.TableCell or MarkdownElement.TableHeaderCell when node.Alignment != MarkdownAlignment.None:
                builder.AddAttribute(1, "class", "align-" + node.Alignment.ToString().ToLowerInvariant());
                break;
            case MarkdownElement.Math:
                builder.AddAttribute(1, "class", "math");
                break;
            case MarkdownElement.MathBlock:
                builder.AddAttribute(1, "class", "math-block");
                break;
            case MarkdownElement.Link or MarkdownElement.ImageLink:
                Link(builder, node);
                break;
            default:
                break;
        }
    }

    private static void Loose(RenderTreeBuilder builder, MarkdownNode list)
    {
        if (list.Flag)
        {
            builder.AddAttribute(2, "class", "loose");
        }
    }

    // That it opens beside the page is the page's doing: answers.js.
    private static void Link(RenderTreeBuilder builder, MarkdownNode node)
    {
        builder.AddAttribute(1, "href", node.Value);
        builder.AddAttribute(3, "rel", LinkPolicy.Rel);
        if (node.Element == MarkdownElement.ImageLink)
        {
            builder.AddAttribute(4, "class", "image-link");
            builder.AddAttribute(5, "title", "Image on " + node.Detail);
        }
        else if (node.Detail is not null)
        {
            builder.AddAttribute(6, "title", node.Detail);
        }
    }

    // The button has no handler here: the page copies the text of the pre beside it, without asking the server.
    private static void CodeBlock(RenderTreeBuilder builder, MarkdownNode node, int sequence, MarkdownDrawing drawing)
    {
        builder.OpenElement(sequence, "div");
        builder.AddAttribute(2, "class", "code-block");
        builder.OpenElement(3, "div");
        builder.OpenElement(5, "span");
        builder.AddContent(7, node.Value ?? "text");
        builder.CloseElement();
        builder.OpenElement(8, "button");
        builder.AddAttribute(10, "class", "code-copy");
        builder.AddContent(12, "Copy");
        builder.CloseElement();
        builder.CloseElement();
        builder.OpenElement(13, "pre");
        builder.OpenElement(14, "code");
        Children(builder, node, drawing);
        builder.CloseElement();
        builder.CloseElement();
        builder.CloseElement();
    }

    private static void FootnoteReference(RenderTreeBuilder builder, MarkdownNode node, int sequence)
    {
        builder.OpenElement(sequence, "sup");
        builder.OpenElement(2, "a");
        builder.AddAttribute(3, "href", "#" + Id("fn", node));
        if (node.Flag)
        {
            builder.AddAttribute(4, "id", Id("fnref", node));
        }

        builder.AddAttribute(5, "class", "footnote-ref");
        builder.AddContent(6, node.Number.ToString(CultureInfo.InvariantCulture));
        builder.CloseElement();
        builder.CloseElement();
    }

    private static void Footnotes(RenderTreeBuilder builder, MarkdownNode node, int sequence, MarkdownDrawing drawing)
    {
        builder.OpenElement(sequence, "section");
        builder.AddAttribute(2, "class", "footnotes");
        builder.AddAttribute(3, "aria-label", "Footnotes");
        builder.OpenElement(4, "ol");
        Children(builder, node, drawing);
        builder.CloseElement();
        builder.CloseElement();
    }

    private static void Footnote(RenderTreeBuilder builder, MarkdownNode node, int sequence, MarkdownDrawing drawing)
    {
        builder.OpenElement(sequence, "li");
        builder.AddAttribute(2, "id", Id("fn", node));
        Children(builder, node, drawing);
        builder.OpenElement(Last, "a");
        builder.AddAttribute(5, "href", "#" + Id("fnref", node));
        builder.AddAttribute(6, "class", "footnote-back");
        builder.AddAttribute(7, "aria-label", "Back to the text");
        builder.AddContent(8, "↩");
        builder.CloseElement();
        builder.CloseElement();
    }

    private static string Id(string kind, MarkdownNode node) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{node.Detail}-{node.Number}");
}
