using ChatApp.Rendering;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Rendering;

public class StreamingEqualsWholeTests
{
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("RENDERING_CASES"), out var cases) ? cases : 400;

    // Windows of a few characters: nearly every paragraph settles inside.
    private static readonly MarkdownLimits Tiny = new() { Window = 8, LongestWindow = 64, LongLine = 12 };

    [Fact]
    public void Append_AnyChunks_EqualsWhole() => Check(MarkdownLimits.Default, 60);

    [Fact]
    public void Append_AnyChunksAndTinyWindows_EqualsWhole() => Check(Tiny, 60);

    [Fact]
    public void Append_LongTexts_EqualsWhole() => Check(Tiny, 400);

    private static void Check(MarkdownLimits limits, int size) =>
        Prop.ForAll(Arb.From(MarkdownSamples.Chunked(size), MarkdownSamples.Shrink), chunks => Same(chunks, limits))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    private static void Same(string[] chunks, MarkdownLimits limits)
    {
        var streaming = new StreamingMarkdown(limits, "m");
        foreach (var chunk in chunks)
        {
            streaming.Append(chunk);
        }

        streaming.Complete();
        Assert.Equal(NodeHtml.Write(StreamingMarkdown.Parse(string.Concat(chunks), limits, "m")), NodeHtml.Write(streaming.Root));
    }
}
