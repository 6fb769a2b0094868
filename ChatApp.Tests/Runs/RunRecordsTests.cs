using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChatApp.Runs;
using ChatApp.Storage;
using ChatApp.Tests.Api;
using ChatApp.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Runs;

/// <summary>What is stored of a run is the run: for every reader, however it was cut into pieces, and never anything else.</summary>
public sealed class RunRecordsTests
{
    private static readonly string[] Pieces = ["", "Hel", "lo\r\n\n", "data: [DONE]", "👋", "\u2028\"\\", "\0", "日本語", "ÿ", new string('x', 3000)];

    private readonly FakeTime _time = new();

    [Fact]
    public void OfEvents_AnyRunInAnyBatches_IsTheSameForEveryReader() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (live, batches) = Make(seed);
            var stored = Run.OfEvents(Row(live), batches, _time);
            AssertSame(live, stored);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void OfText_AnyEndedRun_HasTextReasoningAndFigures() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (live, batches) = Make(seed);
            var end = batches[^1].End!;
            var stored = Run.OfText(Row(live) with { State = end.State, Seq = batches[^1].LastSeq, Text = end.Text, Reasoning = end.Reasoning, Ending = end.Ending }, _time);
            Assert.Equal(Json(live.Snapshot()), Json(stored.Snapshot()));
            Assert.Equal(live.Sources, stored.Sources);
            Assert.Equal((live.Seq, live.Seq + 1), (stored.Seq, stored.FirstSeq));
            // What waited, how far a call had come, and in which step, is of no use any more.
            Assert.Equal(live.Calls.Select(call => call with { ApprovalId = null, IsOnce = false, Step = null, Percent = null, StepIndex = 0 }).Select(Clean), stored.Calls.Select(Clean));
            Assert.Equal(live.Lanes, stored.Lanes);
            Assert.All(live.Lanes, lane => Assert.Equal(live.ReadLane(lane.Index), stored.ReadLane(lane.Index)));
            Assert.All(live.Lanes, lane => Assert.Equal(live.ReadLaneReasoning(lane.Index), stored.ReadLaneReasoning(lane.Index)));

            // As earlier versions stored it.
            var ending = JsonNode.Parse(end.Ending)!.AsObject();
            ending.Remove("calls");
            ending.Remove("lanes");
            var old = Run.OfText(Row(live) with { State = end.State, Seq = batches[^1].LastSeq, Text = end.Text, Reasoning = end.Reasoning, Ending = ending.ToJsonString() }, _time);
            Assert.Equal(Json(live.Snapshot()), Json(old.Snapshot()));
            Assert.Equal((1, 0), (old.Lanes.Count, old.Calls.Count));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void OfText_LongCalls_AreCutAndManyOfThemShort()
    {
        var run = new Run("r", "fake/model", new RunRequest { Messages = [] }, _time, isStored: true);
        run.AddPart(agent: null);
        for (var i = 0; i < 50; i++)
        {
            run.Append(new ToolCallEvent($"c{i}", "tool", JsonSerializer.SerializeToElement(new { text = new string('a', 5000) })));
            run.Append(new ToolResultEvent($"c{i}", "tool", string.Concat(Enumerable.Repeat("x👋", 3000)), IsError: false, 1));
        }

        run.TryEnd(RunState.Completed);
        var end = run.TakeUnsaved(0, _time.GetUtcNow())!.End!;
        var stored = Run.OfText(Row(run) with { State = end.State, Text = end.Text, Ending = end.Ending }, _time);

        Assert.Equal(50, stored.Calls.Count);
        Assert.All(stored.Calls, call => Assert.Equal((RunCallState.Done, 1), (call.State, call.Ms)));
        Assert.Equal((4097, 4097), (stored.Calls[0].Arguments.Length, stored.Calls[0].Result!.Length));
        Assert.EndsWith("👋x…", stored.Calls[0].Result, StringComparison.Ordinal);
        Assert.InRange(end.Ending.Length, 64 * 1024, 256 * 1024);
    }

    [Fact]
    public void OfEvents_WholeOfTheEnd_IsTheSameToo()
    {
        var (live, batches) = Make(7);
        var end = batches[^1];
        AssertSame(live, Run.OfEvents(Row(live), [end with { FirstSeq = 1, Data = end.End!.Whole }], _time));
    }

    [Fact]
    public void OfEvents_CutOffAnywhere_ReadsWhatThereIsAndIsInterrupted() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (live, batches) = Make(seed);
            var cut = batches.Where(batch => batch.End is null).Take(new Random(seed).Next(1, batches.Count + 1)).ToList();
            if (cut.Count == 0)
            {
                return;
            }

            var stored = Run.OfEvents(Row(live), cut, _time);
            Assert.Equal(RunState.Running, stored.State);
            var last = stored.Seq;
            Assert.Equal(cut.Max(batch => batch.LastSeq), last);

            stored.Interrupt();

            Assert.Equal(RunState.Interrupted, stored.State);
            var (before, after) = (new List<RunEvent>(), new List<RunEvent>());
            live.Read(0, before, upTo: last);
            stored.Read(0, after, upTo: last);
            Assert.Equal(Json(before), Json(after));
            after.Clear();
            stored.Read(last, after);
            Assert.IsType<CompleteEvent>(after[^1]);
            Assert.Single(after.OfType<DoneEvent>(), done => done.Reason == RunState.Interrupted);
            Assert.DoesNotContain(after, @event => @event.IsContent);
            Assert.All([stored.GetMetrics().DurationMs, stored.GetMetrics().TtftMs ?? 0, .. after.Select(@event => @event.T)], ms => Assert.True(ms >= 0, $"{ms}"));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void OfEvents_Damaged_IsInvalidDataAndNothingElse() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (live, batches) = Make(seed);
            var random = new Random(seed);
            var at = random.Next(batches.Count);
            var damaged = batches.ToList();
            damaged[at] = damaged[at] with { Data = Damage(damaged[at].Data, random) };
            var whole = RunLog.Check(damaged, out var damage);
            Assert.InRange(whole, damage is null ? batches.Count : at, batches.Count);
            try
            {
                var stored = Run.OfEvents(Row(live), damaged, _time);
                Assert.Null(damage);
                _ = (stored.Snapshot(), stored.Sources, Json(All(stored)));
            }
            catch (InvalidDataException)
            {
                Assert.NotNull(damage);
            }

            // As the next start does.
            var saved = Run.OfEvents(Row(live), [.. damaged.Take(whole)], _time);
            if (!saved.IsEnded)
            {
                saved.Interrupt();
                Assert.NotNull(saved.TakeUnsaved(0, _time.GetUtcNow())!.End);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Add_AnyBytes_IsInvalidDataAndNothingElse() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => RunLog.Check([new RunBatch("r", 1, 1, [1, .. bytes])], out _) is 0 or 1)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Record_ArgumentsAsDeepAsJsonMayBe_IsReadAgain()
    {
        var run = new Run("r", "fake/model", new RunRequest { Messages = [] }, _time, isStored: true);
        var deep = JsonElement.Parse(new string('[', 64) + new string(']', 64));
        run.Append(new ToolCallEvent("id", "tool", JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["a"] = deep }, Options)));
        run.TryEnd(RunState.Completed);

        var batch = run.TakeUnsaved(0, _time.GetUtcNow())!;
        run.Show(long.MaxValue);

        AssertSame(run, Run.OfEvents(Row(run), [batch], _time));
    }

    private void AssertSame(Run live, Run stored)
    {
        Assert.Equal(Json(live.Snapshot()), Json(stored.Snapshot()));
        Assert.Equal((live.Seq, live.FirstSeq, live.State, live.IsEnded), (stored.Seq, stored.FirstSeq, stored.State, stored.IsEnded));
        Assert.Equal(live.Sources, stored.Sources);
        Assert.Equal(live.Problem, stored.Problem);
        Assert.Equal(Json(live.GetUsage()), Json(stored.GetUsage()));
        Assert.Equal(live.Calls.Select(Clean), stored.Calls.Select(Clean));
        Assert.Equal(live.Lanes, stored.Lanes);
        // One by one, merged, and from every cursor on.
        for (var after = 0L; after <= live.Seq; after++)
        {
            var (one, other) = (new List<RunEvent>(), new List<RunEvent>());
            Assert.Equal(live.Read(after, one), stored.Read(after, other));
            Assert.Equal(Json(one), Json(other));
            if (after < live.Seq)
            {
                (one, other) = ([], []);
                live.Read(after, one, upTo: after + 1);
                stored.Read(after, other, upTo: after + 1);
                Assert.Equal(Json(one), Json(other));
            }
        }
    }

    // A run of any events by any agents, ended and shown, and its batches as a journal might have stored them: some repeated with more.
    private (Run Live, List<RunBatch> Batches) Make(int seed)
    {
        var random = new Random(seed);
        var run = new Run("0199a1b2c3d47e5f8091a2b3c4d5e6f7", "fake/model", new RunRequest { Messages = [], ConversationId = "c", MessageId = "m" }, _time, isStored: true);
        string?[] names = random.Next(2) == 0 ? [null] : ["red", "blue", "grün", ""];
        var parts = names.Select(run.AddPart).ToList();
        run.Start();
        var batches = new List<RunBatch>();
        var saved = 0L;
        for (var left = random.Next(60); left > 0; left--)
        {
            _time.Advance(TimeSpan.FromMicroseconds(random.Next(40_000)));
            var part = parts[random.Next(parts.Count)];
            Append(run, part, random);
            if (random.Next(4) == 0 && run.TakeUnsaved(saved, _time.GetUtcNow()) is { } batch)
            {
                batches.Add(batch);
                // Where the answer was lost, it is taken for not stored.
                saved = random.Next(3) == 0 ? saved : batch.LastSeq;
            }
        }

        RunState[] ends = [RunState.Completed, RunState.Cancelled, RunState.Incomplete, RunState.Failed, RunState.Interrupted];
        var end = ends[random.Next(ends.Length)];
        run.TryEnd(end, end == RunState.Failed ? new RunProblem("upstream-error", "Failed", 502, "It failed 💥") { RetryAfter = 1.5 } : null, random.Next(2) == 0 ? null : new("odd"));
        batches.Add(run.TakeUnsaved(saved, _time.GetUtcNow())!);
        run.Show(long.MaxValue);
        // The later one of two that begin alike takes the place of the first; whoever reads skips what lies within another.
        var kept = batches.GroupBy(batch => batch.FirstSeq).Select(same => same.MaxBy(batch => batch.LastSeq)!).ToList();
        return (run, kept);
    }

    private static void Append(Run run, RunPart part, Random random)
    {
        var piece = Pieces[random.Next(Pieces.Length)];
        switch (random.Next(8))
        {
            case 6:
                run.Append(new ApprovalRequestEvent("a", "call_1", "clock", JsonElement.Parse("{}"), IsOnce: random.Next(2) == 0) { Agent = part.Agent });
                break;
            case 7:
                run.Append(new ApprovalResponseEvent("a", "call_1", IsApproved: random.Next(2) == 0, Reason: null) { Agent = part.Agent });
                break;
            case 0 or 1:
                run.AppendToken(part, piece, TokenEstimate.OfPiece(piece));
                break;
            case 2:
                run.AppendReasoning(part, piece, TokenEstimate.OfPiece(piece));
                break;
            case 3:
                run.AddSource(part, new RunSource($"Title {random.Next(3)}", "https://example.org/"));
                break;
            case 4:
                run.StartStep(part);
                break;
            default:
                run.Append(RandomRuns.Make(random.Next()).Where(@event => @event is not (TokenEvent or ReasoningEvent or ConnectedEvent or ErrorEvent or DoneEvent or CompleteEvent or StepEvent or SourceEvent))
                    .FirstOrDefault(new ThinkingEvent("Hm")) with
                { Agent = part.Agent });
                break;
        }
    }

    // What JSON makes of half a character.
    private static RunCall Clean(RunCall call) => call with { Arguments = call.Arguments.Clean(), Name = call.Name.Clean(), CallId = call.CallId.Clean(), Result = call.Result?.Clean() };

    private static byte[] Damage(byte[] data, Random random)
    {
        var bytes = data.ToArray();
        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)));
                return bytes;
            case 2:
                return [.. bytes, .. Encoding.UTF8.GetBytes(Guid.NewGuid().ToString())];
            default:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }

    private static List<RunEvent> All(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events;
    }

    private static string Json(IEnumerable<RunEvent> events) => string.Join('\n', events.Select(@event => $"{@event.Seq} {@event.T} {Of(@event)}"));

    private static string Json(object value) => JsonSerializer.Serialize(value, Options);

    private static string Of(RunEvent @event) => @event switch
    {
        TokenEvent token => $"token {token.Agent} {token.Content}",
        ReasoningEvent reasoning => $"reasoning {reasoning.Agent} {reasoning.Content}",
        _ => JsonSerializer.Serialize(@event, Options),
    };

    private static RunRow Row(Run run) => new()
    {
        Id = run.Id,
        ConversationId = "c",
        MessageId = "m",
        Owner = "",
        Model = run.Model,
        State = "running",
        Node = "n",
        Created = run.Created,
        HasEvents = true,
    };

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { MaxDepth = 128 };
}
