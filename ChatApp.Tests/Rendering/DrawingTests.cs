using Bunit;
using ChatApp.Components.Chat.Answer;
using ChatApp.Rendering;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Rendering;

/// <summary>What stands in the browser after many small edits is what would stand there had the answer been drawn at once.</summary>
public sealed class DrawingTests
{
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("RENDERING_CASES"), out var cases) ? cases : 150;

    [Fact]
    public void Refresh_AnyChunks_DrawsWhatTheWholeDraws() =>
        Prop.ForAll(Arb.From(MarkdownSamples.Chunked(40), MarkdownSamples.Shrink), AssertSame).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    [Theory]
    [InlineData("Text.[^1] More.[^2]\n\n[^1]: One.\n[^2]: Two\n    lines.\n\nEnd[^1] and [^3].\n\n[^3]: Three.\n")]
    [InlineData("- [x] done\n- [ ] open\n  - sub\n\n    loose\n1. one\n2. two\n\n> [!TIP]\n> a tip\n")]
    [InlineData("[a] and [b]\n\n[a]: https://a.example\n\n[b]: https://b.example\n\n| x | y |\n|---|---|\n| [a] | 2 |\n")]
    [InlineData("[^]:[^1]\n[^1]:e\n_\n[b]t)  \n\n[b]:\"\n_")]
    [InlineData("  ~~~\n\t\uD83D\uDE00\n")]
    public Task Refresh_EveryCharacter_DrawsWhatTheWholeDraws(string text) => AssertSame([.. text.Select(c => c.ToString())]);

    private static async Task AssertSame(string[] chunks)
    {
        await using var context = new BunitContext();
        var streaming = new StreamingMarkdown(idPrefix: "m");
        var drawn = context.Render<MarkdownView>(parameters => parameters.Add(view => view.Markdown, streaming));
        foreach (var chunk in chunks)
        {
            streaming.Append(chunk);
            await drawn.InvokeAsync(drawn.Instance.Refresh);
        }

        streaming.Complete();
        await drawn.InvokeAsync(drawn.Instance.Refresh);

        var whole = new StreamingMarkdown(idPrefix: "m");
        whole.Append(string.Concat(chunks));
        whole.Complete();
        Assert.Equal(context.Render<MarkdownView>(parameters => parameters.Add(view => view.Markdown, whole)).Markup, drawn.Markup);
    }
}
