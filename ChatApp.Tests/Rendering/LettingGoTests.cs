using System.Text;
using ChatApp.Rendering;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Rendering;

/// <summary>What a long answer lets go is as it will be in the end.</summary>
public class LettingGoTests
{
    private static readonly int Cases = int.TryParse(Environment.GetEnvironmentVariable("RENDERING_CASES"), out var cases) ? cases : 200;

    [Fact]
    public void LetGo_AnyChunks_KeptWhenItGoesEqualsWhole() =>
        Prop.ForAll(Arb.From(MarkdownSamples.Chunked(900)), chunks => Same(chunks)).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    [Fact]
    public void LetGo_DefinitionsAtTheEnd_KeptWhenItGoesEqualsWhole()
    {
        var early = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var text = new StringBuilder();
            for (var i = 0; i < 400; i++)
            {
                text.Append(random.Next(seed % 2 == 0 ? 24 : 400) switch
                {
                    0 => $"see [late{random.Next(4)}]",
                    1 => $"a note[^{random.Next(3)}]",
                    2 => "`code[0]` and [a link](https://example.org)",
                    3 => "- one\n- two [^2]\n  - [late1][late2]",
                    4 => "```\nx[late1]\n```",
                    5 => "[see `code[1]` there][late1] `[late2]`",
                    6 => "[see `code` there]",
                    7 => "> quoted",
                    _ => AnswerText.Sentence(random, 6),
                }).Append("\n\n");
            }

            text.Append("[late1]: https://example.org/1\n\n[^2]: two\n\nend\n\n[late2]: https://example.org/2\n[see `code` there]: https://example.org/3\n\n[^1]: one\n[^0]: zero\n");
            var whole = text.ToString();
            var chunks = new List<string>();
            for (var at = 0; at < whole.Length;)
            {
                var length = Math.Min(random.Next(1, 200), whole.Length - at);
                chunks.Add(whole.Substring(at, length));
                at += length;
            }

            early += Same([.. chunks]);
        }

        Assert.True(early > 0);
    }

    [Fact]
    public void LetGo_OrdinaryText_GoesWhileItStreamsAndIsCollected()
    {
        var markdown = new StreamingMarkdown();
        var first = Begin(markdown);
        Assert.True(markdown.LetGo(1));
        Assert.True(markdown.LetGo(10));
        Assert.False(markdown.LetGo(10));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(first.IsAlive);
        markdown.Complete();
        Assert.Equal("The end.", string.Concat(markdown.Root.Children[0].Children[^1].Children.Select(node => node.Value)));
    }

    [Theory]
    [InlineData("a [label]")]
    [InlineData("a `code` [label]")]
    [InlineData("a note[^1]\n\n[^1]: of it")]
    [InlineData("[a [label] b](https://example.org)")]
    public void LetGo_WhatMayStillChange_StaysUntilTheEnd(string text)
    {
        var markdown = new StreamingMarkdown();
        markdown.Append(text + "\n\n" + string.Concat(Enumerable.Repeat("one\n\n", 127)) + "The end.");
        Assert.True(markdown.LetGo(10));
        Assert.False(markdown.Root.Children[0].HasLetGo(0));
        Assert.True(markdown.Root.Children[0].HasLetGo(MarkdownLayout.ChunkSize));
        markdown.Complete();
        Assert.True(markdown.LetGo(10));
        Assert.True(markdown.Root.Children[0].HasLetGo(0));
    }

    // Not inlined: no local of the test may hold on to the nodes.
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Begin(StreamingMarkdown markdown)
    {
        markdown.Append(string.Concat(Enumerable.Repeat("one `code[0]` and [a link](https://example.org)\n\n", 200)) + "The end.");
        return new WeakReference(markdown.Root.Children[0].Children[5]);
    }

    // As a browser does: it keeps what it shows of blocks when they go.
    private static int Same(string[] chunks)
    {
        var streaming = new StreamingMarkdown(idPrefix: "m");
        var body = streaming.Root.Children[0];
        var kept = new Dictionary<int, string>();
        var shown = new List<(int Place, string Html)>();
        for (var i = 0; i < chunks.Length; i++)
        {
            streaming.Append(chunks[i]);
            if (i % 16 == 0)
            {
                Go();
            }
        }

        streaming.Complete();
        var early = kept.Count;
        Go();
        var html = new StringBuilder();
        for (var i = 0; i < body.Children.Count; i++)
        {
            html.Append(kept.TryGetValue(i, out var block) ? block : NodeHtml.Write(body.Children[i]));
        }

        if (streaming.Root.Children.Count > 1)
        {
            html.Append(NodeHtml.Write(streaming.Root.Children[1]));
        }

        Assert.Equal(NodeHtml.Write(StreamingMarkdown.Parse(string.Concat(chunks), idPrefix: "m")), html.ToString());
        return early;

        void Go()
        {
            // What is shown of all of it is only written where some of it goes.
            while (true)
            {
                shown.Clear();
                for (var i = 0; i < body.Children.Count; i++)
                {
                    if (!body.HasLetGo(i))
                    {
                        shown.Add((i, NodeHtml.Write(body.Children[i])));
                    }
                }

                if (!streaming.LetGo(1))
                {
                    return;
                }

                foreach (var (place, block) in shown.Where(block => body.HasLetGo(block.Place)))
                {
                    kept.Add(place, block);
                }
            }
        }
    }
}
