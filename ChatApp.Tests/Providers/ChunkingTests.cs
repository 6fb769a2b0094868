using System.Text;
using ChatApp.Providers;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

/// <summary>How the network cuts an answer into packets, and how a server ends its lines, changes nothing of its text.</summary>
public sealed class ChunkingTests
{
    // Everything the event stream format allows around one answer: comments, an id with NUL, a line without a colon, an event without data.
    private const string Wire = "\uFEFF: OPENROUTER PROCESSING\n\nid: a\0b\nretry: 5\nnonsense\ndata\n\ndata:\n\n"
        + "data:{\"choices\":[{\"delta\":{\"content\":\"<think>Hm \"}}]}\n\n"
        + "event: message\ndata: {\"choices\":[{\"delta\":\ndata: {\"content\":\"än</thi\"}}]}\n\n"
        + "data: {\"choices\":[{\"delta\":{\"content\":\"nk>\\n\\nGrüße 😀\u2028 עברית\"}}]}\n\n: ping\n\n"
        + "data: {\"choices\":[{\"delta\":{\"content\":\" <think>kept</think>\"}}]}\n\n"
        + "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n"
        + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

    private const string Answer = "Hm än|Grüße 😀\u2028 עברית <think>kept</think>|f({})|tool_calls|2";

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void F58_AnyCutting_OfTheSameBytes_GivesTheSameAnswer(string lineEnd)
    {
        var bytes = Encoding.UTF8.GetBytes(Wire.Replace("\n", lineEnd, StringComparison.Ordinal));
        var cuts = Gen.Choose(1, 40).NonEmptyListOf().ToArbitrary();
        Prop.ForAll(cuts, async sizes => Assert.Equal(Answer, await ReadAsync(Cut(bytes, [.. sizes])))).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public async Task F58_OneBytePerPacket_OverTheNetwork_GivesTheSameAnswer(string lineEnd)
    {
        var bytes = Encoding.UTF8.GetBytes(Wire.Replace("\n", lineEnd, StringComparison.Ordinal));
        var play = await UpstreamPlay.OpenAIAsync(async x =>
        {
            foreach (var b in bytes)
            {
                await x.SendAsync(new[] { b });
            }
        });

        Assert.Null(play.Failure);
        Assert.Equal(Answer, Describe(play.Updates));
    }

    [Fact]
    public async Task F61_InvalidUtf8_BecomesReplacementCharacters()
    {
        var play = await UpstreamPlay.OpenAIAsync(async x =>
        {
            await x.SendAsync("data: {\"choices\":[{\"delta\":{\"content\":\"a");
            await x.SendAsync(new byte[] { 0xC3, 0x28, 0xFF });
            await x.SendAsync("b\"},\"finish_reason\":\"stop\"}]}\n\n");
        });

        Assert.Equal(("a\uFFFD(\uFFFDb", null), (play.Text, play.Failure));
    }

    // The whole client over a response whose body comes in these pieces.
    private static async Task<string> ReadAsync(IEnumerable<byte[]> packets)
    {
        var target = new UpstreamTarget("openai", new Uri("http://127.0.0.1/v1"), null, "");
        using var http = new HttpClient(new UpstreamHandler(target, TimeProvider.System) { InnerHandler = new Packets(packets) });
        using var client = new ThinkTagClient(new OpenAIChatClient(target, "m", http, _ => { }, TimeProvider.System));
        var play = await UpstreamPlay.DrainAsync(client);
        return play.Failure?.Message ?? Describe(play.Updates);
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, int[] sizes)
    {
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], bytes.Length - at);
            yield return bytes[at..(at + size)];
            at += size;
        }
    }

    private static string Describe(IReadOnlyCollection<ChatResponseUpdate> updates)
    {
        var contents = updates.SelectMany(u => u.Contents).ToArray();
        var text = string.Concat(contents.OfType<TextContent>().Select(c => c.Text));
        var reasoning = string.Concat(contents.OfType<TextReasoningContent>().Select(c => c.Text));
        var deltas = contents.OfType<ToolCallDeltaContent>().ToArray();
        var calls = string.Concat(contents.OfType<FunctionCallContent>().Select(c => $"{c.Name}({string.Concat(deltas.Select(d => d.Arguments))})"));
        var finish = updates.Single(u => u.FinishReason is not null).FinishReason;
        return $"{reasoning}|{text}|{calls}|{finish}|{contents.OfType<UsageContent>().Single().Details.OutputTokenCount}";
    }

    private sealed class Packets(IEnumerable<byte[]> packets) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new StreamContent(new PacketStream(packets.GetEnumerator()));
            content.Headers.TryAddWithoutValidation("Content-Type", "text/event-stream");
            return Task.FromResult(new HttpResponseMessage { Content = content });
        }
    }

    /// <summary>Gives one packet at each read, as a socket does.</summary>
    private sealed class PacketStream(IEnumerator<byte[]> packets) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!packets.MoveNext())
            {
                return new(0);
            }

            packets.Current.CopyTo(buffer);
            return new(packets.Current.Length);
        }
    }
}
