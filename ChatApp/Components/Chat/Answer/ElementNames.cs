using ChatApp.Rendering;

namespace ChatApp.Components.Chat.Answer;

/// <summary>The element each kind of node becomes: the whole list of what an answer can put into the page.</summary>
internal static class ElementNames
{
    public static string Of(MarkdownElement element) => element switch
    {
        MarkdownElement.Paragraph => "p",
        MarkdownElement.Heading1 => "h1",
        MarkdownElement.Heading2 => "h2",
        MarkdownElement.Heading3 => "h3",
        MarkdownElement.Heading4 => "h4",
        MarkdownElement.Heading5 => "h5",
        MarkdownElement.Heading6 => "h6",
        MarkdownElement.UnorderedList => "ul",
        MarkdownElement.OrderedList => "ol",
        MarkdownElement.ListItem => "li",
        MarkdownElement.Quote => "blockquote",
        MarkdownElement.Alert => "div",
        MarkdownElement.ThematicBreak => "hr",
        MarkdownElement.MathBlock => "div",
        MarkdownElement.TableHead => "thead",
        MarkdownElement.TableBody => "tbody",
        MarkdownElement.TableRow => "tr",
        MarkdownElement.TableHeaderCell => "th",
        MarkdownElement.TableCell => "td",
        MarkdownElement.LineBreak => "br",
        MarkdownElement.Emphasis => "em",
        MarkdownElement.Strong => "strong",
        MarkdownElement.Strikethrough => "del",
        MarkdownElement.Code => "code",
        MarkdownElement.Math => "span",
        MarkdownElement.Link or MarkdownElement.ImageLink => "a",
        _ => throw new ArgumentOutOfRangeException(nameof(element), element, "This node has no element of its own."),
    };
}
