using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatApp.Tests.Runs;

/// <summary>Agents and teams of the settings, and agents that hand over to each other.</summary>
public sealed class NamedAgentsTests : IDisposable
{
    private readonly Dictionary<string, Queue<FakeChatClient>> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _settings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ChatApp:Agents:researcher:Model"] = "m/r",
        ["ChatApp:Agents:researcher:System"] = "You find out.",
        ["ChatApp:Agents:researcher:Tools:0"] = "search",
        ["ChatApp:Agents:researcher:HandOver:0"] = "writer",
        ["ChatApp:Agents:researcher:HandOver:1"] = "lost",
        ["ChatApp:Agents:writer:Model"] = "m/w",
        ["ChatApp:Agents:writer:System"] = "You write.",
        ["ChatApp:Agents:writer:Description"] = "Writes texts",
        ["ChatApp:Agents:writer:Tools"] = "",
        ["ChatApp:Agents:writer:HandOver"] = "researcher",
        ["ChatApp:Agents:lost:Model"] = "down",
        ["ChatApp:Agents:lost:System"] = "You are not there.",
        ["ChatApp:Teams:paper:Agents"] = "researcher,writer",
        ["ChatApp:Teams:both:Agents"] = "researcher,writer",
        ["ChatApp:Teams:both:Mode"] = "parallel",
    };

    private readonly FakeTools _tools = new FakeTools().Add("search", "found").Add("clock", "12:00");
    private readonly List<FakeChatClient> _asked = [];
    private readonly List<ChatOptions?> _options = [];
    private RunHost? _host;

    public void Dispose() => _host?.Dispose();

    [Fact]
    public async Task Agent_OfTheSettings_AnswersUnderItsId()
    {
        Model("m/w", Say("A text."));
        var run = Start("agents/writer");
        await run.Ended();

        Assert.Equal(("agents/writer", RunState.Completed, "A text."), (run.Model, run.State, run.ReadText()));
        Assert.Equal(["writer"], run.Lanes.Select(lane => lane.Agent));
        Assert.Equal(["You write.", "hi"], _asked[0].Asked.Select(message => message.Text));
    }

    [Fact]
    public async Task Team_InTurn_EachReadsTheOneBefore()
    {
        Model("m/r", Say("Facts."));
        Model("m/w", Say("A text."));
        var run = Start("agents/paper");
        await run.Ended();

        Assert.Equal("Facts.\n\nA text.", run.ReadText());
        Assert.Equal(["You write.", "hi", "researcher said:\n\nFacts."], _asked[1].Asked.Select(message => message.Text));
    }

    [Fact]
    public async Task Team_AtOnce_HasALaneEach()
    {
        Model("m/r", Say("Facts."));
        Model("m/w", Say("A text."));
        var run = Start("agents/both");
        await run.Ended();

        Assert.Equal(["researcher", "writer"], run.Lanes.Select(lane => lane.Agent));
        Assert.Equal("Facts.\n\nA text.", run.ReadText());
    }

    [Fact]
    public async Task Request_NamesAConfiguredAgent_TakesWhatItDoesNotSay()
    {
        Model("m/w", Say("A text."));
        var run = Start("m/other", request => request with { Agents = [new AgentRequest("writer", null, "You write verse.")] });
        await run.Ended();

        Assert.Equal(("m/other", "A text."), (run.Model, run.ReadText()));
        Assert.Equal("You write verse.", _asked[0].Asked[0].Text);
    }

    [Theory]
    [InlineData(null, "search,hand_over")]
    [InlineData("clock", "hand_over")]
    [InlineData("clock,search", "search,hand_over")]
    public async Task Agent_WithTools_HasNoMoreThanItsOwnAndThoseSwitchedOn(string? asked, string expected)
    {
        _tools.Add("call", "x");
        Model("m/r", Say("Facts."));
        var run = Start("agents/researcher", request => request with { Tools = asked?.Split(',') });
        await run.Ended();

        Assert.Equal(expected.Split(','), _options[0]!.Tools!.Select(tool => tool.Name));
    }

    [Fact]
    public async Task HandOver_ToAnother_EndsThePartAndBeginsItsOwn()
    {
        Model("m/r", Call("Facts.", "writer", "Write it up."));
        Model("m/w", Say("A text."));
        var run = Start("agents/researcher");
        await run.Ended();

        Assert.Equal((RunState.Completed, "Facts.\n\nA text."), (run.State, run.ReadText()));
        Assert.Equal(["researcher", "writer"], run.Lanes.Select(lane => lane.Agent));
        Assert.Equal("Handed over to writer", run.Calls[0].Result);
        Assert.Equal(["You write.", "hi", "researcher said:\n\nFacts.", "researcher hands over to writer:\n\nWrite it up."], _asked[1].Asked.Select(message => message.Text));
        // One whose model can't be had is not offered.
        Assert.Contains("\"enum\":[\"writer\"]", ((AIFunction)_options[0]!.Tools!.Single(tool => tool.Name == "hand_over")).JsonSchema.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOver_BackAndForth_EndsAtTheMostParts()
    {
        Model("m/r", [.. Enumerable.Range(0, 9).Select(i => Call($"r{i}", "writer", "You."))]);
        Model("m/w", [.. Enumerable.Range(0, 3).Select(i => Call($"w{i}", "researcher", "You.")), Call("last", "researcher", "You."), Say("Done.")]);
        var run = Start("agents/researcher");
        await run.Ended();

        Assert.Equal(
            ["researcher", "writer", "researcher (2)", "writer (2)", "researcher (3)", "writer (3)", "researcher (4)", "writer (4)"], run.Lanes.Select(lane => lane.Agent));
        Assert.Equal(RunState.Completed, run.State);
        Assert.EndsWith("last\n\nDone.", run.ReadText(), StringComparison.Ordinal);
        Assert.Contains("Finish it yourself", run.Calls[^1].Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HandOver_ToNobody_IsAFailureThatTheModelCanMend()
    {
        Model("m/r", Call("", "nobody", "You."), Call("", "writer", "You."));
        Model("m/w", Say("A text."));
        var run = Start("agents/researcher");
        await run.Ended();

        Assert.Equal([RunCallState.Failed, RunCallState.Done], run.Calls.Select(call => call.State));
        Assert.Equal("A text.", run.ReadText());
    }

    [Fact]
    public void Start_UnknownAgent_SaysWhichThereAre()
    {
        var exception = Assert.Throws<UnknownModelException>(() => Start("agents/poet"));

        Assert.Equal("There is no agent 'poet'. There are: agents/lost, agents/researcher, agents/writer, agents/both, agents/paper.", exception.Message);
    }

    [Fact]
    public async Task List_AfterTheModels_HasAgentsAndTeams()
    {
        var models = await Catalog().ListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["fake/model", "agents/lost", "agents/researcher", "agents/writer", "agents/both", "agents/paper"], models.Select(model => model.Id));
        Assert.Equal("Writes texts", models.Single(model => model.Id == "agents/writer").Description);
    }

    [Theory]
    [InlineData("ChatApp:Agents:writer:System", "", "ChatApp:Agents:writer:System is missing")]
    [InlineData("ChatApp:Agents:writer:Sytem", "x", "ChatApp:Agents:writer:Sytem is no setting of an agent")]
    [InlineData("ChatApp:Agents:writer:Model", "agents/lost", "is an agent. Write the id of a model")]
    [InlineData("ChatApp:Agents:writer:HandOver", "poet", "names 'poet', which is no agent")]
    [InlineData("ChatApp:Agents:writer:HandOver", "writer", "names the agent itself")]
    [InlineData("ChatApp:Agents:a/b:System", "x", "without / and brackets")]
    [InlineData("ChatApp:Teams:writer:Agents", "lost", "has the name of an agent")]
    [InlineData("ChatApp:Teams:paper:Agents", "", "must name 1 to 8 agents")]
    [InlineData("ChatApp:Teams:paper:Agents", "poet", "names 'poet'")]
    [InlineData("ChatApp:Teams:paper:Mode", "loud", "neither sequence nor parallel")]
    public void Settings_ThatAreWrong_AreNamed(string key, string value, string problem)
    {
        _settings[key] = value;

        Assert.Contains(problem, new AgentsOptionsValidator().Validate(null, Options()).FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_ThatAreRight_Pass() => Assert.True(new AgentsOptionsValidator().Validate(null, Options()).Succeeded);

    private AgentsOptions Options()
    {
        var options = new AgentsOptions();
        options.Read(new ConfigurationBuilder().AddInMemoryCollection(_settings).Build());
        return options;
    }

    private FakeCatalog Models() => new(id => new Asking(this, id));

    private AgentCatalog Catalog() => new(Microsoft.Extensions.Options.Options.Create(Options()), Models());

    private Run Start(string model, Func<RunRequest, RunRequest>? change = null)
    {
        _host = new RunHost(
            Models(), Microsoft.Extensions.Options.Options.Create(new RunsOptions()), FakeMeters.Create(), new FakeTime(), NullLogger<RunHost>.Instance, tools: _tools.Box, agents: Catalog());
        var request = new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")], Model = model };
        return _host.Start(change?.Invoke(request) ?? request).Run;
    }

    private void Model(string id, params FakeChatClient[] answers) => _models[id] = new Queue<FakeChatClient>(answers);

    private static FakeChatClient Say(string text)
    {
        var model = new FakeChatClient();
        model.Say(text);
        model.Finish();
        return model;
    }

    private static FakeChatClient Call(string text, string agent, string message)
    {
        var model = new FakeChatClient();
        model.Say(text);
        model.Send(new FunctionCallContent("c1", "hand_over", new Dictionary<string, object?> { ["agent"] = agent, ["message"] = message }));
        model.Finish(ChatFinishReason.ToolCalls);
        return model;
    }

    // Each time it is asked, the next answer.
    private sealed class Asking(NamedAgentsTests owner, string id) : IChatClient
    {
        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            lock (owner._asked)
            {
                var model = owner._models[id].Dequeue();
                owner._asked.Add(model);
                owner._options.Add(options);
                return model.GetStreamingResponseAsync(messages, options, cancellationToken);
            }
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
