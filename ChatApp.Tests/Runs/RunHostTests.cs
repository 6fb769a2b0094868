using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Runs;

public sealed class RunHostTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly FakeChatClient _model = new();
    private readonly RunsOptions _options = new();
    private readonly Lazy<RunHost> _host;

    public RunHostTests() =>
        _host = new(() => new RunHost(new FakeCatalog(_model), Options.Create(_options), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance));

    private RunHost Host => _host.Value;

    public void Dispose() => Host.Dispose();

    private static RunRequest Ask(string text = "hi") => new() { Messages = [new ChatMessage(ChatRole.User, text)] };

    [Fact]
    public async Task Stop_WhileQueued_NeverAsksTheProvider()
    {
        var run = new Run("run", "fake/model", Ask(), _time);
        Assert.True(run.TryEnd(RunState.Cancelled));
        await new RunPump(run, Ask(), [new RunAgent(null, new ResolvedModel("fake/model", _model), null)], _options, FakeMeters.Create(), _time, NullLogger.Instance).ReadAsync(CancellationToken.None);

        Assert.Equal(0, _model.Calls);
        Assert.Equal(RunState.Cancelled, run.State);
    }

    [Theory]
    [InlineData("cancel", true)]
    [InlineData("60s", false)]
    public async Task Start_SameKeyAfterARunThatWasCut_TriesAgainWhereLeavingCancels(string policy, bool again)
    {
        Assert.True(DisconnectPolicy.TryParse(policy, out var onDisconnect));
        var request = Ask() with { OnDisconnect = onDisconnect, Idempotency = new IdempotencyKey("key", "one") };
        var run = await StartAndSay("Half an", request);
        Assert.Same(run, Host.Start(request).Run);
        await Host.StopAsync(run);

        var second = Host.Start(request);
        Assert.Equal(again, second.Run != run);
        Assert.Equal(!again, second.Replayed);

        // The first one's time is over; the key is the second one's.
        _time.Advance(_options.KeepFinished);
        await Eventually.Holds(() => Host.FindOwn(run.Id, Caller.Local) is null, "the run forgotten");
        Assert.Equal(again, Host.FindStarted(request.Idempotency) is not null);
    }

    [Fact]
    public async Task Start_CallersKeyIsTakenOut_StopsTheRun()
    {
        using var taken = new CancellationTokenSource();
        var run = await StartAndSay("Half", Ask() with { OnDisconnect = DisconnectPolicy.Continue, Caller = new Caller("ann", "ann") { Revoked = taken.Token } });
        await taken.CancelAsync();
        await run.Ended();

        Assert.Equal(RunState.Cancelled, run.State);
        await _model.Closed.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Start_ArgumentsWithoutEnd_AreCutLikeText()
    {
        _options.MaxCharacters = 1000;
        var run = Host.Start(Ask()).Run;
        for (var i = 0; i < 11; i++)
        {
            _model.Send(new ToolCallDeltaContent(0, new string('x', 100)));
        }

        await run.Ended();
        Assert.Equal(RunState.Incomplete, run.State);
    }

    private async Task<Run> StartAndSay(string text, RunRequest? request = null)
    {
        var run = Host.Start(request ?? Ask()).Run;
        _model.Say(text);
        await run.Reaches(r => r.TextLength >= text.Length);
        return run;
    }

    [Fact]
    public async Task Start_ModelFinishes_Completes()
    {
        var run = await StartAndSay("Hello");
        _model.Send(new UsageContent(new UsageDetails { InputTokenCount = 4, OutputTokenCount = 9 }));
        _model.Finish();
        await run.Ended();

        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal("Hello", run.ReadText());
        Assert.Equal(new RunUsage(4, 9, Estimated: false), run.GetUsage());
        Assert.Null(run.Problem);
    }

    [Theory]
    [InlineData("length", RunState.Incomplete, false)]
    [InlineData("content_filter", RunState.Incomplete, true)]
    [InlineData("tool_calls", RunState.Completed, false)]
    public async Task Start_ModelGivesFinishReason_EndsAccordingly(string reason, RunState state, bool problem)
    {
        var run = await StartAndSay("x");
        _model.Finish(new ChatFinishReason(reason));
        await run.Ended();

        Assert.Equal(state, run.State);
        Assert.Equal(problem, run.Problem is not null);
    }

    [Fact]
    public async Task F63_StreamEndsWithoutEndMarker_IsIncompleteNeverCompleted()
    {
        var run = await StartAndSay("half an ans");
        _model.Break();
        await run.Ended();

        Assert.Equal(RunState.Incomplete, run.State);
        Assert.Equal("half an ans", run.ReadText());
    }

    [Theory]
    [InlineData(ProviderFault.Error, RunState.Failed, "upstream-error")]
    [InlineData(ProviderFault.Refused, RunState.Failed, "upstream-refused")]
    [InlineData(ProviderFault.ContextTooLong, RunState.Failed, "context-too-long")]
    [InlineData(ProviderFault.RateLimited, RunState.Failed, "upstream-rate-limited")]
    [InlineData(ProviderFault.Protocol, RunState.Failed, "upstream-protocol")]
    [InlineData(ProviderFault.Interrupted, RunState.Incomplete, "upstream-error")]
    public async Task Start_ProviderFails_EndsWithItsProblemAndKeepsTheText(ProviderFault fault, RunState state, string type)
    {
        var run = await StartAndSay("so far");
        _model.Break(new ProviderException(fault, "openai is on fire. Fetch water, then retry."));
        await run.Ended();

        Assert.Equal(state, run.State);
        Assert.Equal(type, run.Problem?.Type);
        Assert.Equal("openai is on fire. Fetch water, then retry.", run.Problem?.Detail);
        Assert.Equal("so far", run.ReadText());
    }

    [Fact]
    public async Task F38_ClientThrowsSomethingElse_FailsThatRunOnly()
    {
        var run = Host.Start(Ask()).Run;
        _model.Break(new InvalidCastException("a secret of the library"));
        await run.Ended();

        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal("internal", run.Problem?.Type);
        Assert.DoesNotContain("secret", run.Problem?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F51_NothingComes_FailsAfterFirstTokenTimeout()
    {
        var run = Host.Start(Ask()).Run;
        await run.Reaches(r => r.State == RunState.Running && r.Seq >= 2);
        _time.Advance(_options.FirstTokenTimeout);
        await run.Ended();

        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal("upstream-timeout", run.Problem?.Type);
        await _model.Closed.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task F52_StallsMidStream_IsIncompleteAfterInterTokenTimeout()
    {
        _options.FirstTokenTimeout = TimeSpan.FromSeconds(5);
        var run = await StartAndSay("one");
        await Eventually.Holds(() => _time.ArmedTimers >= 2, "the timers");
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(run.IsEnded);
        _time.Advance(_options.InterTokenTimeout);
        await run.Ended();

        Assert.Equal(RunState.Incomplete, run.State);
        Assert.Equal("one", run.ReadText());
    }

    [Fact]
    public async Task F69_UpdatesWithoutContent_DoNotCount()
    {
        var run = Host.Start(Ask()).Run;
        _model.Send(new TextContent(""));
        _model.Send();
        _model.Send(new UsageContent(new UsageDetails { OutputTokenCount = 0 }));
        await run.Reaches(r => !r.GetMetrics().Estimated || r.IsEnded || r.Seq >= 2);
        _time.Advance(_options.FirstTokenTimeout);
        await run.Ended();

        Assert.Equal(RunState.Failed, run.State);
    }

    [Fact]
    public async Task F62_NeverEndingStream_IsCutAtTheLimits()
    {
        _options.MaxCharacters = 100;
        var run = Host.Start(Ask()).Run;
        for (var i = 0; i < 30; i++)
        {
            _model.Say("0123456789");
        }

        await run.Ended();
        Assert.Equal(RunState.Incomplete, run.State);
        Assert.Equal(110, run.TextLength);
        await _model.Closed.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Start_LongerThanMaxDuration_IsIncomplete()
    {
        _options.MaxDuration = TimeSpan.FromSeconds(10);
        var run = await StartAndSay("x");
        _time.Advance(TimeSpan.FromSeconds(10));
        await run.Ended();

        Assert.Equal(RunState.Incomplete, run.State);
        Assert.Equal("upstream-timeout", run.Problem?.Type);
    }

    [Fact]
    public async Task StopAsync_WhileStreaming_ClosesUpstreamAndFreezesTheText()
    {
        var run = await StartAndSay("first");
        var stopped = await Host.StopAsync(run);

        Assert.True(_model.Closed.IsCompleted);
        Assert.Equal(RunState.Cancelled, stopped.State);
        Assert.False(stopped.AlreadyEnded);
        Assert.Equal(run.Seq, stopped.Seq);
        _model.Say("late");
        Assert.Equal("first", run.ReadText());
    }

    [Fact]
    public async Task F12_StopBeforeFirstTokenAndTwice_AnswersTheSame()
    {
        var run = Host.Start(Ask()).Run;
        var first = await Host.StopAsync(run);
        var second = await Host.StopAsync(run);

        Assert.Equal((RunState.Cancelled, false), (first.State, first.AlreadyEnded));
        Assert.Equal((RunState.Cancelled, true, first.Seq), (second.State, second.AlreadyEnded, second.Seq));
    }

    [Fact]
    public async Task StopAsync_AfterTheEnd_SaysSoAndChangesNothing()
    {
        var run = await StartAndSay("whole");
        _model.Finish();
        await run.Ended();
        var stopped = await Host.StopAsync(run);

        Assert.Equal((RunState.Completed, true), (stopped.State, stopped.AlreadyEnded));
    }

    [Fact]
    public async Task F11_CancelRacesTheEnd_LeavesOneTerminalState()
    {
        for (var round = 0; round < 500; round++)
        {
            var model = new FakeChatClient();
            using var host = new RunHost(new FakeCatalog(model), Options.Create(_options), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance);
            var run = host.Start(Ask()).Run;
            model.Say("x");
            await run.Reaches(r => r.TextLength == 1);
            var finishing = Task.Run(() => model.Finish());
            var stopped = await host.StopAsync(run);
            await finishing;

            var events = new List<RunEvent>();
            run.Read(0, events);
            Assert.Single(events.OfType<DoneEvent>(), done => done.Reason == run.State);
            Assert.Single(events.OfType<CompleteEvent>());
            Assert.IsType<CompleteEvent>(events[^1]);
            Assert.Equal(run.State, stopped.State);
            Assert.Equal(run.State != RunState.Cancelled, stopped.AlreadyEnded);
        }
    }

    [Fact]
    public async Task F08_ParallelStartsWithOneKey_MakeOneUpstreamCall()
    {
        var request = Ask() with { Idempotency = new IdempotencyKey("key", "same") };
        var started = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Host.Start(request))));
        _model.Finish();
        await started[0].Run.Ended();

        Assert.Single(started.Select(s => s.Run).Distinct());
        Assert.Single(started, s => !s.Replayed);
        Assert.Equal(1, _model.Calls);
    }

    [Fact]
    public void Start_SameKeyForAnotherRequest_IsRefused()
    {
        Host.Start(Ask() with { Idempotency = new IdempotencyKey("key", "one") });
        Assert.Throws<IdempotencyMismatchException>(() => Host.Start(Ask() with { Idempotency = new IdempotencyKey("key", "two") }));
    }

    [Fact]
    public async Task Attach_LastReaderLeavesWithCancel_StopsTheRun()
    {
        var run = await StartAndSay("x", Ask() with { OnDisconnect = DisconnectPolicy.Cancel });
        var (one, two) = (Host.Attach(run), Host.Attach(run));
        one.Dispose();
        one.Dispose();
        Assert.False(run.IsEnded);
        two.Dispose();
        await run.Ended();

        Assert.Equal(RunState.Cancelled, run.State);
    }

    [Fact]
    public async Task Attach_LastReaderLeavesWithContinue_RunsOn()
    {
        var run = await StartAndSay("x", Ask() with { OnDisconnect = DisconnectPolicy.Continue });
        Host.Attach(run).Dispose();
        _time.Advance(TimeSpan.FromSeconds(50));
        _model.Finish();
        await run.Ended();

        Assert.Equal(RunState.Completed, run.State);
    }

    [Fact]
    public async Task Attach_ReaderComesBackInTime_RunsOnElseStops()
    {
        var run = await StartAndSay("x", Ask() with { OnDisconnect = new DisconnectPolicy(TimeSpan.FromSeconds(20)) });
        Host.Attach(run).Dispose();
        _time.Advance(TimeSpan.FromSeconds(19));
        var back = Host.Attach(run);
        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(run.IsEnded);

        back.Dispose();
        _time.Advance(TimeSpan.FromSeconds(20));
        await run.Ended();
        Assert.Equal(RunState.Cancelled, run.State);
    }

    [Fact]
    public async Task Find_AfterKeepFinished_HasForgotten()
    {
        var run = await StartAndSay("x", Ask() with { Idempotency = new IdempotencyKey("key", "one") });
        _model.Finish();
        await run.Ended();
        await Eventually.Holds(() => _time.ArmedTimers == 1, "the one timer left, that of forgetting");
        Assert.Same(run, Host.FindOwn(run.Id, Caller.Local));

        _time.Advance(_options.KeepFinished);
        await Eventually.Holds(() => Host.FindOwn(run.Id, Caller.Local) is null, "the run forgotten");
        Assert.Null(Host.FindStarted(new IdempotencyKey("key", "two")));
    }

    [Fact]
    public async Task F20_DrainAsync_RunFinishesInTime_KeepsItsEnd()
    {
        var run = await StartAndSay("x");
        var draining = Host.DrainAsync();
        Assert.Throws<ShuttingDownException>(() => Host.Start(Ask()));
        Assert.False(Host.Closing.IsCancellationRequested);
        _model.Finish();
        await draining.WaitAsync(Eventually.Limit);

        Assert.Equal(RunState.Completed, run.State);
        Assert.True(Host.Closing.IsCancellationRequested);
    }

    [Fact]
    public async Task F20_DrainAsync_RunOutlastsIt_IsInterrupted()
    {
        var run = await StartAndSay("x");
        var draining = Host.DrainAsync();
        _time.Advance(_options.Drain);
        await draining.WaitAsync(Eventually.Limit);

        Assert.Equal(RunState.Interrupted, run.State);
        Assert.Equal("x", run.ReadText());
        Assert.True(_model.Closed.IsCompleted);
    }

    [Fact]
    public async Task F61_CharacterSplitOverPieces_IsJoined()
    {
        var run = Host.Start(Ask()).Run;
        _model.Say("a\ud83d");
        _model.Say("\ude00b\ud83d");
        _model.Say("c\ud83d");
        _model.Finish();
        await run.Ended();

        Assert.Equal("a😀b\ufffdc\ufffd", run.ReadText());
    }

    [Fact]
    public async Task Start_ToolCallsAndSourcesAndRetries_AreEventsOfTheLog()
    {
        var run = Host.Start(Ask()).Run;
        _model.Send(new RetryContent(2, TimeSpan.FromMilliseconds(250), "busy"));
        _model.Send(new ToolCallDeltaContent(0, "{\"a\":") { CallId = "c1", Name = "clock" });
        _model.Send(new ToolCallDeltaContent(0, "1}"));
        _model.Send(new FunctionCallContent("c1", "clock", new Dictionary<string, object?> { ["a"] = 1 }));
        _model.Send(new TextContent("see") { Annotations = [new CitationAnnotation { Title = "Doc", Url = new Uri("https://example.com/") }] });
        _model.Finish();
        await run.Ended();

        var events = new List<RunEvent>();
        run.Read(0, events);
        Assert.Single(events.OfType<RetryEvent>(), e => e is { Attempt: 2, AfterMs: 250, Reason: "busy" });
        Assert.Equal(["{\"a\":", "1}"], events.OfType<ToolCallDeltaEvent>().Select(e => e.Arguments));
        Assert.Single(events.OfType<ToolCallEvent>(), e => e.Arguments.GetProperty("a").GetInt32() == 1);
        Assert.Equal([new RunSource("Doc", "https://example.com/")], run.Sources);
        Assert.Single(events.OfType<SourceEvent>());
    }
}
