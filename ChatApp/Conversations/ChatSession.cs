using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Conversations;

/// <summary>
/// What components see of the chat: one for each circuit. It consumes the run being made; it never touches a provider. Runs it started go
/// on when the circuit is gone.
/// </summary>
public sealed class ChatSession : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConversationBook _book;
    private readonly RunHost _host;
    private readonly IModelCatalog _catalog;
    private Conversation _conversation;
    private string _model;
    private IDisposable? _following;

    public ChatSession(ConversationBook book, RunHost host, IModelCatalog catalog, CircuitCaller? caller = null)
    {
        _book = book;
        _host = host;
        _catalog = catalog;
        Caller = caller?.Current ?? Caller.Local;
        _conversation = book.Create(Caller);
        _model = catalog.DefaultModel;
        Snapshot = Take();
    }

    /// <summary>Whose chat it is.</summary>
    public Caller Caller { get; }

    /// <summary>What to show now.</summary>
    public ChatSnapshot Snapshot { get; private set; }

    /// <summary>Raised on any thread whenever something changed, with every piece of text: a listener signals its batcher and returns.</summary>
    public event Action? Changed;

    /// <summary>Asks. Shown at once, also where no answer can be started: then the turn says why.</summary>
    /// <param name="text">What to ask.</param>
    /// <param name="keepsDraft">Whether the writer still has the text where this is refused: then no turn is made of what a limit holds back, and <see cref="Held"/> says why.</param>
    /// <returns>False where it is refused, because it is empty, an answer is being made, or a limit holds it back; the text stays with its writer.</returns>
    public bool Send(string text, bool keepsDraft = false)
    {
        Held = null;
        return !string.IsNullOrWhiteSpace(text) && Begin(turnId: null, text, (conversation, start) => conversation.Ask(text, system: null, start), keepsDraft);
    }

    /// <summary>Why the last <see cref="Send"/> was held back, for people; null where it was not.</summary>
    public string? Held { get; private set; }

    /// <summary>Asks a turn's question again, in place of the answer it has.</summary>
    public void Retry(string turnId)
    {
        if (Snapshot.Turns.Find(turn => turn.Id == turnId) is { } turn)
        {
            Begin(turnId, turn.Prompt, (conversation, start) => conversation.AskAgain(turnId, start));
        }
    }

    /// <summary>Stops the answer being made, if there is one; returns once the connection to its provider is closed.</summary>
    public async Task StopAsync()
    {
        var conversation = _conversation;
        if (conversation.Running is not { } run)
        {
            return;
        }

        var stopped = await _host.StopAsync(run);
        if (!stopped.AlreadyEnded)
        {
            conversation.NoteStop(run, stopped.Took);
        }

        Refresh();
    }

    /// <summary>Begins an empty conversation. An answer being made goes on in the one that is left.</summary>
    public void NewChat()
    {
        lock (_lock)
        {
            _conversation = _book.Create(Caller);
        }

        Refresh();
    }

    /// <summary>Shows a stored conversation at once where this process has it at hand, or an empty chat for null.</summary>
    /// <returns>False where it has to be read first: <see cref="OpenAsync"/>.</returns>
    public bool TryOpen(string? id) => throw new NotSupportedException();

    /// <summary>Shows a stored conversation; where there is none of that id, <see cref="ChatSnapshot.Problem"/> says so.</summary>
    public Task OpenAsync(string id) => throw new NotSupportedException();

    /// <summary>Shows earlier turns of the conversation as well.</summary>
    public Task LoadEarlierAsync() => throw new NotSupportedException();

    /// <summary>Asks. False where it is refused: the text stays with its writer, and <see cref="Held"/> says why.</summary>
    public Task<bool> SendAsync(string text, bool keepsDraft = false) => throw new NotSupportedException();

    /// <summary>Answers a turn's question again; the answer it has stays beside the new one.</summary>
    public Task RegenerateAsync(string turnId) => throw new NotSupportedException();

    /// <summary>Asks another question in a turn's place; the old one stays beside it, with all that followed.</summary>
    public Task<bool> EditAsync(string turnId, string text) => throw new NotSupportedException();

    /// <summary>Goes on with an answer that was cut; the cut one stays beside the new one, which begins with its text.</summary>
    public Task ContinueAsync(string turnId) => throw new NotSupportedException();

    /// <summary>Shows the branch with this question or answer.</summary>
    public Task SelectAsync(string messageId) => throw new NotSupportedException();

    /// <summary>The model the next question goes to.</summary>
    public void PickModel(string id)
    {
        _model = id;
        Refresh();
    }

    /// <summary>The models to offer.</summary>
    public ValueTask<IReadOnlyList<ModelInfo>> ListModelsAsync(CancellationToken cancellationToken) => _catalog.ListAsync(cancellationToken);

    public void Dispose() => _following?.Dispose();

    private bool Begin(string? turnId, string prompt, Action<Conversation, Func<IReadOnlyList<ChatMessage>, Run>> ask, bool keepsDraft = false)
    {
        // Two sends that race meet the conversation's own lock: one asks, the other finds it busy.
        var conversation = _conversation;
        try
        {
            ask(conversation, messages => Start(conversation, messages));
        }
        catch (ConversationBusyException)
        {
            return false;
        }
        catch (OverLimitException exception) when (keepsDraft)
        {
            Held = exception.Message;
            return false;
        }
        catch (Exception exception) when (Refusal(exception) is { } problem)
        {
            conversation.Refuse(turnId, prompt, problem);
        }

        _book.Add(conversation);
        Refresh();
        return true;
    }

    private Run Start(Conversation conversation, IReadOnlyList<ChatMessage> messages)
    {
        var run = _host.Start(new RunRequest
        {
            Messages = messages,
            Model = _model,
            ConversationId = conversation.Id,
            OnDisconnect = DisconnectPolicy.Continue,
            Caller = Caller,
            IsStreamed = false,
        }).Run;
        lock (_lock)
        {
            _following?.Dispose();
            _following = run.Subscribe(OnRunChanged);
        }

        return run;
    }

    private static RunProblem? Refusal(Exception exception) => exception switch
    {
        UnknownModelException => new("unknown-model", "There is no such model", 400, exception.Message),
        ProviderUnavailableException => new("provider-unavailable", "The provider can't be used now", 409, exception.Message),
        OverLimitException over => RunProblem.From(over),
        KeyRemovedException => new("unauthenticated", "An API key is needed", 401, exception.Message),
        ShuttingDownException => new("shutting-down", "The server is shutting down", 503, exception.Message),
        _ => null,
    };

    private void OnRunChanged()
    {
        bool ended;
        lock (_lock)
        {
            ended = Snapshot.IsRunning && _conversation.Running is null;
        }

        if (ended)
        {
            Refresh();
        }
        else
        {
            Changed?.Invoke();
        }
    }

    private void Refresh()
    {
        lock (_lock)
        {
            Snapshot = Take();
        }

        Changed?.Invoke();
    }

    private ChatSnapshot Take() => new()
    {
        Turns = _conversation.Turns,
        Model = _model,
        IsRunning = _conversation.Running is not null,
    };
}
