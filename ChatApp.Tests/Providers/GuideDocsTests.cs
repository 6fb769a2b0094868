using System.Text.RegularExpressions;
using ChatApp.Providers.Guide;
using ChatApp.Providers.Scripted;

namespace ChatApp.Tests.Providers;

public sealed partial class GuideDocsTests
{
    [Fact]
    public void Docs_WithScripts_NameOnlyOnesThatAreUnderstood()
    {
        var texts = GuideLibrary.Sections.Select(section => section.Body).Concat(GuideLibrary.Pages.Select(page => page.Text));
        var scripts = texts.SelectMany(text => Script().Matches(text)).Select(match => Uri.UnescapeDataString(match.Groups["script"].Value)).ToList();

        Assert.True(scripts.Count > 15);
        Assert.All(scripts, script => Assert.NotNull(ScriptParser.Parse(script)));
    }

    [Fact]
    public void Docs_ThatLinkToEachOther_LinkToDocsThatAreThere()
    {
        var files = GuideLibrary.Sections.Select(section => section.File).ToHashSet();
        var links = GuideLibrary.Sections.Where(section => section.File.StartsWith("docs/", StringComparison.Ordinal))
            .SelectMany(section => DocLink().Matches(section.Body)).Select(match => "docs/" + match.Groups["file"].Value);

        Assert.All(links, link => Assert.Contains(link, files));
    }

    [Fact]
    public void Split_WithAHeadingInsideCode_KeepsItThere()
    {
        var sections = GuideLibrary.Split("a.md", "# Title\n\nIntro.\n\n## First\n\n```bash\n# no heading\n## nor this\n```\n\n## Empty\n\n## Last\nEnd.\n").ToList();

        Assert.Equal(["Title", "Title: First", "Title: Last"], sections.Select(section => section.Title));
        Assert.Contains("# no heading", sections[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Trim_OfALongSection_KeepsTheStartAndWhatSpeaksOfTheQuestion()
    {
        var filler = string.Join(' ', Enumerable.Repeat("lorem", 80));
        var rows = string.Concat(Enumerable.Range(0, 9).Select(i => $"| row{i} | x |\n")).TrimEnd();
        var section = new GuideSection("a.md", "Doc", "Head", $"Start.\n\n{filler}\n\nAbout apples:\n\n```\none\n\ntwo\n```\n\n| a | b |\n|---|---|\n{rows}\n\nSee [models](models.md#x) there, apples.");

        var trimmed = GuideExcerpt.Trim(section, GuideWords.Content("apples row3"));

        Assert.Equal("Start.\n\nAbout apples:\n\n```\none\n\ntwo\n```\n\n| a | b |\n|---|---|\n| row3 | x |\n\nSee models there, apples.", trimmed);
    }

    [Theory]
    [InlineData("connecting connected connects", "connect connect connect")]
    [InlineData("queries stopping cancel GPT chatgpt", "query stop stop openai openai")]
    [InlineData("status less analysis", "status less analysis")]
    public void Content_OfRelatedWords_IsTheSame(string words, string expected) =>
        Assert.Equal(expected, string.Join(' ', GuideWords.Content(words)));

    [GeneratedRegex(@"scripted/(?<script>[a-z][^\s`'"")…&]*)[\s`'"")&]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();

    [GeneratedRegex(@"\]\((?<file>[^):#]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DocLink();
}
