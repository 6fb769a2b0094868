using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatApp.Api.Responses;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Api.Responses;

public sealed class ResponsesFormatTests
{
    private static Run NewRun() => new("run1", "fake/model", new RunRequest { Messages = [] }, new FakeTime());

    // Reads a run as the shared writer does: what is before the cursor apart, then piece by piece.
    private static List<ResponseFrame> Read(Run run, long startingAfter, IEnumerable<int> sizes)
    {
        var output = new ArrayBufferWriter<byte>();
        using var format = new ResponsesFormat(run, ResponseSettings.Default, startingAfter);
        var events = new List<RunEvent>();
        var cursor = run.Read(0, events, upTo: format.ResumesAfter);
        foreach (var size in sizes)
        {
            cursor = run.Read(cursor, events, upTo: cursor + size);
        }

        run.Read(cursor, events);
        events.ForEach(@event => format.Write(@event, output));
        return ResponseFrame.ParseAll(Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static void Apply(Run run, int kind, string piece)
    {
        switch (kind)
        {
            case 0:
                run.AppendToken(run.Whole, piece, 1);
                break;
            case 1:
                run.AppendReasoning(run.Whole, piece, 1);
                break;
            case 2:
                run.Append(new ThinkingEvent(piece));
                break;
            case 3:
                run.Append(new ToolCallDeltaEvent(piece.Length % 2, piece, $"call_{piece.Length % 2}", "f"));
                break;
            case 4:
                run.Append(new ToolCallEvent($"call_{piece.Length % 2}", "f", JsonElement.Parse("{}")));
                break;
            case 5:
                run.StartStep(run.Whole);
                break;
            default:
                run.AddSource(run.Whole, new RunSource("Title", $"https://example.org/{run.Seq}"));
                break;
        }
    }

    [Fact]
    public void Write_CutAnywhereAndMergedAnyhow_GivesEveryTextOnceAndEveryFrameItsNumber()
    {
        var piece = Gen.Elements("a", "bb", "ccc ", "\n", "é", "😀");
        var kind = Gen.Elements(0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6);
        var step = kind.SelectMany(k => piece.Select(p => (Kind: k, Piece: p)));
        var sizes = Gen.Choose(1, 6).ListOf();
        var scenario = step.ListOf().SelectMany(steps => sizes.Two().SelectMany(two => Gen.Choose(0, 10_000).Select(cut => (Steps: steps, First: two.Item1, Second: two.Item2, Cut: cut))));
        Prop.ForAll(scenario.ToArbitrary(), s =>
        {
            var run = NewRun();
            foreach (var (k, p) in s.Steps)
            {
                Apply(run, k, p);
            }

            run.TryEnd(RunState.Completed);
            var whole = Read(run, 0, Enumerable.Repeat(1, (int)run.Seq));
            var before = Read(run, 0, s.First);
            var cut = s.Cut % (before.Count + 1);
            var last = cut == 0 ? 0 : before[cut - 1].Number;
            List<ResponseFrame> joined = [.. before[..cut], .. Read(run, last, s.Second)];

            Assert.All(joined.Zip(joined.Skip(1)), pair => Assert.True(pair.First.Number < pair.Second.Number));
            Assert.Equal(Others(whole), Others(joined));
            Assert.Equal(Texts(whole), Texts(joined));
            // Numbers of deltas mean the same to every reader, too: each is that of an unmerged one.
            Assert.Empty(joined.Select(frame => frame.Number).Except(whole.Select(frame => frame.Number)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Write_EveryCutOfARun_IsExact()
    {
        var run = NewRun();
        foreach (var (kind, piece) in new[] { (5, ""), (1, "Let "), (1, "me "), (1, "think."), (0, "On"), (0, "ce "), (6, ""), (0, "upon"), (0, " a"), (3, "{"), (3, "}"), (4, ""), (5, ""), (0, "time") })
        {
            Apply(run, kind, piece);
        }

        run.TryEnd(RunState.Completed);
        var whole = Read(run, 0, Enumerable.Repeat(1, (int)run.Seq));
        for (var cut = 0; cut <= whole.Count; cut++)
        {
            var rest = Read(run, cut == 0 ? 0 : whole[cut - 1].Number, []);
            List<ResponseFrame> joined = [.. whole[..cut], .. rest];
            Assert.Equal(Others(whole), Others(joined));
            Assert.Equal(Texts(whole), Texts(joined));
        }
    }

    [Fact]
    public void Write_Text_KeepsOpenAIsOrderAndDeltasAddUp()
    {
        var run = NewRun();
        run.StartStep(run.Whole);
        run.AppendToken(run.Whole, "Hel", 1);
        run.AppendToken(run.Whole, "lo", 1);
        run.TryEnd(RunState.Completed);
        var frames = Read(run, 0, [1, 1, 1, 1]);

        string[] order =
        [
            "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta",
            "response.output_text.delta", "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed",
        ];
        Assert.Equal(order, frames.Select(frame => frame.Type));
        Assert.Equal([100, 101, 300, 301, 302, 400], frames[..6].Select(frame => frame.Number));
        Assert.Equal("Hello", frames[6].Data.GetProperty("text").GetString());
        Assert.Equal("Hello", frames[^1].Response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData(nameof(RunState.Completed), null, "response.completed", "completed")]
    [InlineData(nameof(RunState.Cancelled), null, "response.incomplete", "cancelled")]
    [InlineData(nameof(RunState.Incomplete), "length", "response.incomplete", "incomplete")]
    [InlineData(nameof(RunState.Incomplete), "content_filter", "response.incomplete", "incomplete")]
    [InlineData(nameof(RunState.Incomplete), null, "response.failed", "failed")]
    [InlineData(nameof(RunState.Failed), null, "response.failed", "failed")]
    [InlineData(nameof(RunState.Interrupted), null, "response.failed", "failed")]
    public void Write_End_IsTheEventAndStatusThatClientsKnow(string state, string? finish, string type, string status)
    {
        var run = NewRun();
        run.AppendToken(run.Whole, "Half", 1);
        var reason = Enum.Parse<RunState>(state);
        run.TryEnd(reason, reason == RunState.Failed ? new RunProblem("upstream-rate-limited", "T", 429, "Too many.") : null, finish is null ? null : new(finish));
        var last = Read(run, 0, [])[^1];

        Assert.Equal(type, last.Type);
        Assert.Equal(status, last.Response.GetProperty("status").GetString());
        Assert.Equal(status == "failed", last.Response.GetProperty("error").ValueKind == JsonValueKind.Object);
        Assert.Equal(status == "incomplete", last.Response.GetProperty("incomplete_details").ValueKind == JsonValueKind.Object);
        Assert.Equal(status == "completed" ? "completed" : "incomplete", last.Response.GetProperty("output")[0].GetProperty("status").GetString());
    }

    private static IEnumerable<string> Others(List<ResponseFrame> frames) => frames.Where(frame => !frame.IsDelta).Select(frame => frame.Data.GetRawText());

    private static Dictionary<string, string> Texts(List<ResponseFrame> frames) =>
        frames.Where(frame => frame.IsDelta).GroupBy(frame => frame.ItemId).ToDictionary(group => group.Key, group => string.Concat(group.Select(frame => frame.Delta)));
}
