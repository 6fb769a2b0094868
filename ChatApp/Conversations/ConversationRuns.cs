using System.Runtime.CompilerServices;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace ChatApp.Conversations;

/// <summary>Asks in conversations: their own messages and the prompt are what the model is sent, and the answer is stored as it comes.</summary>
public sealed class ConversationRuns(
    RunHost host, ConversationBook book, ConversationStore store, RunStore runStore, UsualTools usual, IOptions<ConversationsOptions> conversations, IOptions<RunsOptions> options,
    TimeProvider time)
{
    // Others may add to the conversation between reading and writing.
    private const int Tries = 5;

    private const string GoOn = "Your answer was cut off. Go on exactly where it stops, without repeating any of it and without a word about this.";

    // The running answers that go on for a while at most once nobody reads them. Those of the page are not among them: it reads in another way.
    private readonly ConditionalWeakTable<Run, Run> _leavable = [];

    public RunHost Host => host;

    public ConversationBook Book => book;

    /// <summary>Asks. An answer in the conversation that nobody reads any more is stopped for that: its reader left, and only has not been waited for long enough.</summary>
    /// <exception cref="ConversationBusyException">An answer is being made that is read, or that goes on without a reader.</exception>
    /// <exception cref="UnknownConversationException">There is no such conversation of this caller.</exception>
    /// <exception cref="UnknownMessageException">A message that the question names is not in it.</exception>
    /// <exception cref="StorageException">The database did not take it; nothing was asked.</exception>
    /// <remarks>Otherwise it throws as <see cref="RunHost.Start"/> does.</remarks>
    public async Task<StartedRun> AskAsync(Question question, RunRequest request)
    {
        var mayStop = true;
        for (var left = Tries; ; left--)
        {
            if (host.FindStarted(request.Idempotency) is { } known)
            {
                return known;
            }

            var (started, outcome) = await TryAsync(question, request);
            switch (outcome.Kind)
            {
                case TurnOutcomeKind.Added or TurnOutcomeKind.Repeated when started is not null:
                    await OnStartedAsync(question, request, started);
                    return started;
                case TurnOutcomeKind.Busy when mayStop && FindUnread(outcome.RunId!, request.Caller) is { } unread && !await host.IsReadElsewhereAsync(unread) && host.ReadersOf(unread) == 0:
                    mayStop = false;
                    await host.StopAsync(unread);
                    break;
                case TurnOutcomeKind.Busy:
                    throw new ConversationBusyException(outcome.RunId!);
                case TurnOutcomeKind.NoParent:
                    throw new UnknownMessageException();
                case TurnOutcomeKind.LeafMoved when left > 1:
                    break;
                default:
                    throw new UnknownConversationException();
            }
        }
    }

    /// <summary>Stores a question that no run could be started for, so that what was written is not lost.</summary>
    /// <returns>The question's id.</returns>
    /// <exception cref="StorageException">The database did not take it.</exception>
    public async Task<string?> KeepAsync(Question question, Caller caller)
    {
        for (var left = Tries; left > 0; left--)
        {
            var (conversation, path) = await ReadAsync(question, caller);
            var message = Message(question, path);
            if (message is null)
            {
                return question.AgainId;
            }

            var outcome = await runStore.AddAsync(new NewTurn
            {
                Conversation = conversation,
                MayCreate = question.MayCreate,
                ExpectedLeafId = conversation.LeafId,
                IsBranch = question.IsBranch,
                IsBeside = question.IsBeside,
                Question = message,
            });
            if (outcome.Kind == TurnOutcomeKind.Added)
            {
                await RefreshAsync(question.ConversationId, caller);
                return message.Id;
            }

            if (outcome.Kind != TurnOutcomeKind.LeafMoved)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>A conversation's id that stands for a name of the caller's own choosing: the same name is the same conversation, for this caller alone.</summary>
    /// <param name="space">What the name is of, so that names of two kinds do not meet.</param>
    /// <param name="name">The name.</param>
    /// <param name="caller">Whose.</param>
    public static string IdOf(string space, string name, Caller caller)
    {
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{space}\0{caller.StoredName}\0{name}"));
        return $"{space}-{Convert.ToHexStringLower(hash.AsSpan(0, 16))}";
    }

    private async Task<(StartedRun? Started, TurnOutcome Outcome)> TryAsync(Question question, RunRequest request)
    {
        var (conversation, path) = await ReadAsync(question, request.Caller);
        var message = Message(question, path);
        var answered = message ?? path.LastOrDefault(one => one.Id == question.AgainId) ?? throw new UnknownMessageException();
        var messages = ConversationTurns.Context(message is null ? [.. path.SkipLast(1)] : path, answered.Text, question.System, conversations.Value.ContextTokens);
        var prefix = question.ContinuedId is null ? null : await PrefixAsync(question);
        if (prefix is not null)
        {
            messages.Add(new ChatMessage(ChatRole.Assistant, prefix));
            messages.Add(new ChatMessage(ChatRole.User, GoOn));
        }

        var answer = new MessageRow { Id = book.NewId(), ParentId = answered.Id, Role = MessageRow.Assistant, Text = "", Created = time.GetUtcNow() };
        request = Equip(request, conversation.Tools);
        return await host.StartAsync(
            request with { Messages = messages, ConversationId = conversation.Id, MessageId = answer.Id, Prefix = prefix },
            run => new NewTurn
            {
                Conversation = conversation,
                MayCreate = question.MayCreate,
                ExpectedLeafId = conversation.LeafId,
                IsBranch = question.IsBranch || question.AgainId is not null,
                IsBeside = question.IsBeside,
                Question = message,
                Answer = answer,
                Run = run,
            });
    }

    // With the tools that are chosen in the conversation, where the request names none, and those that need nobody's yes there any more.
    private RunRequest Equip(RunRequest request, ConversationTools tools) => request with
    {
        Tools = request.Tools ?? (tools.IsChoice ? [.. usual.Choices(request.Model, tools).Where(choice => choice.IsOn).Select(choice => choice.Tool.Name)] : null),
        Approved = [.. request.Approved.Union(tools.Approved, StringComparer.Ordinal)],
    };

    // The conversation, and the branch that the question follows. An earlier question that is answered again is the branch's last message.
    private async Task<(ConversationRow Conversation, IReadOnlyList<MessageRow> Path)> ReadAsync(Question question, Caller caller)
    {
        var now = time.GetUtcNow();
        if (await store.FindAsync(question.ConversationId, caller.StoredName) is not { } conversation)
        {
            return !question.MayCreate ? throw new UnknownConversationException() : (
                new ConversationRow
                {
                    Id = question.ConversationId,
                    Owner = caller.StoredName,
                    Title = ConversationTitles.Of(question.Prompt ?? ""),
                    Created = now,
                    Updated = now,
                    Tools = question.Tools,
                },
                []);
        }

        // A new conversation made by hand has no title of its own yet.
        conversation = conversation with { Updated = now, Title = conversation.Title.Length > 0 ? conversation.Title : ConversationTitles.Of(question.Prompt ?? "") };
        var leaf = question.AgainId ?? (question.IsBranch ? question.ParentId : conversation.LeafId);
        if (leaf is null)
        {
            return (conversation, []);
        }

        var path = await store.PathAsync(conversation.Id, leaf, ConversationBook.PageMessages);
        return path.Count > 0 ? (conversation, path) : throw new UnknownMessageException();
    }

    private MessageRow? Message(Question question, IReadOnlyList<MessageRow> path) => question.AgainId is not null ? null : new MessageRow
    {
        Id = book.NewId(),
        ParentId = path is [.., { } last] ? last.Id : null,
        Role = MessageRow.User,
        Text = question.Prompt!,
        Created = time.GetUtcNow(),
    };

    private async Task<string?> PrefixAsync(Question question)
    {
        var path = await store.PathAsync(question.ConversationId, question.ContinuedId, 2);
        return path is [.., { Role: MessageRow.Assistant } cut] && cut.ParentId == question.AgainId ? cut.Text : throw new UnknownMessageException();
    }

    private async Task OnStartedAsync(Question question, RunRequest request, StartedRun started)
    {
        if (!started.Replayed && (request.OnDisconnect ?? options.Value.OnDisconnect) != DisconnectPolicy.Continue)
        {
            _leavable.AddOrUpdate(started.Run, started.Run);
        }

        await RefreshAsync(question.ConversationId, request.Caller);
    }

    // Whoever looks at it here sees it by the time the asker does.
    private async Task RefreshAsync(string id, Caller caller)
    {
        try
        {
            await (book.Find(id, caller)?.RefreshAsync() ?? Task.CompletedTask);
        }
        catch (StorageException)
        {
            // What was asked is asked. Those who look at it are told by the notice, which tries again.
        }
    }

    private Run? FindUnread(string runId, Caller caller) =>
        host.FindOwn(runId, caller) is { } run && _leavable.TryGetValue(run, out _) && host.ReadersOf(run) == 0 ? run : null;
}
