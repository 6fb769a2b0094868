using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Runs;

public sealed class RunTests
{
    private readonly FakeTime _time = new();

    private Run NewRun() => new("run", "fake/model", new RunRequest { Messages = [] }, _time);

    [Fact]
    public void Read_FromStart_NumbersEventsFromOneWithoutGaps()
    {
        var run = NewRun();
        run.StartStep(run.Whole);
        run.AppendToken(run.Whole, "a", 1);
        run.TryEnd(RunState.Completed);

        var events = new List<RunEvent>();
        Assert.Equal(run.Seq, run.Read(0, events));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.IsType<ConnectedEvent>(events[0]);
        Assert.IsType<CompleteEvent>(events[^1]);
    }

    [Fact]
    public async Task AskAsync_AnswerInTheMomentItsTimeIsOver_CountsIfItWasTaken()
    {
        for (var i = 0; i < 2000; i++)
        {
            var run = NewRun();
            using var over = new CancellationTokenSource();
            var asking = run.AskAsync(new ApprovalRequestEvent("a", "c", "send", default, IsOnce: false), over.Token);
            var ending = Task.Run(over.Cancel, TestContext.Current.CancellationToken);
            var isTaken = run.TryAnswer("a", new ApprovalAnswer(IsApproved: true));
            await ending;
            await Task.WhenAny(asking);

            Assert.Equal(isTaken, asking.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public void Read_AfterSeveralDeltas_MergesNeighboursUnderTheLastNumber()
    {
        var run = NewRun();
        run.AppendReasoning(run.Whole, "think", 1);
        run.AppendToken(run.Whole, "Hel", 1);
        run.AppendToken(run.Whole, "lo", 1);

        var events = new List<RunEvent>();
        run.Read(1, events);

        Assert.Equal([new ReasoningEvent("think") { Seq = 2 }, new TokenEvent("Hello") { Seq = 4 }], events);
    }

    [Fact]
    public void TryEnd_Twice_SucceedsOnce()
    {
        var run = NewRun();
        Assert.True(run.TryEnd(RunState.Cancelled));
        var seq = run.Seq;

        Assert.False(run.TryEnd(RunState.Completed));
        run.AppendToken(run.Whole, "late", 1);
        Assert.False(run.Append(new SourceEvent("u", "t")));

        Assert.Equal(RunState.Cancelled, run.State);
        Assert.Equal(seq, run.Seq);
        Assert.Equal("", run.ReadText());
    }

    [Fact]
    public void GetMetrics_WithTokensOnTheClock_FollowsTheDefinitions()
    {
        var run = NewRun();
        _time.Advance(TimeSpan.FromMilliseconds(200));
        for (var i = 0; i < 11; i++)
        {
            run.AppendToken(run.Whole, "x", 1);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var metrics = run.GetMetrics();
        Assert.Equal(200, metrics.TtftMs);
        Assert.Equal(11, metrics.Tokens);
        Assert.True(metrics.Estimated);
        // 10 intervals of 100 ms.
        Assert.Equal(10, metrics.TokensPerSecond);
        Assert.Equal(10, metrics.TokensPerSecondNow!.Value, 1.0);
        Assert.Equal(1300, metrics.DurationMs);
    }

    [Fact]
    public void GetMetrics_AfterProviderUsage_TakesItsCount()
    {
        var run = NewRun();
        run.AppendToken(run.Whole, "x", 1);
        run.SetUsage(run.Whole, new RunUsage(5, 42, Estimated: false), 42);
        run.TryEnd(RunState.Completed);

        Assert.Equal(42, run.GetMetrics().Tokens);
        Assert.False(run.GetMetrics().Estimated);
        Assert.Equal(47, run.GetUsage().TotalTokens);
    }

    [Fact]
    public void AppendToken_AfterTheEnd_ChangesNoFigure()
    {
        var run = NewRun();
        run.AppendToken(run.Whole, "a", 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        run.AppendToken(run.Whole, "b", 1);
        run.TryEnd(RunState.Cancelled);
        var metrics = run.GetMetrics();
        _time.Advance(TimeSpan.FromSeconds(1));
        run.AppendToken(run.Whole, "late", 1);
        run.AppendReasoning(run.Whole, "late", 1);

        Assert.Equal(metrics, run.GetMetrics());
    }

    [Fact]
    public void GetUsage_PiecesAfterTheProvidersCount_AreCountedAndEstimated()
    {
        var run = NewRun();
        run.SetUsage(run.Whole, new RunUsage(5, 1, Estimated: false), 1);
        Assert.Equal(new RunUsage(5, 1, Estimated: false), run.GetUsage());
        run.AppendReasoning(run.Whole, "hm", 1);
        run.AppendToken(run.Whole, "a", 1);
        run.AppendToken(run.Whole, "b", 1);

        Assert.Equal(new RunUsage(5, 3, Estimated: true), run.GetUsage());
        Assert.Equal((2, true), (run.GetMetrics().Tokens, run.GetMetrics().Estimated));
    }

    [Fact]
    public async Task Snapshot_WhileTextComes_HasTheTextUpToItsSeq()
    {
        var run = NewRun();
        var writing = Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                run.AppendToken(run.Whole, "x", 1);
            }
        });
        while (!writing.IsCompleted)
        {
            var snapshot = run.Snapshot();
            // The connected event, then a piece a number.
            Assert.Equal(snapshot.Seq - 1, snapshot.Text.Length);
        }

        await writing;
    }

    [Fact]
    public void AppendToken_OverASecond_GivesMetricsAtMostTwiceASecond()
    {
        var run = NewRun();
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            run.AppendToken(run.Whole, "x", 1);
        }

        var events = new List<RunEvent>();
        run.Read(0, events);
        var metrics = events.OfType<MetricsEvent>().ToList();
        Assert.InRange(metrics.Count, 3, 4);
        Assert.All(metrics.Zip(metrics.Skip(1)), pair => Assert.True(pair.Second.T - pair.First.T >= 500));
    }

    [Fact]
    public void Subscribe_AfterDispose_IsNotCalled()
    {
        var run = NewRun();
        var calls = 0;
        var subscription = run.Subscribe(() => calls++);
        run.AppendToken(run.Whole, "a", 1);
        subscription.Dispose();
        run.AppendToken(run.Whole, "b", 1);

        Assert.Equal(1, calls);
    }

    // Whatever a run is told, and whenever its readers look, each gets every text once, in order, and the same events.
    [Fact]
    public void Read_AnyInterleavingOfAppendsAndReads_GivesEveryReaderTheSame()
    {
        var pieces = Gen.Elements("a", "bb", "ccc ", "\n", "é", "😀");
        var step = Gen.OneOf(pieces.Select(p => (Kind: 0, Text: p)), pieces.Select(p => (Kind: 1, Text: p)), Gen.Choose(2, 4).Select(k => (Kind: k, Text: "")));
        Prop.ForAll(step.ListOf().ToArbitrary(), steps =>
        {
            var run = NewRun();
            var readers = new[] { new Reader(), new Reader(), new Reader() };
            var (text, reasoning) = ("", "");
            foreach (var (kind, piece) in steps)
            {
                switch (kind)
                {
                    case 0:
                        run.AppendToken(run.Whole, piece, 1);
                        text += piece;
                        break;
                    case 1:
                        run.AppendReasoning(run.Whole, piece, 1);
                        reasoning += piece;
                        break;
                    default:
                        readers[kind - 2].Read(run);
                        break;
                }
            }

            run.TryEnd(RunState.Completed);
            foreach (var reader in readers)
            {
                reader.Read(run);
                Assert.Equal(text, reader.Text);
                Assert.Equal(reasoning, reader.Reasoning);
                Assert.Equal(run.Seq, reader.Cursor);
            }

            Assert.Equal(text, run.ReadText());
        }).QuickCheckThrowOnFailure();
    }

    private sealed class Reader
    {
        public long Cursor { get; private set; }

        public string Text { get; private set; } = "";

        public string Reasoning { get; private set; } = "";

        public void Read(Run run)
        {
            var events = new List<RunEvent>();
            var before = Cursor;
            Cursor = run.Read(Cursor, events);
            Assert.All(events, e => Assert.InRange(e.Seq, before + 1, Cursor));
            Text += string.Concat(events.OfType<TokenEvent>().Select(e => e.Content));
            Reasoning += string.Concat(events.OfType<ReasoningEvent>().Select(e => e.Content));
        }
    }
}
