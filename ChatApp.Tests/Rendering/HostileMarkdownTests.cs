using System.Text;
using ChatApp.Rendering;

namespace ChatApp.Tests.Rendering;

public class HostileMarkdownTests(ITestOutputHelper output)
{
    private const int Largest = 256 * 1024;

    // The promise is 200 ms of processor time on an idle machine; ten times as much here, for busy ones and unoptimized code.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Names() => HostileText.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_Pathological_IsBoundedAndSafe(string name)
    {
        var text = HostileText.Make(name, Largest);
        _ = StreamingMarkdown.Parse(text[..2000]);
        var start = ProcessorTime.OfThread();
        var root = StreamingMarkdown.Parse(text);
        var used = ProcessorTime.OfThread() - start;
        var size = RenderedSize(root);
        output.WriteLine($"{used.TotalMilliseconds,5:F0} ms {(double)size / text.Length,6:F1}x  {name}");
        AllowList.Check(root);
        Assert.InRange(used, TimeSpan.Zero, Bound);
        Assert.InRange(size, 0, 20L * text.Length);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_PathologicalInFlushes_IsBoundedAndEqualsWhole(string name)
    {
        var text = HostileText.Make(name, 40_000);
        var streaming = new StreamingMarkdown();
        var start = ProcessorTime.OfThread();
        for (var at = 0; at < text.Length; at += 40)
        {
            streaming.Append(text.AsSpan(at, Math.Min(40, text.Length - at)));
        }

        streaming.Complete();
        var used = ProcessorTime.OfThread() - start;
        output.WriteLine($"{used.TotalMilliseconds,5:F0} ms  {name}");
        Assert.InRange(used, TimeSpan.Zero, 2 * Bound);
        Assert.Equal(NodeHtml.Write(StreamingMarkdown.Parse(text)), NodeHtml.Write(streaming.Root));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Append_EveryPrefixOfPathological_StaysWithinTheAllowList(string name) => CheckPrefixes(HostileText.Make(name, 300));

    [Fact]
    public void Append_EveryPrefixOfInjections_StaysWithinTheAllowList()
    {
        foreach (var text in HostileText.Injections)
        {
            CheckPrefixes(text);
            CheckPrefixes("- " + text.ReplaceLineEndings("\n  "));
        }
    }

    [Fact]
    public void Append_SomethingThrows_ShowsTheTextAndSaysSo()
    {
        // A limit nobody can keep makes the preview of a table throw.
        var streaming = new StreamingMarkdown(new MarkdownLimits { TableColumns = -2 });
        streaming.Append("before\n\n");
        streaming.Append("|a *b* ");
        streaming.Append("and <more>");
        streaming.Complete();
        Assert.IsType<OverflowException>(streaming.Failure);
        Assert.Equal("<p>before</p><p>|a *b* and &lt;more&gt;</p>", NodeHtml.Write(streaming.Root));
    }

    private static void CheckPrefixes(string text)
    {
        var streaming = new StreamingMarkdown();
        foreach (var c in text)
        {
            streaming.Append([c]);
            AllowList.Check(streaming.Root);
        }

        streaming.Complete();
        AllowList.Check(streaming.Root);
    }

    private static long RenderedSize(MarkdownNode root)
    {
        var size = 0L;
        var stack = new Stack<MarkdownNode>([root]);
        while (stack.TryPop(out var node))
        {
            size += node.Element == MarkdownElement.Text ? Encoding.UTF8.GetByteCount(node.Value!) : 7 + (node.Value?.Length ?? 0) + (node.Detail?.Length ?? 0);
            foreach (var child in node.Children)
            {
                stack.Push(child);
            }
        }

        return size;
    }
}
