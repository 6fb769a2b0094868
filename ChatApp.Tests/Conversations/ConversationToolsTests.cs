using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatApp.Tests.Conversations;

public sealed class ConversationToolsTests : IAsyncLifetime
{
    private readonly FakeTime _time = new();
    private readonly SeeingModel _model = new();
    private readonly FakeTools _tools = new(FakeTools.Echo("look"), FakeTools.Echo("find"), FakeTools.Echo("send", ToolApproval.Once, isDefault: false));
    private readonly ServiceProvider _services;
    private ChatSession _session = null!;

    public ConversationToolsTests()
    {
        var services = new ServiceCollection();
        services.AddChat(new FakeCatalog(() => _model), _time);
        services.RemoveAll<IToolSource>();
        services.AddSingleton<IToolSource>(_tools);
        _services = services.BuildServiceProvider();
    }

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
    public async Task SendAsync_NothingChosen_OffersTheDefaultTools()
    {
        Assert.Equal(["look", "find"], On());
        await AskAsync();
        Assert.Equal(["look", "find"], _model.Offered);
    }

    [Fact]
    public async Task SwitchToolAsync_BeforeTheFirstQuestion_IsStoredWithIt()
    {
        Assert.True(await _session.SwitchToolAsync("look", isOn: false));
        Assert.True(await _session.SwitchToolAsync("send", isOn: true));
        Assert.Equal(["find", "send"], On());
        await AskAsync();
        Assert.Equal(["find", "send"], _model.Offered);
        Assert.Equal(["find", "send"], On());

        // Another reader of the same conversation, and not another chat.
        using var other = _services.OpenSession();
        Assert.Equal(["look", "find"], other.Tools.Where(choice => choice.IsOn).Select(choice => choice.Tool.Name));
        await other.OpenAsync(_session.Snapshot.ConversationId!);
        Assert.Equal(["find", "send"], other.Tools.Where(choice => choice.IsOn).Select(choice => choice.Tool.Name));
    }

    [Fact]
    public async Task SwitchToolAsync_InAConversation_HoldsFromTheNextQuestionOn()
    {
        await AskAsync();
        Assert.True(await _session.SwitchToolAsync("find", isOn: false));
        Assert.Equal(["look"], On());
        await AskAsync();
        Assert.Equal(["look"], _model.Offered);
        Assert.True(await _session.SwitchToolAsync("find", isOn: true));
        await AskAsync();
        Assert.Equal(["look", "find"], _model.Offered);
        _session.NewChat();
        Assert.Equal(["look", "find"], On());
    }

    [Fact]
    public async Task SendAsync_AChosenToolThatIsGone_IsLeftOut()
    {
        await _session.SwitchToolAsync("send", isOn: true);
        _tools.Tools = [_tools.Tools[0]];
        await AskAsync();
        Assert.Equal(["look"], _model.Offered);
    }

    [Fact]
    public async Task SwitchToolAsync_ManyAtOnce_LosesNone()
    {
        await AskAsync();
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var tab = _services.OpenSession();
            await tab.OpenAsync(_session.Snapshot.ConversationId!);
            return await tab.SwitchToolAsync($"tool{i}", isOn: true);
        }));
        Assert.All(all, Assert.True);
        var row = await _services.GetRequiredService<ConversationStore>().FindAsync(_session.Snapshot.ConversationId!, "");
        Assert.Equal(20, row!.Tools.On.Count);
    }

    [Fact]
    public async Task AnswerCallAsync_YesOnce_HoldsForTheConversation()
    {
        await _session.SwitchToolAsync("send", isOn: true);
        _model.Calls = new FunctionCallContent("c1", "send", new Dictionary<string, object?> { ["text"] = "x" });
        Assert.True(await _session.SendAsync("send it"));
        var turn = _session.Snapshot.Turns[^1];
        await turn.Run!.Reaches(run => run.Calls is [{ State: RunCallState.Waiting }]);
        var id = turn.Run!.Calls[0].ApprovalId!;
        Assert.True(await _session.AnswerCallAsync(turn.Id, id, isApproved: true, reason: null));
        await turn.Run.Reaches(run => run.IsEnded);
        Assert.Equal("send: x", turn.Run.Calls[0].Result);
        Assert.False(await _session.AnswerCallAsync(turn.Id, id, isApproved: false, reason: null));
        Assert.Contains("does not wait any more", _session.Held, StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () => (await _services.GetRequiredService<ConversationStore>().FindAsync(_session.Snapshot.ConversationId!, ""))!.Tools.Approved.Count == 1, "the approval is stored");

        _model.Calls = new FunctionCallContent("c2", "send", new Dictionary<string, object?> { ["text"] = "y" });
        await AskAsync();
        Assert.Equal("send: y", _session.Snapshot.Turns[^1].Run!.Calls[0].Result);
        Assert.Null(_session.Snapshot.Turns[^1].Run!.Calls[0].ApprovalId);

        // Another definition under the same name was approved by nobody.
        _tools.Tools = [FakeTools.Echo("send", ToolApproval.Once, isDefault: true, description: "Sends it to everybody.")];
        _model.Calls = new FunctionCallContent("c3", "send", new Dictionary<string, object?> { ["text"] = "z" });
        Assert.True(await _session.SendAsync("again"));
        await _session.Snapshot.Turns[^1].Run!.Reaches(run => run.Calls is [{ State: RunCallState.Waiting }]);
        Assert.True(await _session.StopAsync());
        Assert.Equal(RunCallState.Cut, _session.Snapshot.Turns[^1].Run!.Calls[0].State);
    }

    private IEnumerable<string> On() => _session.Tools.Where(choice => choice.IsOn).Select(choice => choice.Tool.Name);

    private async Task AskAsync()
    {
        Assert.True(await _session.SendAsync("hi"));
        await _session.Snapshot.Turns[^1].Run!.Reaches(run => run.IsEnded);
        await Eventually.Holds(() => !_session.Snapshot.IsRunning, "the session has seen the end");
    }

    // Notes which tools it is offered, calls once what it is told to, and answers.
    private sealed class SeeingModel : IChatClient
    {
        public IReadOnlyList<string> Offered { get; private set; } = [];

        public FunctionCallContent? Calls { get; set; }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Offered = [.. options?.Tools?.Select(tool => tool.Name) ?? []];
            var call = Calls;
            Calls = null;
            yield return new ChatResponseUpdate(ChatRole.Assistant, call is null ? [new TextContent("done")] : [call]);
            yield return new ChatResponseUpdate { FinishReason = call is null ? ChatFinishReason.Stop : ChatFinishReason.ToolCalls };
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
