using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Conversations;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Dapper;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Runs;

/// <summary>Answers that wait for a person's yes or no, while processes and nodes come and go.</summary>
public sealed class WaitingRunTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTools _tools = new(FakeTools.Echo("look"), FakeTools.Echo("send", ToolApproval.Always), FakeTools.Echo("save", ToolApproval.Once));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true, "Told: look: x | send: x")]
    [InlineData(false, "Told: look: x | Refused: not now")]
    public async Task Approval_AcrossARestart_GoesOnWhereItStopped(bool isApproved, string told)
    {
        var model = Model();
        string run;
        List<RunEvent> before;
        await using (var app = await StartAsync(model))
        {
            (run, _) = await AskAsync(app);
            before = Events(await FindAsync(app, run));
        }

        await using (var app = await StartAsync(model))
        {
            var waiting = await FindAsync(app, run);
            Assert.Equal(RunState.Running, waiting.State);
            Assert.Equal(Text(before), Text(Events(waiting)));
            Assert.Equal([RunCallState.Done, RunCallState.Waiting], waiting.Calls.Select(call => call.State));
            using var busy = await app.Client.PostAsJsonAsync("/api/chat/stream", new { model = "m", conversationId = waiting.ConversationId, messages = Question });
            Assert.Equal(HttpStatusCode.Conflict, busy.StatusCode);
            using var reader = await SseClient.GetAsync(app.Client, $"/api/runs/{run}/events");

            using var answer = await AnswerAsync(app, waiting, isApproved);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

            // Who has read it since before the answer reads on.
            Assert.Equal("complete", (await reader.AllAsync())[^1].Type);
            await waiting.Ended();
            Assert.Equal((RunState.Completed, $"Step 1.\n\n{told}"), (waiting.State, waiting.ReadText()));
            Assert.Equal([RunCallState.Done, isApproved ? RunCallState.Done : RunCallState.Denied], waiting.Calls.Select(call => call.State));
            var sent = model.Asked.Last();
            Assert.Equal(["hello", "Step 1."], sent.SkipLast(1).Select(message => message.Text));
            Assert.Equal(["look", "send"], sent[^2].Contents.OfType<FunctionCallContent>().Select(call => call.Name));
            Assert.Equal(["c1", "c2"], sent[^1].Contents.OfType<FunctionResultContent>().Select(result => result.CallId));
            Assert.Equal(2, model.Asked.Count);
            using var again = await AnswerAsync(app, waiting, isApproved);
            Assert.NotEqual(HttpStatusCode.OK, again.StatusCode);
        }

        await using (var app = await StartAsync(model))
        {
            var ended = await FindAsync(app, run);
            Assert.Equal((RunState.Completed, $"Step 1.\n\n{told}"), (ended.State, ended.ReadText()));
            // What was asked, and answered, is kept no longer than it is needed.
            Assert.Equal(0, await StoredFile.CountAsync(_directory, "running"));
        }
    }

    [Fact]
    public async Task Approval_ReadersAtAShutdown_AreToldToComeBack()
    {
        SseClient reader;
        var app = await StartAsync(Model(), ("ChatApp:Runs:Drain", "20s"));
        var (run, _) = await AskAsync(app);
        reader = await SseClient.GetAsync(app.Client, $"/api/runs/{run}/events");
        await Until(reader, "approval_request");
        var began = TimeProvider.System.GetTimestamp();
        var rest = reader.AllAsync();
        await app.DisposeAsync();
        // It is not waited for.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.DoesNotContain(await rest, frame => frame.Type is "done" or "complete");
        reader.Dispose();
    }

    [Fact]
    public async Task Approval_StopOfAParkedRun_EndsItAsCancelled()
    {
        string run;
        await using (var app = await StartAsync(Model()))
        {
            (run, _) = await AskAsync(app);
        }

        await using (var app = await StartAsync(Model()))
        {
            var waiting = await FindAsync(app, run);
            using var stopped = await app.Client.PostAsync($"/api/runs/{run}/cancel", null);
            Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
            await waiting.Ended();
            Assert.Equal((RunState.Cancelled, RunCallState.Cut), (waiting.State, waiting.Calls[1].State));
            using var answer = await AnswerAsync(app, waiting);
            Assert.NotEqual(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("cancelled", (await app.Services.GetRequiredService<RunStore>().FindAsync(run))!.State);
        }
    }

    [Fact]
    public async Task Approval_ConversationDeletedWhileParked_EndsTheRun()
    {
        string run, conversation;
        await using (var app = await StartAsync(Model()))
        {
            (run, conversation) = await AskAsync(app);
        }

        await using (var app = await StartAsync(Model()))
        {
            using var deleted = await app.Client.DeleteAsync($"/api/conversations/{conversation}");
            Assert.True(deleted.IsSuccessStatusCode);
            Assert.Equal("cancelled", await app.Services.GetRequiredService<RunStore>().StateAsync(run));
        }
    }

    [Fact]
    public async Task Approval_ToolIsGoneByThen_TheResultSaysSo()
    {
        var model = Model();
        string run;
        await using (var app = await StartAsync(model))
        {
            (run, _) = await AskAsync(app);
        }

        _tools.Tools = [_tools.Tools[0]];
        await using (var app = await StartAsync(model))
        {
            var waiting = await FindAsync(app, run);
            using var answer = await AnswerAsync(app, waiting);
            await waiting.Ended();
            Assert.Equal((RunState.Completed, RunCallState.Failed), (waiting.State, waiting.Calls[1].State));
            Assert.Contains("There is no tool 'send'", waiting.Calls[1].Result, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Approval_ToolIsAnotherByThen_AsksAgain()
    {
        var model = Model();
        string run;
        await using (var app = await StartAsync(model))
        {
            (run, _) = await AskAsync(app);
        }

        _tools.Tools = [_tools.Tools[0], FakeTools.Echo("send", ToolApproval.Always, description: "Sends it to everybody.")];
        await using (var app = await StartAsync(model))
        {
            var waiting = await FindAsync(app, run);
            var first = waiting.Calls[1].ApprovalId;
            using var answer = await AnswerAsync(app, waiting);
            await waiting.Reaches(one => one.Calls[1].ApprovalId != first);
            Assert.Equal(RunCallState.Waiting, waiting.Calls[1].State);
            using var second = await AnswerAsync(app, waiting);
            await waiting.Ended();
            Assert.Equal("Step 1.\n\nTold: look: x | send: x", waiting.ReadText());
        }
    }

    [Fact]
    public async Task Approval_InTheLastRoundAcrossARestart_IsTheLastAllTheSame()
    {
        var model = Model();
        (string, string)[] limit = [("ChatApp:Tools:MaxRounds", "1")];
        string run;
        await using (var app = await StartAsync(model, limit))
        {
            (run, _) = await AskAsync(app);
        }

        await using (var app = await StartAsync(model, limit))
        {
            var waiting = await FindAsync(app, run);
            using var answer = await AnswerAsync(app, waiting);
            await waiting.Ended();
            Assert.Equal((RunState.Incomplete, "tool-loop"), (waiting.State, waiting.Problem?.Type));
            Assert.Single(model.Asked);
        }
    }

    [Fact]
    public async Task Approval_EventsAreDamagedByThen_TheRunIsInterrupted()
    {
        string run;
        await using (var app = await StartAsync(Model()))
        {
            (run, _) = await AskAsync(app);
        }

        await using (var connection = StoredFile.Open(_directory))
        {
            await connection.ExecuteAsync("INSERT INTO run_events (run, first_seq, last_seq, data) SELECT run, max(last_seq) + 1, max(last_seq) + 1, x'00' FROM run_events GROUP BY run");
        }

        await using (var app = await StartAsync(Model()))
        {
            Assert.Equal("interrupted", await app.Services.GetRequiredService<RunStore>().StateAsync(run));
        }
    }

    [Fact]
    public async Task Approval_Yes_IsStoredBeforeTheCallIsMade()
    {
        RunHost? host = null;
        RunCallState? stored = null;
        _tools.Tools = [];
        _tools.Add("look", (arguments, _) => Task.FromResult<object?>("x")).Add(
            "send",
            (arguments, _) =>
            {
                stored = host!.FindOwn(ToolCall.Of(arguments)!.RunId, Caller.Local)!.Calls[1].State;
                return Task.FromResult<object?>("sent");
            },
            ToolApproval.Always);
        await using var app = await StartAsync(Model(), ("ChatApp:Storage:CommitInterval", "100ms"));
        host = app.Services.GetRequiredService<RunHost>();
        var (run, _) = await AskAsync(app);
        var waiting = await FindAsync(app, run);
        using var answer = await AnswerAsync(app, waiting);
        await waiting.Ended();

        Assert.Equal(RunCallState.Running, stored);
    }

    [Fact]
    public async Task Approval_NobodyAnswersForTooLong_CountsAsRefused()
    {
        var model = Model();
        string run;
        await using (var app = await StartAsync(model))
        {
            (run, _) = await AskAsync(app);
        }

        await using (var app = await StartAsync(model, ("ChatApp:Tools:ApprovalTimeout", "1ms")))
        {
            var ended = await FindAsync(app, run);
            await ended.Ended();
            Assert.Equal(RunState.Completed, ended.State);
            Assert.Contains("Nobody answered", ended.Calls[1].Result, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Approval_OfLaterRoundsAndAcrossSeveralRestarts_KeepsTheWholeHistory()
    {
        var model = new CallingModel(
            [CallingModel.Call("c1", "save", "a")], [CallingModel.Call("c1", "look", "b")], [CallingModel.Call("c1", "send", "c"), CallingModel.Call("c2", "save", "d")], [CallingModel.Call("c1", "send", "e")]);
        string run;
        await using (var app = await StartAsync(model))
        {
            (run, _) = await AskAsync(app);
            using var yes = await AnswerAsync(app, await FindAsync(app, run));
            await (await FindAsync(app, run)).Reaches(one => one.Calls.Count == 4 && one.Calls[2].State == RunCallState.Waiting && one.Calls[3].State == RunCallState.Done);
        }

        await using (var app = await StartAsync(model))
        {
            var waiting = await FindAsync(app, run);
            using var yes = await AnswerAsync(app, waiting);
            await waiting.Reaches(one => one.Calls.Count == 5 && one.Calls[4].State == RunCallState.Waiting);
        }

        await using (var app = await StartAsync(model))
        {
            var waiting = await FindAsync(app, run);
            using var yes = await AnswerAsync(app, waiting);
            await waiting.Ended();
            Assert.Equal("Step 1.\n\nStep 2.\n\nStep 3.\n\nStep 4.\n\nTold: save: a | look: b | send: c | save: d | send: e", waiting.ReadText());
            var sent = model.Asked.Last();
            Assert.Equal(["hello", "Step 1.", "", "Step 2.", "", "Step 3.", "", "Step 4.", ""], sent.Select(message => message.Text));
            Assert.Equal(5, model.Asked.Count);
        }
    }

    [Theory]
    [InlineData(AgentMode.Sequence)]
    [InlineData(AgentMode.Parallel)]
    public async Task Approval_OfAnAgentAcrossARestart_TheOthersAreNotAskedAgain(AgentMode mode)
    {
        var quick = new CallingModel();
        var slow = new CallingModel([CallingModel.Call("c1", "send")]);
        var catalog = new FakeCatalog(id => id == "fake/slow" ? slow : quick);
        var request = new RunRequest
        {
            Messages = [],
            Agents = [new AgentRequest("first", "fake/quick", "Be first."), new AgentRequest("second", "fake/slow", "Be second."), new AgentRequest("third", "fake/quick", null)],
            AgentMode = mode,
            OnDisconnect = DisconnectPolicy.Continue,
        };
        string run;
        await using (var app = await StartAsync(catalog))
        {
            var started = await app.Services.GetRequiredService<ConversationRuns>().AskAsync(new Question { ConversationId = "c", MayCreate = true, Prompt = "hello" }, request);
            run = started.Run.Id;
            await started.Run.Reaches(one => one.Calls is [{ State: RunCallState.Waiting }] && one.Lanes.Count(lane => lane.IsDone) == (mode == AgentMode.Parallel ? 2 : 1));
        }

        await using (var app = await StartAsync(catalog))
        {
            var waiting = await FindAsync(app, run);
            using var yes = await AnswerAsync(app, waiting);
            await waiting.Ended();
            Assert.Equal((RunState.Completed, null), (waiting.State, waiting.Problem));
            Assert.Equal(["Told: ", "Step 1.\n\nTold: send: x", "Told: "], waiting.Lanes.Select(lane => waiting.ReadLane(lane.Index)));
            Assert.Equal((2, 2), (quick.Asked.Count, slow.Asked.Count));
            Assert.Equal("Be second.", slow.Asked.Last()[0].Text);
            if (mode == AgentMode.Sequence)
            {
                Assert.Equal(["hello", "first said:\n\nTold: ", "second said:\n\nStep 1.\n\nTold: send: x"], quick.Asked.Last().Select(message => message.Text));
            }
        }
    }

    [Fact]
    public async Task Approval_ModelIsGoneByThen_FailsAndSaysSo()
    {
        string run;
        await using (var app = await StartAsync(Model()))
        {
            (run, _) = await AskAsync(app);
        }

        await using (var app = await StartAsync(new FakeCatalog(_ => throw new UnknownModelException("There is no such model any more."))))
        {
            var waiting = await FindAsync(app, run);
            using var yes = await AnswerAsync(app, waiting);
            await waiting.Ended();
            Assert.Equal((RunState.Failed, "unknown-model"), (waiting.State, waiting.Problem!.Type));
        }
    }

    [Fact]
    public async Task Approval_RaceOfAnswers_OneWins()
    {
        await using var app = await StartAsync(Model());
        for (var i = 0; i < 100; i++)
        {
            var run = (await AskAsync(app)).Run;
            var waiting = await FindAsync(app, run);
            var host = app.Services.GetRequiredService<RunHost>();
            var id = waiting.Calls[1].ApprovalId!;
            var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() => host.AnswerAsync(waiting, id, new ApprovalAnswer(n % 2 == 0, $"{n}")))));
            var winner = Array.IndexOf(taken, true);
            Assert.Single(taken, one => one);
            await waiting.Ended();
            Assert.Equal(winner % 2 == 0 ? RunCallState.Done : RunCallState.Denied, waiting.Calls[1].State);
            if (winner % 2 == 1)
            {
                Assert.Equal($"Refused: {winner}", waiting.Calls[1].Result);
            }
        }
    }

    [Fact]
    public async Task Approval_RaceWithStop_EndsOneWayOnly()
    {
        await using var app = await StartAsync(Model());
        for (var i = 0; i < 50; i++)
        {
            var run = (await AskAsync(app)).Run;
            var waiting = await FindAsync(app, run);
            var host = app.Services.GetRequiredService<RunHost>();
            var id = waiting.Calls[1].ApprovalId!;
            await Task.WhenAll(Task.Run(() => host.AnswerAsync(waiting, id, new ApprovalAnswer(IsApproved: true))), Task.Run(() => host.StopAsync(waiting)));
            await waiting.Ended();
            Assert.True(waiting.State is RunState.Cancelled or RunState.Completed);
            Assert.DoesNotContain(waiting.Calls, call => call.State is RunCallState.Waiting or RunCallState.Running);
        }
    }

    [Fact]
    public async Task Approval_ManyAnswersOfAParkedRunAtOnce_OneTakesItOver()
    {
        var model = Model();
        for (var i = 0; i < 5; i++)
        {
            string run;
            await using (var app = await StartAsync(model))
            {
                (run, _) = await AskAsync(app);
            }

            await using (var app = await StartAsync(model))
            {
                var waiting = await FindAsync(app, run);
                var host = app.Services.GetRequiredService<RunHost>();
                var id = waiting.Calls[1].ApprovalId!;
                var acts = Enumerable.Range(0, 4).Select(n => Task.Run(() => host.AnswerAsync(waiting, id, new ApprovalAnswer(n % 2 == 0, $"{n}")))).ToList();
                var stopping = i % 2 == 0 ? Task.CompletedTask : Task.Run(() => host.StopAsync(waiting));
                var taken = await Task.WhenAll(acts);
                await stopping;
                Assert.InRange(taken.Count(one => one), i % 2 == 0 ? 1 : 0, 1);
                await waiting.Ended();
                Assert.True(waiting.State == RunState.Completed || (i % 2 == 1 && waiting.State == RunState.Cancelled));
                Assert.Equal(waiting.State.ToWire(), (await app.Services.GetRequiredService<RunStore>().FindAsync(run))!.State);
            }
        }
    }

    [Fact]
    public async Task Approval_KeyTakenOutWhileParked_EndsTheRun()
    {
        string run;
        await using (var app = await StartAsync(Model(), TestKeys.Settings[..2]))
        {
            app.Client.DefaultRequestHeaders.Authorization = new("Bearer", TestKeys.Ann);
            (run, _) = await AskAsync(app);
        }

        await using (var app = await StartAsync(Model(), ("ChatApp:ApiKeys:0:Name", "ben"), ("ChatApp:ApiKeys:0:Hash", TestKeys.HashOf(TestKeys.Ben))))
        {
            var host = app.Services.GetRequiredService<RunHost>();
            var waiting = (await host.FindAsync(run, new Caller("ann", "key:ann")))!;
            Assert.True(await host.AnswerAsync(waiting, waiting.Calls[1].ApprovalId!, new ApprovalAnswer(IsApproved: true)));
            await waiting.Ended();
            Assert.Equal(RunState.Cancelled, waiting.State);
        }
    }

    [Fact]
    public async Task Approval_AnotherNodeOnPostgres_IsAnsweredStoppedAndTakenOverThere()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        (string, string)[] shared = [("ChatApp:Storage:Provider", "postgres"), ("ChatApp:Storage:ConnectionString", connection)];
        var model = Model();
        var first = await StartAsync(model, shared);
        await using var second = await StartAsync(model, shared);

        // One that waits there.
        var (live, _) = await AskAsync(first);
        var seen = await FindAsync(second, live);
        using var yes = await AnswerAsync(second, seen);
        Assert.Equal(HttpStatusCode.OK, yes.StatusCode);
        await seen.Ended();
        Assert.Equal("Step 1.\n\nTold: look: x | send: x", seen.ReadText());

        // One that its node leaves, before and after anybody has noticed.
        var (left, _) = await AskAsync(first);
        var (stopped, _) = await AskAsync(first);
        seen = await FindAsync(second, left);
        await first.DisposeAsync();
        using var taken = await AnswerAsync(second, seen);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        await seen.Ended();
        Assert.Equal((RunState.Completed, "Step 1.\n\nTold: look: x | send: x"), (seen.State, seen.ReadText()));
        var parked = await FindAsync(second, stopped);
        using var cancelled = await second.Client.PostAsync($"/api/runs/{stopped}/cancel", null);
        Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        await parked.Ended();
        Assert.Equal(RunState.Cancelled, parked.State);
    }

    private static object[] Question => [new { role = "user", content = "hello" }];

    private static CallingModel Model() => new([CallingModel.Call("c1", "look"), CallingModel.Call("c2", "send")]);

    private Task<TestApp> StartAsync(CallingModel model, params (string, string)[] settings) => StartAsync(new FakeCatalog(model), settings);

    private Task<TestApp> StartAsync(IModelCatalog catalog, params (string, string)[] settings) => TestApp.StartAsync(null, null, null, builder =>
    {
        builder.Services.AddSingleton(catalog);
        builder.Services.AddSingleton<IToolSource>(_tools);
    }, [("ChatApp:Storage:Path", _directory.Path), .. settings]);

    private static async Task<(string Run, string Conversation)> AskAsync(TestApp app)
    {
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { store = true, model = "m", messages = Question, onDisconnect = "continue" });
        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        var id = stream.Response.Headers.GetValues("X-Run-Id").Single();
        await Until(stream, "approval_request");
        var run = app.Services.GetRequiredService<RunHost>().FindOwn(id, new Caller(app.Client.DefaultRequestHeaders.Authorization is null ? null : "ann", ""))!;
        await run.Reaches(one => one.Calls.All(call => call.State is RunCallState.Done or RunCallState.Waiting));
        return (id, run.ConversationId!);
    }

    private static async Task Until(SseClient stream, string type)
    {
        while (await stream.NextAsync() is { } frame && frame.Type != type)
        {
            // On to the next.
        }
    }

    private static async Task<Run> FindAsync(TestApp app, string id) => (await app.Services.GetRequiredService<RunHost>().FindAsync(id, Caller.Local))!;

    private static Task<HttpResponseMessage> AnswerAsync(TestApp app, Run run, bool approved = true) => app.Client.PostAsJsonAsync(
        $"/api/runs/{run.Id}/approvals/{run.Calls.Last(call => call.ApprovalId is not null).ApprovalId}", new { approved, reason = approved ? null : "not now" });

    private static List<RunEvent> Events(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events;
    }

    private static string Text(List<RunEvent> events) => string.Join('\n', events.Select(one => $"{one.Seq} {one.T} {one switch { TokenEvent token => token.Content, _ => JsonSerializer.Serialize(one) }}"));
}
