using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Conversations;

public sealed class ChatSessionTests : IAsyncLifetime
{
    private readonly FakeTime _time = new();
    private readonly List<FakeChatClient> _models = [];
    private readonly ServiceProvider _services;
    private ChatSession _session = null!;

    public ChatSessionTests()
    {
        var services = new ServiceCollection();
        services.AddChat(new FakeCatalog(() => Add()), _time);
        _services = services.BuildServiceProvider();
    }

    private FakeChatClient Add()
    {
        lock (_models)
        {
            _models.Add(new FakeChatClient());
            return _models[^1];
        }
    }

    private Run Running => _session.Snapshot.Turns[^1].Run!;

    public async ValueTask InitializeAsync()
    {
        await _services.StartChatAsync();
        _session = _services.OpenSession();
    }

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task SendAsync_Text_ShowsTheTurnAtOnceAndItsEnd()
    {
        var changes = 0;
        _session.Changed += () => Interlocked.Increment(ref changes);
        Assert.True(await _session.SendAsync("hi"));
        Assert.True(_session.Snapshot.IsRunning);
        Assert.Equal("hi", _session.Snapshot.Turns.Single().Prompt);
        Assert.Equal("hi", _session.Snapshot.Title);

        var before = Volatile.Read(ref changes);
        _models[0].Say("hello");
        await Running.Reaches(r => r.TextLength > 0);
        await Eventually.Holds(() => Volatile.Read(ref changes) > before, "a change for the text");
        _models[0].Finish();
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the end in the snapshot");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public async Task SendAsync_Nothing_IsRefused(string text)
    {
        Assert.False(await _session.SendAsync(text));
        Assert.Empty(_session.Snapshot.Turns);
    }

    [Fact]
    public async Task F08_SendsThatRace_StartOneRun()
    {
        var sent = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => _session.SendAsync($"text {i}"))));

        Assert.Single(sent, ok => ok);
        await Eventually.Holds(() => _models.Any(model => model.Calls > 0), "the one model is asked");
        Assert.Single(_models, model => model.Calls > 0);
        Assert.Single(_session.Snapshot.Turns);
    }

    [Fact]
    public async Task F09_TwoTabsThatSendAtOnce_GetOneRunAndAClearWord()
    {
        await _session.SendAsync("first");
        _models[0].Finish();
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the first answer's end");
        using var other = _services.OpenSession();
        await other.OpenAsync(_session.Snapshot.ConversationId!);
        var sent = await Task.WhenAll(Task.Run(() => _session.SendAsync("here")), Task.Run(() => other.SendAsync("there")));

        Assert.Single(sent, ok => ok);
        Assert.Equal("An answer is being made in this conversation. Wait for it, or stop it.", _session.Held ?? other.Held);
        await Eventually.Holds(() => _session.Snapshot.Turns.Count == 2 && other.Snapshot.Turns.Count == 2, "both show the same two turns");
        Assert.Same(_session.Snapshot.Turns[1].Run, other.Snapshot.Turns[1].Run);
    }

    [Fact]
    public async Task OpenAsync_ConversationWithARunningAnswer_ShowsItFromTheStartAndStopsItForAll()
    {
        await _session.SendAsync("hi");
        _models[0].Say("some text");
        await Running.Reaches(run => run.TextLength == 9);
        using var second = _services.OpenSession();
        Assert.True(second.TryOpen(_session.Snapshot.ConversationId));
        Assert.Equal("some text", second.Snapshot.Turns.Single().Run!.ReadText());
        await second.StopAsync();

        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the stop shows in the first tab");
        Assert.Equal(RunState.Cancelled, Running.State);
    }

    [Fact]
    public async Task OpenAsync_UnknownId_SaysThatThereIsNone()
    {
        Assert.False(_session.TryOpen("nothing"));
        await _session.OpenAsync("nothing");
        Assert.Equal("There is no such conversation, or no longer.", _session.Snapshot.Problem);
        Assert.True(_session.TryOpen(null));
        Assert.Null(_session.Snapshot.Problem);
    }

    [Fact]
    public async Task SendAsync_UnknownModel_KeepsTheTextAndSaysWhy()
    {
        _session.PickModel("unknown");
        Assert.True(await _session.SendAsync("precious"));

        var turn = _session.Snapshot.Turns.Single();
        Assert.Equal(("precious", "unknown-model", null), (turn.Prompt, turn.Refusal?.Type, turn.Run));
        Assert.False(_session.Snapshot.IsRunning);

        _session.PickModel("fake/model");
        await _session.RegenerateAsync(turn.Id);
        Assert.NotNull(_session.Snapshot.Turns.Single().Run);
    }

    [Fact]
    public async Task StopAsync_WhileStreaming_KeepsTheTextAndTheTimeItTook()
    {
        await _session.SendAsync("hi");
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
    public async Task RegenerateAsync_FailedTurn_AsksTheSameAgainBesideIt()
    {
        await _session.SendAsync("hi");
        _models[0].Break();
        await Running.Ended();
        await _session.RegenerateAsync(_session.Snapshot.Turns.Single().Id);

        Assert.Equal(2, _models.Count);
        await Eventually.Holds(() => _models[1].Calls == 1, "the second call");
        Assert.Equal("hi", _models[1].Asked.Single().Text);
        var turn = Assert.Single(_session.Snapshot.Turns);
        Assert.Equal((2, turn.AnswerId), (turn.Answers.Count, turn.Answers[1]));
    }

    [Fact]
    public async Task EditAsync_EarlierQuestion_IsABranchAndSelectGoesBack()
    {
        await AnswerAsync("one", "first");
        await AnswerAsync("two", "second");
        var old = _session.Snapshot.Turns;
        Assert.True(await _session.EditAsync(old[0].Id, "uno"));
        Say(2, "primero");
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the end");

        var edited = Assert.Single(_session.Snapshot.Turns);
        Assert.Equal(("uno", 2, "primero"), (edited.Prompt, edited.Questions.Count, edited.Run!.ReadText()));
        Assert.Equal(["uno"], _models[2].Asked.Select(message => message.Text));
        await _session.SelectAsync(edited.Questions[0]);
        Assert.Equal([("one", "first"), ("two", "second")], _session.Snapshot.Turns.Select(turn => (turn.Prompt, turn.Run!.ReadText())));
    }

    [Fact]
    public async Task ContinueAsync_StoppedAnswer_BeginsWithItsTextAndGoesOn()
    {
        await _session.SendAsync("count");
        _models[0].Say("one, two");
        await Running.Reaches(run => run.TextLength == 8);
        await _session.StopAsync();
        await _session.ContinueAsync(_session.Snapshot.Turns.Single().Id);
        Say(1, ", three");
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the end");

        var turn = _session.Snapshot.Turns.Single();
        Assert.Equal(("one, two, three", 2), (turn.Run!.ReadText(), turn.Answers.Count));
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.User], _models[1].Asked.Select(message => message.Role));
        Assert.Equal("one, two", _models[1].Asked.ElementAt(1).Text);
        Assert.Equal(1, turn.Run.GetMetrics().Tokens);
    }

    [Fact]
    public async Task NewChat_WhileAnswering_LetsTheAnswerGoOn()
    {
        await _session.SendAsync("hi");
        var run = Running;
        _session.NewChat();

        Assert.Empty(_session.Snapshot.Turns);
        Assert.False(_session.Snapshot.IsRunning);
        Assert.False(run.IsEnded);
        Assert.True(await _session.SendAsync("next"));
    }

    [Fact]
    public async Task Dispose_WhileAnswering_LetsTheAnswerGoOnUnheard()
    {
        await _session.SendAsync("hi");
        var run = Running;
        var changes = 0;
        _session.Changed += () => changes++;
        _session.Dispose();
        run.AppendToken(run.Whole, "more", 1);

        Assert.False(run.IsEnded);
        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task P02_Restart_EverythingThatWasShownIsThere()
    {
        await AnswerAsync("one", "first");
        await _session.SendAsync("two");
        _models[1].Say("half an");
        await Running.Reaches(run => run.TextLength == 7);
        var services = new ServiceCollection();
        var path = _services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>()["ChatApp:Storage:Path"];
        var id = _session.Snapshot.ConversationId!;
        var copy = Directory.CreateDirectory(Path.Combine(path!, "copy")).FullName;
        foreach (var file in Directory.GetFiles(path!, "chatapp.db*").Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        services.AddChat(new FakeCatalog(new FakeChatClient()), _time, modelTime: null, ("ChatApp:Storage:Path", copy));
        await using var restarted = services.BuildServiceProvider();
        await restarted.StartChatAsync();
        using var session = restarted.OpenSession();
        await session.OpenAsync(id);

        Assert.Equal([("one", "first", RunState.Completed), ("two", "half an", RunState.Interrupted)], session.Snapshot.Turns.Select(turn => (turn.Prompt, turn.Run!.ReadText(), turn.Run.State)));
        Assert.False(session.Snapshot.IsRunning);
    }

    private async Task AnswerAsync(string question, string answer)
    {
        Assert.True(await _session.SendAsync(question));
        Say(_models.Count - 1, answer);
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the end");
    }

    private void Say(int model, string answer)
    {
        _models[model].Say(answer);
        _models[model].Finish();
    }
}
