using System.Text;
using Markdig.Extensions.Footnotes;
using Markdig.Extensions.Mathematics;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChatApp.Rendering;

/// <summary>Turns Markdig's inlines into nodes of the fixed list; an inline it does not know is shown as its text.</summary>
internal sealed class InlineWalker(AnswerState state)
{
    /// <summary>Adds the inlines of one piece of a leaf's text.</summary>
    /// <param name="into">The node that gets them.</param>
    /// <param name="text">The piece that was parsed; literals point into it.</param>
    /// <param name="root">Its inlines, or null to show the piece as it is.</param>
    /// <param name="leaf">The leaf the piece is from.</param>
    /// <param name="at">Where in the leaf it starts.</param>
    public void Walk(MarkdownNode into, string text, ContainerInline? root, LeafText leaf, int at)
    {
        var piece = new Piece(text, leaf, at);
        if (root is null)
        {
            leaf.AddRun(into, text, at, state.Marks);
            return;
        }

        Children(into, root, piece, 0);
    }

    private void Children(MarkdownNode into, ContainerInline container, Piece piece, int depth)
    {
        foreach (var inline in container)
        {
            Inline(into, inline, piece, depth);
        }
    }

    private void Inline(MarkdownNode into, Inline inline, Piece piece, int depth)
    {
        switch (inline)
        {
            case LiteralInline literal:
                Literal(into, literal, piece);
                break;
            case LineBreakInline { IsHard: true }:
                into.Add(new MarkdownNode(MarkdownElement.LineBreak));
                break;
            case LineBreakInline:
                into.AddText("\n");
                break;
            case CodeInline code:
                into.Add(new MarkdownNode(MarkdownElement.Code)).AddText(InvisibleText.Clean(code.Content));
                break;
            case MathInline math:
                into.Add(new MarkdownNode(MarkdownElement.Math)).AddText(InvisibleText.Clean(math.Content.AsSpan()));
                break;
            case HtmlEntityInline entity:
                AddText(into, entity.Transcoded.AsSpan());
                break;
            case AutolinkInline autolink:
                Autolink(into, autolink);
                break;
            case FootnoteLink { IsBackLink: false } reference:
                state.Footnotes.AddReference(into, reference.Footnote);
                break;
            case DelimiterInline delimiter:
                // A bracket without its partner keeps what follows it as its children, however many.
                piece.Leaf.AddRun(into, delimiter.ToLiteral(), piece.At + delimiter.Span.Start, state.Marks);
                Children(into, delimiter, piece, depth + 1);
                break;
            case ContainerInline container when depth >= state.Limits.InlineDepth:
                AddText(into, PlainText(container));
                break;
            case EmphasisInline emphasis:
                Children(into.Add(new MarkdownNode(Element(emphasis))), emphasis, piece, depth + 1);
                break;
            case LinkInline link:
                Link(into, link, piece, depth);
                break;
            case ContainerInline container:
                Children(into, container, piece, depth + 1);
                break;
            default:
                break;
        }
    }

    private void Literal(MarkdownNode into, LiteralInline literal, Piece piece)
    {
        var content = literal.Content.AsSpan();
        if (ReferenceEquals(literal.Content.Text, piece.Text))
        {
            piece.Leaf.AddRun(into, content, piece.At + literal.Content.Start, state.Marks);
        }
        else
        {
            AddText(into, content);
        }
    }

    private static MarkdownElement Element(EmphasisInline emphasis) => (emphasis.DelimiterChar, emphasis.DelimiterCount) switch
    {
        ('~', _) => MarkdownElement.Strikethrough,
        (_, 1) => MarkdownElement.Emphasis,
        _ => MarkdownElement.Strong,
    };

    private void Autolink(MarkdownNode into, AutolinkInline autolink)
    {
        var url = autolink.IsEmail ? "mailto:" + autolink.Url : autolink.Url;
        if (LinkPolicy.TryAllow(url, state.Limits.UrlLength, out var href, out _))
        {
            into.Add(new MarkdownNode(MarkdownElement.Link, href)).AddText(InvisibleText.Clean(autolink.Url));
        }
        else
        {
            AddText(into, "<" + autolink.Url + ">");
        }
    }

    private void Link(MarkdownNode into, LinkInline link, Piece piece, int depth)
    {
        if (!LinkPolicy.TryAllow(link.Url, state.Limits.UrlLength, out var href, out var host))
        {
            // Only what a reader would have read: the address of a script is of no use to anybody.
            Children(into, link, piece, depth + 1);
            return;
        }

        if (link.IsImage)
        {
            var alternative = InvisibleText.Clean(PlainText(link));
            into.Add(new MarkdownNode(MarkdownElement.ImageLink, href) { Detail = host })
                .AddText(alternative.Length > 0 ? alternative : "image");
            return;
        }

        var title = string.IsNullOrWhiteSpace(link.Title) || link.Title.Length > 300 ? null : InvisibleText.Clean(link.Title).ReplaceLineEndings(" ");
        Children(into.Add(new MarkdownNode(MarkdownElement.Link, href) { Detail = title }), link, piece, depth + 1);
    }

    private static void AddText(MarkdownNode into, ReadOnlySpan<char> text)
    {
        if (InvisibleText.Clean(text) is { Length: > 0 } clean)
        {
            into.AddText(clean);
        }
    }

    private static string PlainText(ContainerInline container)
    {
        var text = new StringBuilder();
        foreach (var inline in container.Descendants())
        {
            _ = inline switch
            {
                LiteralInline literal => text.Append(literal.Content.AsSpan()),
                CodeInline code => text.Append(code.Content),
                MathInline math => text.Append(math.Content.AsSpan()),
                AutolinkInline autolink => text.Append(autolink.Url),
                HtmlEntityInline entity => text.Append(entity.Transcoded.AsSpan()),
                LineBreakInline => text.Append(' '),
                DelimiterInline delimiter => text.Append(delimiter.ToLiteral()),
                _ => text,
            };
        }

        return text.ToString();
    }

    private readonly record struct Piece(string Text, LeafText Leaf, int At);
}
