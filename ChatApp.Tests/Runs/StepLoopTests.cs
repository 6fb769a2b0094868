using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Runs;

/// <summary>A model that calls tools, and what comes of it.</summary>
public sealed class StepLoopTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly FakeTools _tools = new();
    private readonly RunsOptions _options = new();
    private readonly ToolsOptions _limits = new();
    private readonly List<FakeChatClient> _asked = [];
    private RunHost? _host;

    public void Dispose() => _host?.Dispose();

    [Fact]
    public async Task Run_CallInPieces_IsMadeAndItsResultPutToTheModel()
    {
        object? city = null;
        _tools.Add("clock", (arguments, _) =>
        {
            city = arguments["city"];
            return Task.FromResult<object?>("12:00");
        });
        var run = Start(
            Round(new TextContent("Let me see."), new ToolCallDeltaContent(0, "") { CallId = "c1", Name = "clock" }, new ToolCallDeltaContent(0, """{"ci"""), new ToolCallDeltaContent(0, """ty":"Tōkyō"}"""), Call("c1", "clock", "city", "Tōkyō"), Usage(10, 5)),
            Round(new TextContent("It is "), new TextContent("noon."), Usage(20, 7)));
        await run.Ended();

        Assert.Equal("Tōkyō", city);
        Assert.Equal("Let me see.\n\nIt is noon.", run.ReadText());
        Assert.Equal(RunState.Completed, run.State);
        var call = Assert.Single(run.Calls);
        Assert.Equal(("clock", "12:00", RunCallState.Done, 11), (call.Name, call.Result, call.State, call.TextAt));
        Assert.Equal(["user:hi", "assistant:Let me see.", "tool:12:00"], _asked[1].Asked.Select(Words));
        // Of both rounds; the steps of both are told apart.
        Assert.Equal(new RunUsage(30, 12, Estimated: false), run.GetUsage());
        Assert.Equal((12, 2), (run.GetMetrics().Tokens, run.GetMetrics().Steps));
        Assert.Equal(["1 Model", "1 Tools", "2 Model", "2 Done"], EventsOf(run).OfType<StepEvent>().Select(step => $"{step.Index} {step.State}"));
    }

    [Fact]
    public async Task Run_ManyCallsAtOnce_MakesEightAtATimeAndAnswersAllInOrder()
    {
        var (now, most) = (0, 0);
        var full = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _tools.Add("count", async (arguments, _) =>
        {
            var running = Interlocked.Increment(ref now);
            most = Math.Max(most, running);
            if (running == 8)
            {
                full.TrySetResult();
            }

            await go.Task;
            Interlocked.Decrement(ref now);
            return arguments["i"];
        });
        var run = Start(Round([.. Enumerable.Range(0, 20).Select(i => Call($"c{i}", "count", "i", i))]), Round(new TextContent("done")));
        await full.Task.WaitAsync(Eventually.Limit, TestContext.Current.CancellationToken);
        go.SetResult();
        await run.Ended();

        Assert.Equal(8, most);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), _asked[1].Asked[^1].Contents.OfType<FunctionResultContent>().Select(result => $"{result.Result}"));
    }

    [Fact]
    public async Task Run_ThousandCallsInAStep_MakesWhatItMayAndRefusesTheRest()
    {
        var made = 0;
        _tools.Add("count", (_, _) => Task.FromResult<object?>(Interlocked.Increment(ref made)));
        var run = Start(Round([.. Enumerable.Range(0, 1000).Select(i => Call($"c{i}", "count", "i", i))]), Round(new TextContent("done")));
        await run.Ended();

        Assert.Equal((RunState.Completed, 64, 1000), (run.State, made, run.Calls.Count));
        Assert.Equal(936, run.Calls.Count(call => call.State == RunCallState.Failed && call.Result!.Contains("at most 64", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Run_CallsWithoutEnd_AreCut()
    {
        var run = Start(Round([.. Enumerable.Range(0, 5000).Select(i => Call($"c{i}", "count", "i", i))]));
        await run.Ended();

        Assert.Equal((RunState.Incomplete, "tool-loop"), (run.State, run.Problem!.Type));
        Assert.Equal(1025, run.Calls.Count);
        Assert.All(run.Calls, call => Assert.Equal(RunCallState.Cut, call.State));
    }

    [Fact]
    public async Task Run_SameCallsAgainAndAgain_EndsAfterTheThird()
    {
        _tools.Add("clock", "12:00");
        var run = Start([.. Enumerable.Range(0, 9).Select(i => Round(Call($"c{i}", "clock", "city", "Rome")))]);
        await run.Ended();

        Assert.Equal((RunState.Incomplete, "tool-loop", 3), (run.State, run.Problem!.Type, run.Calls.Count));
    }

    [Fact]
    public async Task Run_CallsRoundAfterRound_EndsAtTheLimit()
    {
        _tools.Add("count", "1");
        var run = Start([.. Enumerable.Range(0, 20).Select(i => Round(new TextContent($"{i}"), Call("same", "count", "i", i)))]);
        await run.Ended();

        Assert.Equal((RunState.Incomplete, "tool-loop", 16), (run.State, run.Problem!.Type, run.Calls.Count));
        // Ids repeat from round to round, and each call has its own result all the same.
        Assert.All(run.Calls, call => Assert.Equal(RunCallState.Done, call.State));
        Assert.StartsWith("0\n\n1\n\n2", run.ReadText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ProviderFailsInALaterRound_KeepsTheText()
    {
        _tools.Add("clock", "12:00");
        var broken = new FakeChatClient();
        broken.Say("It");
        broken.Break(new ProviderException(ProviderFault.Interrupted, "broke"));
        var run = Start(Round(new TextContent("Wait."), Call("c1", "clock")), broken);
        await run.Ended();

        Assert.Equal((RunState.Incomplete, "Wait.\n\nIt"), (run.State, run.ReadText()));
    }

    [Fact]
    public async Task Run_CallsOfClientsToolsBesideOurs_MakesOursAndPassesTheOthersOn()
    {
        _tools.Add("clock", "12:00");
        var run = Start(
            new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("open_door", "Opens it.", JsonElement.Parse("{}"))] },
            Round([Call("c1", "clock"), Call("c2", "open_door")], ChatFinishReason.ToolCalls));
        await run.Ended();

        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal([("clock", RunCallState.Done), ("open_door", RunCallState.Passed)], run.Calls.Select(call => (call.Name, call.State)));
        Assert.Equal(ChatFinishReason.ToolCalls, EventsOf(run).OfType<DoneEvent>().Single().Finish);
        Assert.Single(_asked, model => model.Calls > 0);
    }

    [Fact]
    public async Task Run_WaitForPeople_IsNoPartOfItsTime()
    {
        _tools.Add("send", "sent", ToolApproval.Always);
        var run = Start(Round(Call("c1", "send")), Round(new TextContent("done")));
        await run.Reaches(r => r.Calls is [{ State: RunCallState.Waiting }]);
        _time.Advance(_options.MaxDuration * 2);
        Assert.True(run.TryAnswer(run.Calls[0].ApprovalId!, new ApprovalAnswer(IsApproved: true)));
        await run.Ended();

        Assert.Equal((RunState.Completed, "done"), (run.State, run.ReadText()));
    }

    [Theory]
    [InlineData("""{"city":"Rome"}""", RunState.Completed)]
    [InlineData("""{"city":1}""", RunState.Failed)]
    [InlineData("""{"city":"Ro""", RunState.Failed)]
    public async Task Run_AnswerOfAForm_IsCheckedAsAWholeAndKept(string answer, RunState state)
    {
        _tools.Add("clock", "12:00");
        var schema = JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""");
        var run = Start(
            new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) },
            Round(new TextContent("Let me see."), Call("c1", "clock")), Round(new TextContent(answer[..5]), new TextContent(answer[5..])));
        await run.Ended();

        Assert.Equal((state, state == RunState.Failed ? "invalid-output" : null), (run.State, run.Problem?.Type));
        Assert.Equal($"Let me see.\n\n{answer}", run.ReadText());
    }

    private Run Start(params FakeChatClient[] rounds) => Start(null, rounds);

    private Run Start(ChatOptions? options, params FakeChatClient[] rounds)
    {
        _asked.AddRange(rounds);
        _host = new RunHost(
            new FakeCatalog(new FakeChatClients(rounds)), Options.Create(_options), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance, tools: _tools.Box, toolsOptions: Options.Create(_limits));
        return _host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")], Options = options }).Run;
    }

    private static FakeChatClient Round(params AIContent[] contents) => Round(contents, null);

    private static FakeChatClient Round(AIContent[] contents, ChatFinishReason? finish)
    {
        var model = new FakeChatClient();
        foreach (var content in contents)
        {
            model.Send(content);
        }

        model.Finish(finish);
        return model;
    }

    private static FunctionCallContent Call(string id, string name, string? argument = null, object? value = null) =>
        new(id, name, argument is null ? new Dictionary<string, object?>() : new Dictionary<string, object?> { [argument] = value });

    private static UsageContent Usage(int input, int output) => new(new UsageDetails { InputTokenCount = input, OutputTokenCount = output });

    private static string Words(ChatMessage message) =>
        $"{message.Role}:{(message.Role == ChatRole.Tool ? string.Join(",", message.Contents.OfType<FunctionResultContent>().Select(result => result.Result)) : message.Text)}";

    private static List<RunEvent> EventsOf(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events;
    }
}
