using AngleSharp.Dom;
using Bunit;
using ChatApp.Components.Chat.Answer;
using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

public sealed class MarkdownViewTests : IDisposable
{
    private static readonly HashSet<string> Elements =
    [
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "input", "blockquote", "div", "span", "hr", "br", "em", "strong", "del", "code", "pre", "button",
        "table", "thead", "tbody", "tr", "th", "td", "a", "sup", "section",
    ];

    private static readonly HashSet<string> Attributes =
        ["class", "start", "type", "disabled", "checked", "aria-label", "role", "href", "target", "rel", "title", "id"];

    private readonly BunitContext _context = new();

    public static TheoryData<string> Injections() => [.. HostileText.Injections];

    public void Dispose() => _context.Dispose();

    [Theory]
    [MemberData(nameof(Injections))]
    public void Render_Injection_GivesOnlyAllowedElements(string text)
    {
        var view = _context.Render<MarkdownView>(p => p.Add(v => v.Markdown, Complete(text)));
        foreach (var element in view.Nodes.SelectMany(node => node.DescendantsAndSelf<IElement>()))
        {
            Assert.Contains(element.LocalName, Elements);
            Assert.All(element.Attributes, attribute => Assert.Contains(attribute.Name, Attributes));
            if (element.GetAttribute("href") is { } href && !href.StartsWith('#'))
            {
                Assert.Matches("^(https?://|mailto:)", href);
                Assert.Equal("noopener noreferrer nofollow", element.GetAttribute("rel"));
            }
        }
    }

    [Theory]
    [InlineData(40)]
    [InlineData(7)]
    public async Task Refresh_Streamed_GivesTheSamePageAsAtOnce(int flush)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var text = AnswerText.Mixed(4_000, seed) + "\n\nend[^1] and [later]\n\n[^1]: a note\n\n[later]: https://example.org\n\n> [!TIP]\n> use it\n\n- [x] done\n";
            var streaming = new StreamingMarkdown();
            var view = _context.Render<MarkdownView>(p => p.Add(v => v.Markdown, streaming));
            for (var at = 0; at < text.Length; at += flush)
            {
                streaming.Append(text.AsSpan(at, Math.Min(flush, text.Length - at)));
                await view.InvokeAsync(view.Instance.Refresh);
            }

            streaming.Complete();
            await view.InvokeAsync(view.Instance.Refresh);
            var whole = _context.Render<MarkdownView>(p => p.Add(v => v.Markdown, Complete(text)));
            Assert.Equal(whole.Markup, view.Markup);
        }
    }

    [Fact]
    public void Render_CodeBlock_HasLabelAndCopyButton()
    {
        var view = _context.Render<MarkdownView>(p => p.Add(v => v.Markdown, Complete("```CSharp\nvar a = \"<b>\";\n```")));
        Assert.Equal("csharp", view.Find(".code-block > div > span").TextContent);
        Assert.Equal("Copy", view.Find(".code-block button.code-copy").TextContent);
        Assert.Equal("var a = \"<b>\";", view.Find(".code-block pre").TextContent);
    }

    [Fact]
    public void Render_Footnote_LinksThereAndBack()
    {
        var view = _context.Render<MarkdownView>(p => p.Add(v => v.Markdown, Complete("a[^n]\n\n[^n]: the *note*", "m7")));
        Assert.Equal("#fn-m7-1", view.Find("sup > a").GetAttribute("href"));
        Assert.Equal("fnref-m7-1", view.Find("sup > a").Id);
        Assert.Equal("#fnref-m7-1", view.Find("section.footnotes li#fn-m7-1 > a.footnote-back").GetAttribute("href"));
    }

    [Fact]
    public async Task Refresh_NothingChanged_RendersNothing()
    {
        var streaming = new StreamingMarkdown();
        streaming.Append("text");
        var rendered = 0;
        var view = _context.Render<MarkdownView>(p => p.Add(v => v.Markdown, streaming).Add(v => v.Rendered, () => rendered++));
        var before = rendered;
        await view.InvokeAsync(view.Instance.Refresh);
        Assert.Equal(before, rendered);
        streaming.Append(" more");
        await view.InvokeAsync(view.Instance.Refresh);
        Assert.True(rendered > before);
    }

    private static StreamingMarkdown Complete(string text, string idPrefix = "")
    {
        var markdown = new StreamingMarkdown(idPrefix: idPrefix);
        markdown.Append(text);
        markdown.Complete();
        return markdown;
    }
}
