using System.Text;
using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

public class BytesToTheBrowserTests(ITestOutputHelper output)
{
    // 200 tokens of 4 characters a second, drawn every 50 ms at first and every 100 ms once the answer is long.
    private const int Short = 40;
    private const int Long = 80;

    [Theory]
    [InlineData(Short, 7.5)]
    [InlineData(Long, 5.5)]
    public async Task Refresh_MixedAnswers_CostsTheSameAtAnyLength(int flush, double most)
    {
        var ratios = new List<double>();
        foreach (var tokens in new[] { 500, 2_000, 8_000 })
        {
            ratios.Add(await RatioAsync(string.Concat(Enumerable.Range(0, 4).Select(seed => AnswerText.Mixed(tokens, seed))), flush));
            output.WriteLine($"{tokens} tokens: {ratios[^1]:F2} bytes per byte");
        }

        Assert.All(ratios, ratio => Assert.InRange(ratio, 1, most));
        Assert.InRange(ratios.Max() / ratios.Min(), 1, 1.15);
    }

    [Theory]
    [InlineData("paragraph", 4.5)]
    [InlineData("list", 5.5)]
    [InlineData("fence", 2.5)]
    [InlineData("table", 8)]
    [InlineData("quote", 5)]
    public async Task Refresh_OneEndlessBlock_CostsTheSameAtAnyLength(string kind, double most)
    {
        var small = await RatioAsync(EndlessText.Of(kind, 8_000), Long);
        var large = await RatioAsync(EndlessText.Of(kind, 40_000), Long);
        output.WriteLine($"{kind}: {small:F2}, {large:F2} bytes per byte");
        Assert.InRange(large, 1, most);
        Assert.InRange(large / small, 0.5, 1.15);
    }

    private static async Task<double> RatioAsync(string text, int flush)
    {
        await using var renderer = MeasuringRenderer.Create();
        var markdown = new StreamingMarkdown();
        await renderer.ShowAsync(markdown);
        for (var at = 0; at < text.Length; at += flush)
        {
            markdown.Append(text.AsSpan(at, Math.Min(flush, text.Length - at)));
            await renderer.RefreshAsync();
        }

        markdown.Complete();
        await renderer.RefreshAsync();
        return (double)renderer.Bytes / Encoding.UTF8.GetByteCount(text);
    }
}
