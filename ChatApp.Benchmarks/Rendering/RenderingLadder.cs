using System.Diagnostics;
using System.Globalization;
using ChatApp.Rendering;
using Markdig;

namespace ChatApp.Benchmarks.Rendering;

/// <summary>
/// What streaming one character costs, at sizes from a thousand to a million: flat if work is proportional to new text. Beside it the same
/// text parsed whole at every flush, as far as that ends. Flushes are 40 characters: 200 tokens a second drawn every 50 ms.
/// </summary>
internal static class RenderingLadder
{
    private const int Flush = 40;
    private const int LargestWhole = 30_000;

    private static readonly MarkdownLimits Limits = new() { TableCells = int.MaxValue };

    private static readonly MarkdownPipeline Whole = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().Build();

    public static void Run(TextWriter output, bool quick)
    {
        int[] sizes = quick ? [1_000, 10_000, 100_000] : [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
        output.WriteLine("| text | characters | ns per character | without garbage collection | bytes allocated per character | ns, whole text at every flush |");
        output.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach (var kind in LadderText.Kinds)
        {
            // Until the code is compiled for good.
            for (var i = 0; i < 60; i++)
            {
                Stream(LadderText.Of(kind, 20_000));
            }

            // The limit on cells would turn an endless table into text; here it is the table that is measured.
            foreach (var size in sizes)
            {
                var text = LadderText.Of(kind, size);
                var rounds = Math.Max(1, 300_000 / size);
                var (time, net, bytes) = Measure(text, rounds, Stream);
                var whole = size <= LargestWhole ? Measure(text, 1, ParseWhole).Time.ToString("F0", CultureInfo.InvariantCulture) : "";
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {size:N0} | {time:F0} | {net:F0} | {bytes:F0} | {whole} |"));
            }
        }
    }

    // The best of some rounds: what the machine does beside it only ever adds.
    private static (double Time, double Net, double Bytes) Measure(string text, int rounds, Action<string> action)
    {
        var best = (Time: double.MaxValue, Net: double.MaxValue, Bytes: double.MaxValue);
        for (var sample = 0; sample < 3; sample++)
        {
            GC.Collect();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var pause = GC.GetTotalPauseDuration();
            var watch = Stopwatch.GetTimestamp();
            for (var i = 0; i < rounds; i++)
            {
                action(text);
            }

            var count = (double)rounds * text.Length;
            var elapsed = Stopwatch.GetElapsedTime(watch);
            best.Time = Math.Min(best.Time, elapsed.TotalNanoseconds / count);
            best.Net = Math.Min(best.Net, (elapsed - (GC.GetTotalPauseDuration() - pause)).TotalNanoseconds / count);
            best.Bytes = Math.Min(best.Bytes, (GC.GetAllocatedBytesForCurrentThread() - allocated) / count);
        }

        return best;
    }

    private static void Stream(string text)
    {
        var markdown = new StreamingMarkdown(Limits);
        for (var at = 0; at < text.Length; at += Flush)
        {
            markdown.Append(text.AsSpan(at, Math.Min(Flush, text.Length - at)));
        }

        markdown.Complete();
    }

    private static void ParseWhole(string text)
    {
        for (var at = Flush; at < text.Length + Flush; at += Flush)
        {
            _ = Markdown.ToHtml(text[..Math.Min(at, text.Length)], Whole);
        }
    }
}
