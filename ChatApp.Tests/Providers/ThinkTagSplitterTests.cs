using ChatApp.Providers;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

public sealed class ThinkTagSplitterTests
{
    [Theory]
    [InlineData("Hi", "", "Hi")]
    [InlineData("<think>Hm</think>Hi", "Hm", "Hi")]
    [InlineData("\n <think>\n\nHm\n</think>\n\nHi", "Hm\n", "Hi")]
    [InlineData("<thinking>Hm</think></thinking>Hi", "Hm</think>", "Hi")]
    [InlineData("<think></think>\n\nHi", "", "Hi")]
    [InlineData("<think>never closed </thin", "never closed </thin", "")]
    [InlineData("<think>a</think><think>b</think>", "a", "<think>b</think>")]
    [InlineData("Use <think>x</think>", "", "Use <think>x</think>")]
    [InlineData("Hm</think>Hi", "", "Hm</think>Hi")]
    [InlineData("<thin", "", "<thin")]
    [InlineData("<b>bold</b>", "", "<b>bold</b>")]
    [InlineData("   ", "", "   ")]
    [InlineData("", "", "")]
    public void Append_CutAnywhere_SplitsTheSame(string answer, string reasoning, string text)
    {
        Prop.ForAll(Gen.Choose(1, 5).NonEmptyListOf().ToArbitrary(), sizes =>
        {
            var output = new List<AIContent>();
            var splitter = new ThinkTagSplitter();
            for (int at = 0, i = 0; at < answer.Length; i++)
            {
                var size = Math.Min(sizes[i % sizes.Count], answer.Length - at);
                splitter.Append(answer.Substring(at, size), output);
                at += size;
            }

            splitter.Flush(output);
            Assert.Equal(reasoning, string.Concat(output.OfType<TextReasoningContent>().Select(c => c.Text)));
            Assert.Equal(text, string.Concat(output.OfType<TextContent>().Select(c => c.Text)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Append_PlainText_IsHeldBackNoLongerThanItCouldBeATag()
    {
        var output = new List<AIContent>();
        var splitter = new ThinkTagSplitter();

        splitter.Append("<th", output);
        Assert.Empty(output);
        splitter.Append("e", output);
        Assert.Equal("<the", Assert.IsType<TextContent>(Assert.Single(output)).Text);
        Assert.True(splitter.Done);
    }
}
