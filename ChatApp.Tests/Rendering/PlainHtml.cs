using System.Text;
using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

/// <summary>Writes nodes as Markdig would write what it reads.</summary>
internal static class PlainHtml
{
    public static string Write(MarkdownNode root)
    {
        var html = new StringBuilder();
        Write(root, html);
        return html.ToString();
    }

    private static void Write(MarkdownNode node, StringBuilder html)
    {
        var name = node.Element switch
        {
            MarkdownElement.Text => null,
            MarkdownElement.Document or MarkdownElement.Body => null,
            MarkdownElement.Paragraph => "p",
            >= MarkdownElement.Heading1 and <= MarkdownElement.Heading6 => "h" + (node.Element - MarkdownElement.Heading1 + 1),
            MarkdownElement.UnorderedList => "ul",
            MarkdownElement.OrderedList => "ol",
            MarkdownElement.ListItem => "li",
            MarkdownElement.Quote => "blockquote",
            MarkdownElement.ThematicBreak => "hr",
            MarkdownElement.CodeBlock => "pre><code",
            MarkdownElement.MathBlock => "div",
            MarkdownElement.LineBreak => "br",
            MarkdownElement.Emphasis => "em",
            MarkdownElement.Strong => "strong",
            MarkdownElement.Strikethrough => "del",
            MarkdownElement.Code => "code",
            MarkdownElement.Math => "span",
            MarkdownElement.Link => "a",
            MarkdownElement.ImageLink => "img",
            _ => throw new InvalidOperationException($"{node.Element} is none of Markdig's."),
        };
        if (node.Element == MarkdownElement.Text)
        {
            html.Append(node.Value!.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal));
            return;
        }

        if (name is not null)
        {
            html.Append('<').Append(name).Append('>');
        }

        // An image's text is an attribute there.
        foreach (var child in node.Element == MarkdownElement.ImageLink ? [] : node.Children)
        {
            Write(child, html);
        }

        if (name is not (null or "hr" or "br" or "img"))
        {
            html.Append("</").Append(name == "pre><code" ? "code></pre" : name).Append('>');
        }
    }
}
