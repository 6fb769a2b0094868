using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>
/// What components see of the chat: one for each circuit. It shows one conversation and consumes the run being made in it; it never touches a provider.
/// Runs it started go on when the circuit is gone.
/// </summary>
public sealed class ChatSession : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConversationRuns _runs;
    private readonly RunJournal _journal;
    private readonly ConversationStore _store;
    private readonly IModelCatalog _catalog;
    private readonly UsualTools _tools;
    private readonly AgentCatalog? _agents;
    private Conversation? _conversation;
    private string _model;
    private string? _loading;
    private string? _problem;
    private ConversationTools _chosen = ConversationTools.None;
    private Run? _followed;
    private IDisposable? _following;
    private int _isSending;
    private int _view;
    private bool _isLeft;

    public ChatSession(
        ConversationRuns runs, RunJournal journal, ConversationStore store, IModelCatalog catalog, UsualTools tools, CircuitCaller? caller = null, AgentCatalog? agents = null)
    {
        _runs = runs;
        _journal = journal;
        _store = store;
        _catalog = catalog;
        _tools = tools;
        _agents = agents;
        Caller = caller?.Current ?? Caller.Local;
        _model = catalog.DefaultModel;
        _journal.DelayChanged += Refresh;
        Snapshot = Take();
    }

    /// <summary>Whose chat it is.</summary>
    public Caller Caller { get; }

    /// <summary>What to show now.</summary>
    public ChatSnapshot Snapshot { get; private set; }

    /// <summary>Why the last <see cref="SendAsync"/> or <see cref="EditAsync"/> was refused, for people; null where the page shows it by itself.</summary>
    public string? Held { get; private set; }

    /// <summary>All tools there are, and which of them the next question is asked with.</summary>
    public IReadOnlyList<ToolChoice> Tools => _tools.Choices(_model, _conversation?.Tools ?? _chosen);

    /// <summary>Raised on any thread whenever something changed, with every piece of text: a listener signals its batcher and returns.</summary>
    public event Action? Changed;

    /// <summary>Shows a stored conversation at once where this process has it at hand, or an empty chat for null.</summary>
    /// <returns>False where it has to be read first: <see cref="OpenAsync"/>.</returns>
    public bool TryOpen(string? id)
    {
        if (id is null ? (_conversation, _loading, _problem) is (null, null, null) : _conversation?.Id == id)
        {
            return true;
        }

        var conversation = id is null ? null : _runs.Book.Find(id, Caller);
        if (id is not null && conversation is null)
        {
            return false;
        }

        Show(conversation);
        return true;
    }

    /// <summary>Shows a stored conversation; where there is none of that id, <see cref="ChatSnapshot.Problem"/> says so.</summary>
    public async Task OpenAsync(string id)
    {
        Show(null, loading: id);
        try
        {
            var conversation = await _runs.Book.OpenAsync(id, Caller);
            if (_loading == id)
            {
                Show(conversation, problem: conversation is null ? "There is no such conversation, or no longer." : null);
            }
        }
        catch (StorageException exception) when (_loading == id)
        {
            Show(null, problem: exception.Message);
        }
        catch (StorageException)
        {
            // Something else is shown by now.
        }
    }

    /// <summary>Begins an empty chat. An answer being made goes on in the conversation that is left.</summary>
    public void NewChat() => Show(null);

    /// <summary>Shows earlier turns of the conversation as well.</summary>
    public Task<bool> LoadEarlierAsync() => TryAsync(() => _conversation?.LoadEarlierAsync() ?? Task.CompletedTask);

    /// <summary>Asks. Where no answer can be started, the question is kept and its turn says why.</summary>
    /// <param name="text">What to ask.</param>
    /// <param name="keepsDraft">Whether the writer still has the text where this is refused: then no turn is made of what a limit holds back, and <see cref="Held"/> says why.</param>
    /// <returns>False where it is refused, because it is empty, an answer is being made, a limit holds it back or it can't be stored; the text stays with its writer.</returns>
    public Task<bool> SendAsync(string text, bool keepsDraft = false)
    {
        Held = null;
        if (_loading is not null || Snapshot.Problem is not null)
        {
            // It would go into another conversation than the one its writer waits for.
            Held = Snapshot.Problem ?? "The conversation is on its way. Send again once it is here.";
            return Task.FromResult(false);
        }

        return string.IsNullOrWhiteSpace(text) ? Task.FromResult(false) : AskAsync(In(_conversation) with { Prompt = text }, keepsDraft);
    }

    /// <summary>Answers a turn's question again; the answer it has stays beside the new one.</summary>
    /// <returns>False where it is refused; <see cref="Held"/> says why.</returns>
    public Task<bool> RegenerateAsync(string turnId) =>
        Find(turnId) is { Prompt.Length: > 0 } turn ? AskAsync(In(_conversation) with { AgainId = turn.Id }, keepsDraft: false) : Task.FromResult(false);

    /// <summary>Asks another question in a turn's place; the old one stays beside it, with all that followed.</summary>
    /// <returns>False where it is refused, as of <see cref="SendAsync"/>.</returns>
    public async Task<bool> EditAsync(string turnId, string text)
    {
        if (string.IsNullOrWhiteSpace(text) || Find(turnId) is null || _conversation is not { } conversation)
        {
            return false;
        }

        Held = null;
        var parent = "";
        var found = await TryAsync(async () => parent = await ParentAsync(conversation, turnId));
        return found && await AskAsync(In(conversation) with { Prompt = text, IsBranch = true, ParentId = parent.Length > 0 ? parent : null }, keepsDraft: true);
    }

    /// <summary>Goes on with an answer that was cut; the cut one stays beside the new one, which begins with its text.</summary>
    /// <returns>False where it is refused; <see cref="Held"/> says why.</returns>
    public Task<bool> ContinueAsync(string turnId) => Find(turnId) is { AnswerId: { } cut, Run: { IsEnded: true, TextLength: > 0 } } turn
        ? AskAsync(In(_conversation) with { AgainId = turn.Id, ContinuedId = cut }, keepsDraft: false)
        : Task.FromResult(false);

    /// <summary>Shows the branch with this question or answer.</summary>
    /// <returns>False where it could not be read; <see cref="Held"/> says why.</returns>
    public Task<bool> SelectAsync(string messageId) => TryAsync(async () =>
    {
        if (_conversation is { } conversation && await _store.SelectAsync(conversation.Id, conversation.Owner, messageId))
        {
            await conversation.RefreshAsync();
        }
    });

    /// <summary>Stops the answer being made, if there is one; returns once the connection to its provider is closed.</summary>
    /// <returns>False where it may go on; <see cref="Held"/> says why.</returns>
    public async Task<bool> StopAsync()
    {
        if (_conversation is not { Running: { } run } conversation)
        {
            return true;
        }

        var isStopped = true;
        isStopped &= await TryAsync(async () =>
        {
            var stopped = await _runs.Host.StopAsync(run);
            if (!stopped.IsSignalled)
            {
                isStopped = false;
                Held = "The server that makes this answer does not reply. It was asked to stop; the answer ends when it hears of it, or is given up.";
            }
            else if (!stopped.AlreadyEnded)
            {
                conversation.NoteStop(run, stopped.Took);
            }
        });
        Refresh();
        return isStopped;
    }

    /// <summary>Switches a tool on or off for the next questions in this conversation. Where it has no question yet, it is stored with the first.</summary>
    /// <returns>False where it is as it was; <see cref="Held"/> says why.</returns>
    public async Task<bool> SwitchToolAsync(string name, bool isOn)
    {
        Held = null;
        if (_conversation is not { } conversation)
        {
            _chosen = _chosen.With(name, isOn);
            Refresh();
            return true;
        }

        var isThere = true;
        var isDone = await TryAsync(async () =>
        {
            isThere = await _store.SetToolsAsync(conversation.Id, conversation.Owner, tools => tools.With(name, isOn));
            await conversation.RefreshAsync();
        });
        Held ??= isThere ? null : "This conversation was deleted.";
        return isDone && isThere;
    }

    /// <summary>Says yes or no to a tool call that waits for it.</summary>
    /// <param name="turnId">The turn whose answer waits.</param>
    /// <param name="approvalId">What is asked, see <see cref="RunCall.ApprovalId"/>.</param>
    /// <param name="isApproved">Yes or no.</param>
    /// <param name="reason">Why, for the model; null for no word about it.</param>
    /// <returns>False where nothing waits for it any more, or it can't be stored; <see cref="Held"/> says why.</returns>
    public async Task<bool> AnswerCallAsync(string turnId, string approvalId, bool isApproved, string? reason)
    {
        Held = null;
        if (Find(turnId)?.Run is not { } run)
        {
            return false;
        }

        var isTaken = false;
        var isDone = await TryAsync(async () => isTaken = await _runs.Host.AnswerAsync(run, approvalId, new ApprovalAnswer(isApproved, reason)));
        Held ??= isTaken ? null : "This call does not wait any more: it was answered elsewhere, nobody answered it in time, or the answer has ended.";
        return isDone && isTaken;
    }

    /// <summary>The model the next question goes to.</summary>
    public void PickModel(string id)
    {
        _model = id;
        Refresh();
    }

    /// <summary>The models to offer, and after them the agents and teams, which are picked by their ids as models are.</summary>
    public ValueTask<IReadOnlyList<ModelInfo>> ListModelsAsync(CancellationToken cancellationToken) => _agents?.ListAsync(cancellationToken) ?? _catalog.ListAsync(cancellationToken);

    public void Dispose()
    {
        _journal.DelayChanged -= Refresh;
        lock (_lock)
        {
            Leave();
            _isLeft = true;
        }
    }

    private async Task<bool> AskAsync(Question question, bool keepsDraft)
    {
        Held = null;
        // A double click in the browser comes as two calls.
        if (Interlocked.Exchange(ref _isSending, 1) == 1)
        {
            return false;
        }

        var view = _view;
        try
        {
            var isSent = false;
            // Asked is asked: that it can't be shown now is no reason to keep the draft.
            var isShown = await TryAsync(async () =>
            {
                isSent = await AskOrKeepAsync(question, keepsDraft);
                var asked = await _runs.Book.OpenAsync(question.ConversationId, Caller);
                if (isSent && _view == view)
                {
                    Show(asked);
                }
            });
            if (isSent && !isShown && _view == view && _conversation is null)
            {
                Show(null, problem: $"Your question is saved, but can't be shown now. {Held}");
            }

            return isSent;
        }
        catch (Exception exception) when (exception is ConversationBusyException or UnknownConversationException or UnknownMessageException || (keepsDraft && exception is OverLimitException))
        {
            Held = exception.Message;
            return false;
        }
        finally
        {
            Volatile.Write(ref _isSending, 0);
        }
    }

    // False where the question is not stored: then its writer keeps it.
    private async Task<bool> AskOrKeepAsync(Question question, bool keepsDraft)
    {
        if (await TryStartAsync(question, keepsDraft) is not { } problem)
        {
            return true;
        }

        if (await _runs.KeepAsync(question, Caller) is not { } kept)
        {
            Held = problem.Detail;
            return false;
        }

        (await _runs.Book.OpenAsync(question.ConversationId, Caller))?.Refuse(kept, problem);
        return true;
    }

    // Why no answer could be started, though the question stands; null where one was.
    private async Task<RunProblem?> TryStartAsync(Question question, bool keepsDraft)
    {
        try
        {
            await _runs.AskAsync(question, new RunRequest
            {
                Messages = [],
                Model = _model,
                OnDisconnect = DisconnectPolicy.Continue,
                Caller = Caller,
                IsStreamed = false,
            });
            return null;
        }
        catch (Exception exception) when (!(keepsDraft && exception is OverLimitException) && RunProblem.FromStart(exception) is { } problem)
        {
            return problem;
        }
    }

    private async Task<string> ParentAsync(Conversation conversation, string messageId)
    {
        var path = await _store.PathAsync(conversation.Id, messageId, 2);
        return path is [.., { } message] ? message.ParentId ?? "" : throw new UnknownMessageException();
    }

    // What the database does not do is said where the writer looks.
    private async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (StorageException exception)
        {
            Held = exception.Message;
            return false;
        }
    }

    private Question In(Conversation? conversation) => new() { ConversationId = conversation?.Id ?? _runs.Book.NewId(), MayCreate = conversation is null, Tools = _chosen };

    private ChatTurn? Find(string turnId) => Snapshot.Turns.Find(turn => turn.Id == turnId);

    private void Show(Conversation? conversation, string? loading = null, string? problem = null)
    {
        lock (_lock)
        {
            if (_isLeft)
            {
                return;
            }

            Leave();
            _view++;
            if (conversation is not null && conversation != _conversation && conversation.Turns.FindLast(turn => turn.Run is { Model.Length: > 0 }) is { Run: { } last })
            {
                // The next question goes where the last one went.
                _model = last.Model;
            }

            (_conversation, _loading, _problem, _chosen) = (conversation, loading, problem, ConversationTools.None);
            if (conversation is not null)
            {
                conversation.Changed += Refresh;
            }
        }

        Refresh();
    }

    private void Leave()
    {
        if (_conversation is not null)
        {
            _conversation.Changed -= Refresh;
        }

        _following?.Dispose();
        (_following, _followed) = (null, null);
    }

    private void OnRunChanged()
    {
        bool ended;
        lock (_lock)
        {
            ended = Snapshot.IsRunning && _conversation?.Running is null;
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
            if (_isLeft)
            {
                return;
            }

            if (_conversation?.Running is { } running && running != _followed)
            {
                // Subscribed before it is shown: nothing falls in between.
                _following?.Dispose();
                (_following, _followed) = (running.Subscribe(OnRunChanged), running);
            }

            Snapshot = Take();
        }

        Changed?.Invoke();
    }

    private ChatSnapshot Take() => new()
    {
        Turns = _conversation?.Turns ?? [],
        Model = _model,
        IsRunning = _conversation?.Running is not null,
        ConversationId = _conversation?.Id,
        Title = _conversation?.Title,
        HasEarlier = _conversation?.HasEarlier ?? false,
        IsLoading = _loading is not null,
        IsSavingDelayed = _journal.IsDelayed,
        Problem = _conversation is { IsGone: true } ? "This conversation was deleted." : _problem,
    };
}
