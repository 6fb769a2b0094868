using ChatApp.Rendering;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Rendering;

/// <summary>What is on the screen before the next text comes.</summary>
public class HalfTypedTests
{
    [Theory]
    [InlineData("some **bo", "<p>some <strong>bo</strong></p>")]
    [InlineData("some **bold ", "<p>some <strong>bold</strong></p>")]
    [InlineData("some **bold*", "<p>some <strong>bold</strong></p>")]
    [InlineData("some **bold**", "<p>some <strong>bold</strong></p>")]
    [InlineData("some *em", "<p>some <em>em</em></p>")]
    [InlineData("some **", "<p>some </p>")]
    [InlineData("a ~~gone", "<p>a <strikethrough>gone</strikethrough></p>")]
    [InlineData("call `fo", "<p>call <code>fo</code></p>")]
    [InlineData("call ``fo`", "<p>call <code>fo</code></p>")]
    [InlineData("see [the te", "<p>see the te</p>")]
    [InlineData("see [the text](http://exa", "<p>see the text</p>")]
    [InlineData("see ![the text](http://exa", "<p>see the text</p>")]
    [InlineData("see https://exam", "<p>see https://exam</p>")]
    [InlineData("see <https://exam", "<p>see &lt;https://exam</p>")]
    [InlineData("a foot[^no", "<p>a foot</p>")]
    [InlineData("salt &am", "<p>salt </p>")]
    [InlineData("a line\n-", "<p>a line</p>")]
    [InlineData("a line\n==", "<p>a line</p>")]
    [InlineData("- one\n-", "<ul n=\"1\"><li><p>one</p></li></ul>")]
    [InlineData("- one\n- t", "<ul n=\"1\"><li><p>one</p></li><li><p>t</p></li></ul>")]
    [InlineData("- one\n  - t", "<ul n=\"1\"><li><p>one</p><ul n=\"1\"><li><p>t</p></li></ul></li></ul>")]
    [InlineData("- [ ", "")]
    [InlineData("- [x] do", "<ul n=\"1\"><li checked><p>do</p></li></ul>")]
    [InlineData("1. one\n2", "<ol n=\"1\"><li><p>one</p></li></ol>")]
    [InlineData("> quo", "<quote><p>quo</p></quote>")]
    [InlineData("> quo\n> te", "<quote><p>quo\nte</p></quote>")]
    [InlineData("> [!NO", "<quote></quote>")]
    [InlineData("> [!NOTE]\n> te", "<alert v=\"note\"><p>te</p></alert>")]
    [InlineData("```cs\nvar a", "<codeblock v=\"cs\">var a</codeblock>")]
    [InlineData("```cs\nvar a\n``", "<codeblock v=\"cs\">var a</codeblock>")]
    [InlineData("# Hea", "<heading1>Hea</heading1>")]
    [InlineData("##", "")]
    [InlineData("$$\nx^2", "<mathblock>x^2</mathblock>")]
    [InlineData("| a | b |\n|---|---|\n| 1", "<table><tablehead><tr><th>a</th><th>b</th></tr></tablehead><tablebody><tr><td>1</td></tr></tablebody></table>")]
    [InlineData("| a | b |\n|--", "<table><tablehead><tr><th>a</th><th>b</th></tr></tablehead><tablebody></tablebody></table>")]
    [InlineData("| a | b", "<table><tablehead><tr><th>a</th><th>b</th></tr></tablehead><tablebody></tablebody></table>")]
    [InlineData("text\n| a | b |\n", "<p>text</p><table><tablehead><tr><th>a</th><th>b</th></tr></tablehead><tablebody></tablebody></table>")]
    public void Append_HalfTyped_LooksLikeWhatItWillBe(string text, string expected)
    {
        var streaming = new StreamingMarkdown();
        streaming.Append(text);
        Assert.Equal(expected, NodeHtml.Write(streaming.Root));
    }

    // Words and the markers of containers only: what is shown is exactly the words that have come.
    [Fact]
    public void Append_WordsInContainers_ShowsEveryWordOnce() =>
        Prop.ForAll(Arb.From(Words(), MarkdownSamples.Shrink), chunks =>
            {
                var streaming = new StreamingMarkdown(new MarkdownLimits { Window = 16, LongestWindow = 64 });
                var sent = "";
                foreach (var chunk in chunks)
                {
                    streaming.Append(chunk);
                    sent += chunk;
                    Assert.Equal(Letters(sent), Letters(Text(streaming.Root)));
                }
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(int.TryParse(Environment.GetEnvironmentVariable("RENDERING_CASES"), out var cases) ? cases : 300));

    [Fact]
    public void Append_AnyText_NeverChangesWhatHasSettled() =>
        Prop.ForAll(MarkdownSamples.Chunked(80).ToArbitrary(), chunks =>
            {
                var streaming = new StreamingMarkdown();
                var settled = new Dictionary<MarkdownNode, string>(ReferenceEqualityComparer.Instance);
                foreach (var chunk in chunks.Select(WithoutDefinitions))
                {
                    streaming.Append(chunk);
                    var blocks = streaming.Root.Children[0].Children;
                    for (var i = 0; i < blocks.Count - 3; i++)
                    {
                        settled.TryAdd(blocks[i], NodeHtml.Write(blocks[i]));
                    }
                }

                streaming.Complete();
                var final = streaming.Root.Children[0].Children.ToHashSet(ReferenceEqualityComparer.Instance);
                Assert.All(settled, pair =>
                {
                    Assert.Contains(pair.Key, final);
                    Assert.Equal(pair.Value, NodeHtml.Write(pair.Key));
                });
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(int.TryParse(Environment.GetEnvironmentVariable("RENDERING_CASES"), out var cases) ? cases : 300));

    // Definitions reach backwards; they have tests of their own.
    private static string WithoutDefinitions(string chunk) => chunk.Replace(']', ')');

    private static Gen<string[]> Words() =>
        from count in Gen.Choose(1, 80)
        from pieces in Gen.ArrayOf(Gen.Elements("one ", "two ", "three. ", "four", "\n", "\n\n", "\n- ", "\n  - ", "\n> ", "\n1. ", "\n## ", "\n    ", " and so on "), count)
        from sizes in Gen.ArrayOf(Gen.Choose(1, 30), 2000)
        select Cut("begin " + string.Concat(pieces), sizes).ToArray();

    private static IEnumerable<string> Cut(string text, int[] sizes)
    {
        for (int at = 0, i = 0; at < text.Length; i++)
        {
            var length = Math.Min(sizes[i], text.Length - at);
            yield return text.Substring(at, length);
            at += length;
        }
    }

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetter));

    private static string Text(MarkdownNode node) =>
        node.Element == MarkdownElement.Text ? node.Value! : string.Concat(node.Children.Select(Text));
}
