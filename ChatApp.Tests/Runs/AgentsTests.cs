using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Runs;

/// <summary>Several models or personas that answer one request.</summary>
public sealed class AgentsTests : IDisposable
{
    private readonly Dictionary<string, FakeChatClient> _models = new() { ["red"] = new(), ["blue"] = new() };
    private readonly FakeTime _time = new();
    private readonly RunHost _host;

    public AgentsTests() =>
        // A test's clock may go on between a piece's arrival and the moment when that is noted.
        _host = new RunHost(new FakeCatalog(id => _models.GetValueOrDefault(id) ?? new FakeChatClient()), Options.Create(new RunsOptions { InterTokenTimeout = TimeSpan.FromHours(1) }), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance);

    public void Dispose() => _host.Dispose();

    private Run Start(AgentMode mode) => _host.Start(new RunRequest
    {
        Messages = [new ChatMessage(ChatRole.User, "Colours?")],
        Agents = [new AgentRequest("Red", "red", "You are red."), new AgentRequest("Blue", "blue", System: null)],
        AgentMode = mode,
    }).Run;

    private static List<RunEvent> EventsOf(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events;
    }

    [Fact]
    public async Task Sequence_SecondAgent_ReadsWhatTheFirstSaid()
    {
        var run = Start(AgentMode.Sequence);
        await Eventually.Holds(() => _models["red"].Calls == 1, "the first agent asked");
        Assert.Equal(["You are red.", "Colours?"], _models["red"].Asked.Select(message => message.Text));
        Assert.Equal(0, _models["blue"].Calls);

        _models["red"].Say("Roses.");
        _models["red"].Finish();
        await Eventually.Holds(() => _models["blue"].Calls == 1, "the second agent asked");
        Assert.Equal(["Colours?", "Red said:\n\nRoses."], _models["blue"].Asked.Select(message => message.Text));

        _models["blue"].Say("Violets.");
        _models["blue"].Finish();
        await run.Ended();

        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal("Roses.\n\nViolets.", run.ReadText());
        Assert.Equal(
            ["Red start", "Red model", "Red Roses.", "Red end", "Blue start", "Blue model", "Blue Violets.", "Blue end"],
            EventsOf(run).Where(e => e.Agent is not null).Select(Words));
    }

    [Fact]
    public async Task Parallel_InterleavedPieces_KeepTheirAgentAndMergeOnlyWithTheirOwn()
    {
        var run = Start(AgentMode.Parallel);
        foreach (var (model, piece) in new[] { ("red", "Ro"), ("blue", "Vio"), ("blue", "lets"), ("red", "ses") })
        {
            var length = run.TextLength;
            _models[model].Say(piece);
            await run.Reaches(r => r.TextLength > length);
        }

        _models["blue"].Finish();
        _models["red"].Finish();
        await run.Ended();

        Assert.Equal("Roses\n\nViolets", run.ReadText());
        Assert.Equal(["Red Ro", "Blue Violets", "Red ses"], EventsOf(run).Where(e => e is TokenEvent).Select(Words));
        Assert.Equal((4, 2), (run.GetMetrics().Tokens, run.GetMetrics().Steps));
    }

    [Fact]
    public async Task Parallel_UsageOfAll_IsTheirSum()
    {
        var run = Start(AgentMode.Parallel);
        foreach (var model in _models.Values)
        {
            model.Say("x");
            model.Send(new UsageContent(new UsageDetails { InputTokenCount = 4, OutputTokenCount = 9 }));
            model.Finish();
        }

        await run.Ended();

        Assert.Equal(new RunUsage(8, 18, Estimated: false), run.GetUsage());
        Assert.Equal(18, run.GetMetrics().Tokens);
    }

    [Theory]
    [InlineData(AgentMode.Parallel, RunState.Incomplete)]
    [InlineData(AgentMode.Sequence, RunState.Failed)]
    public async Task Agent_Fails_RunSaysWhichAndKeepsTheRest(AgentMode mode, RunState state)
    {
        var run = Start(mode);
        _models["blue"].Say("Violets");
        _models["blue"].Finish();
        _models["red"].Break(new InvalidOperationException());
        await run.Ended();

        Assert.Equal(state, run.State);
        Assert.StartsWith("Red: ", run.Problem!.Detail, StringComparison.Ordinal);
        Assert.Equal(mode == AgentMode.Parallel ? "Violets" : "", run.ReadText());
        Assert.Equal(mode == AgentMode.Parallel ? 1 : 0, _models["blue"].Calls);
    }

    [Fact]
    public async Task Stop_WhileBothAnswer_ClosesBothUpstreams()
    {
        var run = Start(AgentMode.Parallel);
        _models["red"].Say("a");
        _models["blue"].Say("b");
        await run.Reaches(r => r.TextLength >= 2);
        await _host.StopAsync(run);

        Assert.True(_models["red"].Closed.IsCompleted && _models["blue"].Closed.IsCompleted);
        Assert.Equal(RunState.Cancelled, run.State);
    }

    [Fact]
    public async Task Parallel_TooLong_NoAgentIsSaidToHaveFinished()
    {
        var run = Start(AgentMode.Parallel);
        await Eventually.Holds(() => _models.Values.All(model => model.Calls == 1), "both asked");
        for (var i = 0; i < 40; i++)
        {
            _models["red"].Say("a");
            _models["blue"].Say("b");
            await run.Reaches(one => one.TextLength == 2 * (i + 1) || one.IsEnded);
            _time.Advance(TimeSpan.FromSeconds(50));
        }

        await run.Ended();
        Assert.Equal(RunState.Incomplete, run.State);
        Assert.All(EventsOf(run).OfType<AgentEndEvent>(), end => Assert.Equal(RunState.Incomplete, end.Cut));
    }

    private static string Words(RunEvent @event) => $"{@event.Agent} " + @event switch
    {
        AgentStartEvent => "start",
        AgentEndEvent => "end",
        StepEvent => "model",
        TokenEvent token => token.Content,
        _ => @event.GetType().Name,
    };
}
