using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Conversations;

public sealed class ChatSessionTests : IDisposable
{
    private readonly FakeTime _time = new();
    private readonly List<FakeChatClient> _models = [];
    private readonly RunHost _host;
    private readonly ConversationBook _book;
    private readonly ChatSession _session;

    public ChatSessionTests()
    {
        var catalog = new FakeCatalog(() =>
        {
            _models.Add(new FakeChatClient());
            return _models[^1];
        });
        _host = new RunHost(catalog, Options.Create(new RunsOptions()), FakeMeters.Create(), _time, NullLogger<RunHost>.Instance);
        _book = new ConversationBook(Options.Create(new ConversationsOptions { Keep = 1 }), _time);
        _session = new ChatSession(_book, _host, catalog);
    }

    public void Dispose()
    {
        _session.Dispose();
        _host.Dispose();
    }

    private Run Running => _session.Snapshot.Turns[^1].Run!;

    [Fact]
    public async Task Send_Text_ShowsTheTurnAtOnceAndItsEnd()
    {
        var changes = 0;
        _session.Changed += () => Interlocked.Increment(ref changes);
        Assert.True(_session.Send("hi"));
        Assert.True(_session.Snapshot.IsRunning);
        Assert.Equal("hi", _session.Snapshot.Turns.Single().Prompt);

        var before = Volatile.Read(ref changes);
        _models[0].Say("hello");
        await Running.Reaches(r => r.TextLength > 0);
        await Eventually.Holds(() => Volatile.Read(ref changes) > before, "a change for the text");
        _models[0].Finish();
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the end in the snapshot");
    }

    [Fact]
    public void Page_OpenedAndLeft_TakesNoPlaceInTheBook()
    {
        _book.Open("kept", Caller.Local);
        using var other = new ChatSession(_book, _host, new FakeCatalog(new FakeChatClient()));
        other.NewChat();
        _book.Get("kept", Caller.Local);

        other.Send("hi");
        Assert.Throws<UnknownConversationException>(() => _book.Get("kept", Caller.Local));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public void Send_Nothing_IsRefused(string text)
    {
        Assert.False(_session.Send(text));
        Assert.Empty(_session.Snapshot.Turns);
    }

    [Fact]
    public async Task F08_SendsThatRace_StartOneRun()
    {
        var sent = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => _session.Send($"text {i}"))));

        Assert.Single(sent, ok => ok);
        Assert.Single(_models);
        Assert.Single(_session.Snapshot.Turns);
    }

    [Fact]
    public void Send_UnknownModel_KeepsTheTextAndSaysWhy()
    {
        _session.PickModel("unknown");
        Assert.True(_session.Send("precious"));

        var turn = _session.Snapshot.Turns.Single();
        Assert.Equal(("precious", "unknown-model", null), (turn.Prompt, turn.Refusal?.Type, turn.Run));
        Assert.False(_session.Snapshot.IsRunning);

        _session.PickModel("fake/model");
        _session.Retry(turn.Id);
        Assert.NotNull(_session.Snapshot.Turns.Single().Run);
    }

    [Fact]
    public async Task StopAsync_WhileStreaming_KeepsTheTextAndTheTimeItTook()
    {
        _session.Send("hi");
        _models[0].Say("some");
        await Running.Reaches(r => r.TextLength == 4);
        await _session.StopAsync();

        var turn = _session.Snapshot.Turns.Single();
        Assert.Equal((RunState.Cancelled, "some"), (turn.Run!.State, turn.Run.ReadText()));
        Assert.NotNull(turn.StopTook);
        Assert.False(_session.Snapshot.IsRunning);
        Assert.True(_models[0].Closed.IsCompleted);
    }

    [Fact]
    public async Task Retry_FailedTurn_AsksTheSameAgain()
    {
        _session.Send("hi");
        _models[0].Break();
        await Running.Ended();
        _session.Retry(_session.Snapshot.Turns.Single().Id);

        Assert.Equal(2, _models.Count);
        await Eventually.Holds(() => _models[1].Calls == 1, "the second call");
        Assert.Equal("hi", _models[1].Asked.Single().Text);
        Assert.Single(_session.Snapshot.Turns);
    }

    [Fact]
    public void NewChat_WhileAnswering_LetsTheAnswerGoOn()
    {
        _session.Send("hi");
        var run = Running;
        _session.NewChat();

        Assert.Empty(_session.Snapshot.Turns);
        Assert.False(_session.Snapshot.IsRunning);
        Assert.False(run.IsEnded);
        Assert.True(_session.Send("next"));
    }

    [Fact]
    public void Dispose_WhileAnswering_LetsTheAnswerGoOnUnheard()
    {
        _session.Send("hi");
        var run = Running;
        var changes = 0;
        _session.Changed += () => changes++;
        _session.Dispose();
        run.AppendToken(run.Whole, "more", 1);

        Assert.False(run.IsEnded);
        Assert.Equal(0, changes);
    }
}
