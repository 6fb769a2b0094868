using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Runs;

/// <summary>Calls that go wrong, and those that somebody has to allow.</summary>
public sealed class ToolRunnerTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly FakeTools _tools = new();
    private readonly ToolsOptions _limits = new();
    private readonly FakeChatClient _last = new();
    private RunHost? _host;

    public void Dispose() => _host?.Dispose();

    [Fact]
    public async Task Call_OfNoTool_IsAFailureThatNamesThoseThereAre()
    {
        _tools.Add("clock", "12:00");
        var run = await RunAsync(Call("c1", new string('x', 500)));

        Assert.Equal($"There is no tool '{new string('x', 64)}'. There are: clock.", run.Calls[0].Result);
        Assert.Equal(RunCallState.Failed, run.Calls[0].State);
    }

    [Fact]
    public async Task Call_ArgumentsThatAreNoJson_IsNotMade()
    {
        _tools.Add("clock", "12:00");
        var run = await RunAsync(new FunctionCallContent("c1", "clock", null) { Exception = new InvalidOperationException() });

        Assert.Contains("not valid JSON", run.Calls[0].Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ArgumentsPastTheLimit_IsNotMade()
    {
        var made = false;
        _tools.Add("clock", (_, _) => Task.FromResult<object?>(made = true));
        var run = await RunAsync(Call("c1", "clock", new string('x', 64 * 1024)));

        Assert.False(made);
        Assert.Contains("more than 65536", run.Calls[0].Result, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_ToolThatHangs_IsLeftAfterItsTime(bool hasOwnTime)
    {
        _limits.Timeout = TimeSpan.FromSeconds(hasOwnTime ? 60 : 5);
        var begun = new TaskCompletionSource();
        _tools.Add("hang", (_, _) => Hang(begun), timeout: hasOwnTime ? TimeSpan.FromSeconds(5) : null);
        var run = Start(Call("c1", "hang"));
        await begun.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(5));
        await run.Ended();

        Assert.Equal((RunState.Completed, RunCallState.Failed, "The tool gave no answer within 5 seconds."), (run.State, run.Calls[0].State, run.Calls[0].Result));
    }

    [Fact]
    public async Task Stop_ToolThatHearsNothing_IsLeftBehindAtOnce()
    {
        var begun = new TaskCompletionSource();
        using var never = new ManualResetEventSlim();
        _tools.Add("hang", (_, token) =>
        {
            // The worst there is: blocks a thread, and whoever tells it to stop.
            token.Register(never.Wait);
            begun.TrySetResult();
            never.Wait(CancellationToken.None);
            return Task.FromResult<object?>(null);
        });
        var run = Start(Call("c1", "hang"));
        await begun.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        await _host!.StopAsync(run).WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        never.Set();

        Assert.Equal((RunState.Cancelled, RunCallState.Cut), (run.State, run.Calls[0].State));
        Assert.Equal(0, _last.Calls);
    }

    [Fact]
    public async Task Stop_ToolThatListens_HearsOfIt()
    {
        var begun = new TaskCompletionSource();
        var heard = new TaskCompletionSource();
        _tools.Add("wait", async (_, token) =>
        {
            token.Register(() => heard.TrySetResult());
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return null;
        });
        var run = Start(Call("c1", "wait"));
        await begun.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        await _host!.StopAsync(run);

        await heard.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Call_ToolThatThrows_TellsOnlyWhatIsMeantToBeTold()
    {
        _tools.Add("told", (_, _) => throw new ToolException("No such city."));
        _tools.Add("secret", (_, _) => throw new InvalidOperationException("password=1"));
        _tools.Add("misfit", (_, _) => throw new System.Text.Json.JsonException("internal"));
        _tools.Add("gone", (_, _) => throw new OperationCanceledException());
        var run = await RunAsync(Call("c1", "told"), Call("c2", "secret"), Call("c3", "misfit"), Call("c4", "gone"));

        Assert.Equal(
            ["No such city.", "The tool failed. The server's log has the cause.", "The arguments do not fit the tool's schema.", "The tool failed. The server's log has the cause."],
            run.Calls.Select(call => call.Result));
        Assert.All(run.Calls, call => Assert.Equal(RunCallState.Failed, call.State));
    }

    [Fact]
    public async Task Call_ResultOfAHundredMegabytes_IsCut()
    {
        _tools.Add("dump", new string('x', 100_000_000));
        var run = await RunAsync(Call("c1", "dump"));

        Assert.InRange(run.Calls[0].Result!.Length, 100_000, 100_200);
        Assert.EndsWith("of which 100000 are kept.]", run.Calls[0].Result, StringComparison.Ordinal);
        Assert.Equal(RunCallState.Done, run.Calls[0].State);
    }

    [Fact]
    public async Task Call_FloodOfProgress_IsToldAFewTimesASecondAndNotAfterTheEnd()
    {
        Action<ToolProgress>? report = null;
        _tools.Add("work", (arguments, _) =>
        {
            report = ToolCall.Of(arguments)!.Report;
            for (var i = 0; i < 100_000; i++)
            {
                report(new ToolProgress(new string('s', 1000), double.NaN));
                report(new ToolProgress("all", 100));
            }

            _time.Advance(TimeSpan.FromMilliseconds(250));
            report(new ToolProgress("nearly", 1e9));
            return Task.FromResult<object?>("ok");
        });
        var run = await RunAsync(Call("c1", "work"));
        report!(new ToolProgress("late"));

        Assert.Equal([(200, null), (6, 100)], EventsOf(run).OfType<ProgressEvent>().Select(progress => (progress.Step.Length, progress.Percent)));
        Assert.All(EventsOf(run).OfType<ProgressEvent>(), progress => Assert.Equal("c1", progress.CallId));
    }

    [Fact]
    public async Task Call_Tool_KnowsWhoseItIs()
    {
        ToolCall? call = null;
        _tools.Add("mine", (arguments, _) =>
        {
            call = ToolCall.Of(arguments);
            return Task.FromResult<object?>("ok");
        });
        var run = Start(request => request with { Caller = new Caller("ann", "ann") }, Call("c1", "mine"));
        await run.Ended();

        Assert.Equal(("ann", run.Id), (call!.Owner, call.RunId));
    }

    [Theory]
    [InlineData(true, null, "sent", RunCallState.Done)]
    [InlineData(false, null, "Refused: this call was not allowed.", RunCallState.Denied)]
    [InlineData(false, "Not to her.", "Refused: Not to her.", RunCallState.Denied)]
    public async Task Approval_YesOrNo_DecidesAndIsTold(bool isApproved, string? reason, string result, RunCallState state)
    {
        _tools.Add("send", "sent", ToolApproval.Always);
        var run = Start(Call("c1", "send", "ann"));
        await run.Reaches(r => r.Calls is [{ State: RunCallState.Waiting }]);
        Assert.True(run.IsWaiting);
        Assert.True(await _host!.AnswerAsync(run, run.Calls[0].ApprovalId!, new ApprovalAnswer(isApproved, reason)));
        Assert.False(await _host.AnswerAsync(run, run.Calls[0].ApprovalId!, new ApprovalAnswer(IsApproved: true)));
        await run.Ended();

        Assert.Equal((result, state, RunState.Completed), (run.Calls[0].Result, run.Calls[0].State, run.State));
        Assert.Equal(
            [typeof(ApprovalRequestEvent), typeof(ApprovalResponseEvent), typeof(ToolResultEvent)],
            EventsOf(run).Where(e => e is ApprovalRequestEvent or ApprovalResponseEvent or ToolResultEvent).Select(e => e.GetType()));
    }

    [Fact]
    public async Task Approval_NobodyAnswers_CountsAsNo()
    {
        _tools.Add("send", "sent", ToolApproval.Once);
        var run = Start(Call("c1", "send", "ann"), Call("c2", "send", "bob"));
        await run.Reaches(r => r.Calls.Any(call => call.State == RunCallState.Waiting));
        _time.Advance(_limits.ApprovalTimeout);
        await run.Ended();

        Assert.All(run.Calls, call => Assert.Equal(("Refused: Nobody answered within 1440 minutes.", RunCallState.Denied), (call.Result, call.State)));
        Assert.Equal(RunState.Completed, run.State);
    }

    [Fact]
    public async Task Approval_NobodyCanBeAsked_CountsAsNoAtOnce()
    {
        _tools.Add("send", "sent", ToolApproval.Once);
        var run = Start(request => request with { CanApprove = false }, Call("c1", "send"));
        await run.Ended();

        Assert.Equal(RunCallState.Failed, run.Calls[0].State);
        Assert.DoesNotContain(EventsOf(run), e => e is ApprovalRequestEvent);
    }

    [Fact]
    public async Task Approval_StopMeanwhile_EndsTheRun()
    {
        _tools.Add("send", "sent", ToolApproval.Once);
        var run = Start(Call("c1", "send"), Call("c2", "send"));
        await run.Reaches(r => r.Calls.Any(call => call.State == RunCallState.Waiting));
        await _host!.StopAsync(run);

        Assert.Equal(RunState.Cancelled, run.State);
        Assert.False(run.IsWaiting);
        Assert.All(run.Calls, call => Assert.Equal(RunCallState.Cut, call.State));
    }

    [Fact]
    public async Task Approval_YesAfterTheEnd_MakesNoCall()
    {
        var made = false;
        _tools.Add("send", (_, _) => Task.FromResult<object?>(made = true), ToolApproval.Always);
        var run = Start(Call("c1", "send"));
        await run.Reaches(r => r.Calls is [{ State: RunCallState.Waiting }]);
        run.TryEnd(RunState.Cancelled);
        Assert.True(run.TryAnswer(run.Calls[0].ApprovalId!, new ApprovalAnswer(IsApproved: true)));
        await Eventually.Holds(() => !run.IsWaiting, "the answer is taken");
        await _host!.StopAsync(run);

        Assert.False(made);
    }

    [Fact]
    public async Task Approval_CallsOfOneId_EachHasItsOwnAnswer()
    {
        _tools.Add("send", "sent", ToolApproval.Always);
        var run = Start(Call("c1", "send", "ann"), Call("c1", "send", "bob"));
        await run.Reaches(r => r.Calls is [{ State: RunCallState.Waiting }, { State: RunCallState.Waiting }]);
        Assert.True(await _host!.AnswerAsync(run, run.Calls[0].ApprovalId!, new ApprovalAnswer(IsApproved: true)));
        await run.Reaches(r => r.Calls[0].State == RunCallState.Done);
        Assert.Equal(RunCallState.Waiting, run.Calls[1].State);
        Assert.True(await _host.AnswerAsync(run, run.Calls[1].ApprovalId!, new ApprovalAnswer(IsApproved: false)));
        await run.Ended();

        Assert.Equal([RunCallState.Done, RunCallState.Denied], run.Calls.Select(call => call.State));
    }

    [Theory]
    [InlineData(ToolApproval.Once, 1)]
    [InlineData(ToolApproval.Always, 3)]
    public async Task Approval_SeveralCallsOfOneTool_OneYesIsEnoughWhereItHoldsForGood(ToolApproval approval, int asked)
    {
        _tools.Add("send", "sent", approval);
        var run = Start(Call("same", "send", "ann"), Call("same", "send", "bob"), Call("same", "send", "cy"));
        for (var i = 0; i < asked; i++)
        {
            var (run1, answered) = (run, i);
            await run.Reaches(r => EventsOf(r).OfType<ApprovalRequestEvent>().Count() > answered);
            Assert.True(run1.TryAnswer(EventsOf(run).OfType<ApprovalRequestEvent>().ElementAt(i).Id, new ApprovalAnswer(IsApproved: true)));
        }

        await run.Ended();
        Assert.Equal(asked, EventsOf(run).OfType<ApprovalRequestEvent>().Select(request => request.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(3, EventsOf(run).OfType<ToolResultEvent>().Count(result => result.Content == "sent"));
    }

    [Fact]
    public async Task Approval_GivenBefore_IsNotAskedAgain()
    {
        _tools.Add("send", "sent", ToolApproval.Once);
        var run = Start(request => request with { Approved = [_tools.Tools[0].Fingerprint] }, Call("c1", "send"));
        await run.Ended();

        Assert.Equal(RunCallState.Done, run.Calls[0].State);
    }

    private static async Task<object?> Hang(TaskCompletionSource begun)
    {
        begun.TrySetResult();
        await new TaskCompletionSource().Task;
        return null;
    }

    private async Task<Run> RunAsync(params FunctionCallContent[] calls)
    {
        var run = Start(calls);
        await run.Ended();
        return run;
    }

    private Run Start(params FunctionCallContent[] calls) => Start(request => request, calls);

    private Run Start(Func<RunRequest, RunRequest> change, params FunctionCallContent[] calls)
    {
        var first = new FakeChatClient();
        first.Send([.. calls]);
        first.Finish(ChatFinishReason.ToolCalls);
        _last.Say("done");
        _last.Finish();
        _host = new RunHost(
            new FakeCatalog(new FakeChatClients(first, _last)), Options.Create(new RunsOptions()), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance, tools: _tools.Box, toolsOptions: Options.Create(_limits));
        return _host.Start(change(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] })).Run;
    }

    private static FunctionCallContent Call(string id, string name, string? to = null) => new(id, name, new Dictionary<string, object?> { ["to"] = to });

    private static List<RunEvent> EventsOf(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events;
    }
}
