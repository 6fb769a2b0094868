using System.Text;
using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

public class BytesToTheBrowserTests(ITestOutputHelper output)
{
    // 200 tokens of 4 characters a second, drawn every 50 ms.
    private const int Flush = 40;

    [Fact]
    public async Task Refresh_MixedAnswers_CostsTheSameAtAnyLength()
    {
        var ratios = new List<double>();
        foreach (var tokens in new[] { 500, 2_000, 8_000 })
        {
            ratios.Add(await RatioAsync(string.Concat(Enumerable.Range(0, 4).Select(seed => AnswerText.Mixed(tokens, seed)))));
            output.WriteLine($"{tokens} tokens: {ratios[^1]:F2} bytes per byte");
        }

        Assert.All(ratios, ratio => Assert.InRange(ratio, 1, 8));
        Assert.InRange(ratios.Max() / ratios.Min(), 1, 1.15);
    }

    [Theory]
    [InlineData("paragraph")]
    [InlineData("list")]
    [InlineData("fence")]
    [InlineData("table")]
    [InlineData("quote")]
    public async Task Refresh_OneEndlessBlock_CostsTheSameAtAnyLength(string kind)
    {
        var small = await RatioAsync(EndlessText.Of(kind, 8_000));
        var large = await RatioAsync(EndlessText.Of(kind, 40_000));
        output.WriteLine($"{kind}: {small:F2}, {large:F2} bytes per byte");
        Assert.InRange(large, 1, 10);
        Assert.InRange(large / small, 0.5, 1.15);
    }

    private static async Task<double> RatioAsync(string text)
    {
        await using var renderer = MeasuringRenderer.Create();
        var markdown = new StreamingMarkdown();
        await renderer.ShowAsync(markdown);
        for (var at = 0; at < text.Length; at += Flush)
        {
            markdown.Append(text.AsSpan(at, Math.Min(Flush, text.Length - at)));
            await renderer.RefreshAsync();
        }

        markdown.Complete();
        await renderer.RefreshAsync();
        return (double)renderer.Bytes / Encoding.UTF8.GetByteCount(text);
    }
}
