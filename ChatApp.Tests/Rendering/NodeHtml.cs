using System.Net;
using System.Text;
using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

/// <summary>Writes nodes as HTML-like text to compare and to read; neighbouring texts run together.</summary>
internal static class NodeHtml
{
    public static string Write(MarkdownNode node)
    {
        var text = new StringBuilder();
        Write(node, text);
        return text.ToString();
    }

    private static void Write(MarkdownNode node, StringBuilder html)
    {
        switch (node.Element)
        {
            case MarkdownElement.Text:
                html.Append(WebUtility.HtmlEncode(node.Value));
                return;
            case MarkdownElement.Document or MarkdownElement.Body:
                Children(node, html);
                return;
            case MarkdownElement.Paragraph when node.Children.Count == 0:
                return;
            case MarkdownElement.LineBreak or MarkdownElement.ThematicBreak:
                html.Append('<').Append(Name(node)).Append("/>");
                return;
            default:
                break;
        }

        html.Append('<').Append(Name(node)).Append(Attributes(node)).Append('>');
        Children(node, html);
        html.Append("</").Append(Name(node)).Append('>');
    }

    private static void Children(MarkdownNode node, StringBuilder html)
    {
        foreach (var child in node.Children)
        {
            Write(child, html);
        }
    }

    private static string Attributes(MarkdownNode node)
    {
        var list = new StringBuilder();
        if (node.Value is not null)
        {
            list.Append($" v=\"{WebUtility.HtmlEncode(node.Value)}\"");
        }

        if (node.Detail is { Length: > 0 })
        {
            list.Append($" d=\"{WebUtility.HtmlEncode(node.Detail)}\"");
        }

        if (node.Number != 0)
        {
            list.Append($" n=\"{node.Number}\"");
        }

        if (node.Flag)
        {
            list.Append(" flag");
        }

        if (node.Checked is { } isChecked)
        {
            list.Append(isChecked ? " checked" : " unchecked");
        }

        if (node.Alignment != MarkdownAlignment.None)
        {
            list.Append(' ').Append(node.Alignment);
        }

        return list.ToString();
    }

    private static string Name(MarkdownNode node) => node.Element switch
    {
        MarkdownElement.Paragraph => "p",
        MarkdownElement.UnorderedList => "ul",
        MarkdownElement.OrderedList => "ol",
        MarkdownElement.ListItem => "li",
        MarkdownElement.Emphasis => "em",
        MarkdownElement.Strong => "strong",
        MarkdownElement.Link => "a",
        MarkdownElement.LineBreak => "br",
        MarkdownElement.ThematicBreak => "hr",
        MarkdownElement.TableRow => "tr",
        MarkdownElement.TableCell => "td",
        MarkdownElement.TableHeaderCell => "th",
        _ => node.Element.ToString().ToLowerInvariant(),
    };
}
