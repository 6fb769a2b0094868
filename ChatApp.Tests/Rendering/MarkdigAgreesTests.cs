using System.Text.RegularExpressions;
using ChatApp.Rendering;
using FsCheck;
using FsCheck.Fluent;
using Markdig;
using Markdig.Extensions.AutoLinks;
using Markdig.Extensions.EmphasisExtras;
using Markdig.Parsers;

namespace ChatApp.Tests.Rendering;

/// <summary>Compares with Markdig's own HTML for everything the two mean to read alike.</summary>
public partial class MarkdigAgreesTests
{
    private static readonly MarkdownPipeline Pipeline = CreatePipeline();

    public static TheoryData<string> Inputs() => [.. SpecInputs.All];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Parse_SpecInput_ReadsLikeMarkdig(string text) => Same(text, MarkdownLimits.Default);

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Append_SpecInputCharByChar_EqualsWhole(string text)
    {
        var streaming = new StreamingMarkdown();
        foreach (var c in text)
        {
            streaming.Append([c]);
            AllowList.Check(streaming.Root);
        }

        streaming.Complete();
        Assert.Equal(NodeHtml.Write(StreamingMarkdown.Parse(text)), NodeHtml.Write(streaming.Root));
    }

    [Fact]
    public void Parse_RandomTexts_ReadsLikeMarkdig() =>
        Prop.ForAll(Arb.From(PlainSamples(), text => MarkdownSamples.Shrink([text]).Select(parts => string.Concat(parts))), text => Same(text, MarkdownLimits.Default))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    // Windows end where nothing is open, so that cutting a text into many changes nothing.
    [Fact]
    public void Parse_OrdinaryAnswersInTinyWindows_ReadsLikeMarkdig()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var text = AnswerText.Mixed(3_000, seed);
            Assert.Equal(
                NodeHtml.Write(StreamingMarkdown.Parse(text)),
                NodeHtml.Write(StreamingMarkdown.Parse(text, new MarkdownLimits { Window = 16, LongestWindow = 1024 })));
        }
    }

    private static Gen<string> PlainSamples() =>
        from count in Gen.Choose(1, 30)
        from pieces in Gen.ArrayOf(Gen.Elements(SpecInputs.Pieces), count)
        select string.Concat(pieces);

    private static void Same(string text, MarkdownLimits limits) =>
        Assert.Equal(Normalize(Markdown.ToHtml(text, Pipeline)), Normalize(PlainHtml.Write(StreamingMarkdown.Parse(text, limits))));

    private static MarkdownPipeline CreatePipeline()
    {
        var builder = new MarkdownPipelineBuilder().DisableHtml();
        builder.UseEmphasisExtras(EmphasisExtraOptions.Strikethrough).UseAutoLinks(new AutoLinkOptions { UseHttpsForWWWLinks = true }).UseMathematics();
        builder.BlockParsers.TryRemove<IndentedCodeBlockParser>();
        return builder.Build();
    }

    // What the two write differently on purpose: paragraphs in tight lists, attributes, links that are not allowed, white space between blocks.
    private static string Normalize(string html)
    {
        html = Between().Replace(html.ReplaceLineEndings("\n"), "");
        html = Attributes().Replace(html, "<${name}>");
        html = html.Replace("<p>", "", StringComparison.Ordinal).Replace("</p>", "", StringComparison.Ordinal)
            .Replace("<a>", "", StringComparison.Ordinal).Replace("</a>", "", StringComparison.Ordinal).Replace("<img>", "", StringComparison.Ordinal)
            .Replace("<br>", "", StringComparison.Ordinal).Replace("&#39;", "'", StringComparison.Ordinal);
        html = html.Replace("&lt;", "", StringComparison.Ordinal).Replace("&gt;", "", StringComparison.Ordinal);
        return White().Replace(html, "");
    }

    [GeneratedRegex(@"<(?<name>\w+)[^<>]*>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Attributes();

    [GeneratedRegex(@"\\[()\[\]]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Between();

    [GeneratedRegex(@"\s+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex White();
}
