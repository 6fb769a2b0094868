using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Runs;

/// <summary>Models that are silent or fail before their first word, and those that take over.</summary>
public sealed class FailOverTests : IDisposable
{
    private readonly Dictionary<string, FakeChatClient> _models = new() { ["a/1"] = new(), ["b/2"] = new(), ["c/3"] = new() };
    private readonly FakeTime _time = new();
    private readonly ModelPaces _paces = new();
    private readonly RunsOptions _options = new();
    private RunHost? _host;

    public FailOverTests() => _options.FailOver.Models = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["a/1"] = ["unknown", "a/1", "b/2", "c/3"], ["down"] = ["b/2"] };

    public void Dispose() => _host?.Dispose();

    [Theory]
    [InlineData(ProviderFault.Error, 500, true)]
    [InlineData(ProviderFault.RateLimited, 429, true)]
    [InlineData(ProviderFault.Protocol, null, true)]
    [InlineData(ProviderFault.Error, 404, true)]
    [InlineData(ProviderFault.Refused, 400, false)]
    [InlineData(ProviderFault.ContextTooLong, 400, false)]
    public async Task Fails_BeforeTheFirstWord_AnotherAnswersWhereThatHelps(ProviderFault fault, int? status, bool passes)
    {
        _models["a/1"].Send(new UsageContent(new UsageDetails { InputTokenCount = 99, OutputTokenCount = 99 }));
        _models["a/1"].Break(new ProviderException(fault, "It broke.") { Status = status });
        Answer("b/2", "Hello");
        var run = Start("a/1");
        await run.Ended();

        Assert.Equal((passes ? RunState.Completed : RunState.Failed, passes ? "Hello" : ""), (run.State, run.ReadText()));
        Assert.Equal(passes ? ("a/1", "b/2", "It broke.") : default, run.FailOver is { } passed ? (passed.From, passed.To, passed.Reason) : default);
        Assert.Equal("a/1", run.Model);
        if (passes)
        {
            // Nothing of the first is in the second's figures.
            Assert.True(run.GetUsage() is { Estimated: true, OutputTokens: < 10 });
        }
    }

    [Fact]
    public async Task Fails_AllOfThem_SaysWhyTheLastOneDid()
    {
        foreach (var (id, model) in _models)
        {
            model.Break(new ProviderException(ProviderFault.Error, $"{id} broke."));
        }

        var run = Start("a/1");
        await run.Ended();

        Assert.Equal((RunState.Failed, "c/3 broke."), (run.State, run.Problem!.Detail));
        Assert.Equal(["a/1 to b/2", "b/2 to c/3"], EventsOf(run).OfType<FailOverEvent>().Select(e => $"{e.From} to {e.To}"));
    }

    [Fact]
    public async Task Fails_AfterTheFirstWord_StaysAsItIs()
    {
        _models["a/1"].Say("Hel");
        _models["a/1"].Break(new ProviderException(ProviderFault.Interrupted, "It broke."));
        var run = Start("a/1");
        await run.Ended();

        Assert.Equal((RunState.Incomplete, "Hel"), (run.State, run.ReadText()));
        Assert.Null(run.FailOver);
    }

    [Fact]
    public async Task Silent_ForTooLong_IsClosedAndAnotherAsked()
    {
        _options.FailOver.After = TimeSpan.FromSeconds(15);
        var run = Start("a/1");
        await Eventually.Holds(() => _models["a/1"].Calls == 1, "the first asked");
        _time.Advance(TimeSpan.FromSeconds(15));
        await Eventually.Holds(() => _models["b/2"].Calls == 1, "the second asked");
        Assert.True(_models["a/1"].Closed.IsCompleted);
        _models["a/1"].Say("late");
        Answer("b/2", "Hello");
        await run.Ended();

        Assert.Equal("Hello", run.ReadText());
        Assert.Equal("a/1 sent no answer within 15 seconds.", run.FailOver!.Reason);
    }

    [Fact]
    public async Task Silent_TheLastOfThem_HasTheWholeTime()
    {
        _options.FailOver.After = TimeSpan.FromSeconds(15);
        var run = Start("c/3");
        await Eventually.Holds(() => _models["c/3"].Calls == 1, "it asked");
        _time.Advance(TimeSpan.FromSeconds(59));
        Answer("c/3", "Hello");
        await run.Ended();

        Assert.Equal((RunState.Completed, null), (run.State, run.FailOver));
    }

    [Fact]
    public async Task Silent_AfterTheFirstWord_TimesOutAsEver()
    {
        _options.FailOver.After = TimeSpan.FromSeconds(15);
        var run = Start("a/1");
        _models["a/1"].Say("Hel");
        await run.Reaches(r => r.TextLength > 0);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(run.IsEnded);
        _time.Advance(TimeSpan.FromSeconds(1));
        await run.Ended();

        Assert.Equal((RunState.Incomplete, "upstream-timeout", null), (run.State, run.Problem!.Type, run.FailOver));
    }

    [Fact]
    public async Task Start_ProviderIsDown_AsksTheOtherFromTheStart()
    {
        Answer("b/2", "Hello");
        var run = Start("down");
        await run.Ended();

        Assert.Equal(("down", "b/2", "The provider is down."), (run.FailOver!.From, run.FailOver.To, run.FailOver.Reason));
        Assert.Equal(("down", "Hello"), (run.Model, run.ReadText()));
    }

    [Fact]
    public void Start_ProviderIsDownAndNobodyStandsIn_Throws()
    {
        _options.FailOver.Models = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["*"] = ["down", "unknown"] };

        Assert.Throws<ProviderUnavailableException>(() => Start("down"));
    }

    [Fact]
    public async Task Stall_SilenceLongerThanUsual_IsToldOnceOfEach()
    {
        var run = Start("c/3");
        await Eventually.Holds(() => _models["c/3"].Calls == 1, "it asked");
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Empty(EventsOf(run).OfType<StallEvent>());
        _time.Advance(TimeSpan.FromSeconds(20));
        await Say(run, "c/3", "a");
        _time.Advance(TimeSpan.FromSeconds(2));
        await Say(run, "c/3", "b");
        _time.Advance(TimeSpan.FromSeconds(30));
        await Say(run, "c/3", "c");
        _models["c/3"].Finish();
        await run.Ended();

        // The second at three times a gap that was two seconds, and varied by one.
        Assert.Equal([3000, 9000], EventsOf(run).OfType<StallEvent>().Select(stall => stall.AfterMs));
    }

    [Fact]
    public async Task Stall_ModelThatIsSlowAsARule_HasLonger()
    {
        for (var i = 0; i < 30; i++)
        {
            _paces.Of("c/3").LearnFirst(10_000);
        }

        var run = Start("c/3");
        await Eventually.Holds(() => _models["c/3"].Calls == 1, "it asked");
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(EventsOf(run).OfType<StallEvent>());
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Single(EventsOf(run).OfType<StallEvent>());
    }

    [Fact]
    public async Task Stall_SwitchedOff_IsNeverTold()
    {
        _options.StallAfter = TimeSpan.Zero;
        var run = Start("c/3");
        await Eventually.Holds(() => _models["c/3"].Calls == 1, "it asked");
        _time.Advance(TimeSpan.FromSeconds(59));

        Assert.Empty(EventsOf(run).OfType<StallEvent>());
    }

    [Fact]
    public void UsualTime_OneSilence_MakesTheNextNoneUsual()
    {
        var usual = default(UsualTime);
        for (var i = 0; i < 100; i++)
        {
            usual.Add(20);
        }

        Assert.InRange(usual.Ms, 19, 21);
        usual.Add(50_000);
        Assert.InRange(usual.Ms, 19, 80);
    }

    [Fact]
    public void Paces_ModelsWithoutEnd_AreBounded()
    {
        var first = _paces.Of("m");
        Assert.Same(first, _paces.Of("m"));
        for (var i = 0; i < 300; i++)
        {
            _paces.Of($"m{i}");
        }

        Assert.NotSame(first, _paces.Of("m"));
    }

    [Fact]
    public void Options_IdsWithColons_AreReadWhole()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ChatApp:Runs:FailOver:Models:openai/gpt-5:0"] = "anthropic/claude-sonnet-4-5",
            ["ChatApp:Runs:FailOver:Models:openai/gpt-5:1"] = "ollama/qwen3:8b",
            ["ChatApp:Runs:FailOver:Models:ollama/qwen3:8b:0"] = "guide/guide",
            ["ChatApp:Runs:FailOver:Models:*"] = "a/1, b/2",
        }).Build();

        Assert.Equal(
            [("*", "a/1 b/2"), ("ollama/qwen3:8b", "guide/guide"), ("openai/gpt-5", "anthropic/claude-sonnet-4-5 ollama/qwen3:8b")],
            FailOverOptions.Read(settings).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, string.Join(' ', pair.Value))));
    }

    private async Task Say(Run run, string model, string text)
    {
        // What comes after the text and is none is seen when the timer is set.
        var sources = run.Sources.Count;
        _models[model].Say(text);
        _models[model].Send(new TextContent("") { Annotations = [new CitationAnnotation { Url = new Uri($"https://example.com/{sources}") }] });
        await run.Reaches(r => r.Sources.Count > sources);
    }

    private void Answer(string model, string text)
    {
        _models[model].Say(text);
        _models[model].Finish();
    }

    private Run Start(string model)
    {
        _host = new RunHost(new FakeCatalog(id => _models[id]), Options.Create(_options), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance, paces: _paces);
        return _host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")], Model = model }).Run;
    }

    private static List<RunEvent> EventsOf(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events;
    }
}
