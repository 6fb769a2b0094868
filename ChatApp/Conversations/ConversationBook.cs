using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Storage;
using Microsoft.Extensions.Options;

namespace ChatApp.Conversations;

/// <summary>
/// The conversations that somebody looks at, or has just looked at: each is in memory once, however many look. One belongs to who made it; for all others
/// there is none of that id.
/// </summary>
public sealed partial class ConversationBook : IDisposable
{
    /// <summary>How many messages are shown at first, and come with each step back.</summary>
    internal const int PageMessages = 100;

    // Between two tries to read what changed while the database does not answer.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Conversation>> _byId = [];
    private readonly LinkedList<Conversation> _byUse = [];
    private readonly ConversationStore _store;
    private readonly RunHost _host;
    private readonly ConversationsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ConversationBook> _logger;
    private readonly IDisposable _noticing;
    private DateTimeOffset _lastId;

    public ConversationBook(
        ConversationStore store, RunHost host, StoreNotices notices, IOptions<ConversationsOptions> options, TimeProvider time, ILogger<ConversationBook> logger)
    {
        _store = store;
        _host = host;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _noticing = notices.Subscribe(OnNotice);
    }

    /// <summary>The id of a new conversation or message. Ids sort by time, also those of the same millisecond.</summary>
    public string NewId()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            _lastId = now - _lastId >= Tick ? now : _lastId + Tick;
            return Guid.CreateVersion7(_lastId).ToString("n");
        }
    }

    /// <summary>The caller's conversation of that id, if it is at hand.</summary>
    public Conversation? Find(string id, Caller caller)
    {
        lock (_lock)
        {
            return Use(id) is { IsRead: true, IsGone: false } conversation && conversation.Owner == caller.StoredName ? conversation : null;
        }
    }

    /// <summary>The caller's conversation of that id, read where it is not at hand; null where there is none.</summary>
    /// <exception cref="StorageException">The database can't be read.</exception>
    public async Task<Conversation?> OpenAsync(string id, Caller caller)
    {
        if (Find(id, caller) is { } hand)
        {
            return hand;
        }

        if (await _store.FindAsync(id, caller.StoredName) is not { } row)
        {
            return null;
        }

        Conversation conversation;
        lock (_lock)
        {
            // One that was gone and is back is still looked at by some. Entered first, read second: of a change in between it hears.
            conversation = Use(id) is { } known ? known : Enter(new Conversation(row, PageMessages, ReadAsync));
        }

        await conversation.RefreshAsync();
        return conversation;
    }

    public void Dispose() => _noticing.Dispose();

    private Conversation Enter(Conversation conversation)
    {
        _byId[conversation.Id] = _byUse.AddLast(conversation);
        // One that somebody looks at stays: it would not hear of changes any more.
        for (var oldest = _byUse.First; _byUse.Count > _options.Keep && oldest is not null && oldest.Value != conversation;)
        {
            var next = oldest.Next;
            if (!oldest.Value.IsWatched)
            {
                _byUse.Remove(oldest);
                _byId.Remove(oldest.Value.Id);
            }

            oldest = next;
        }

        return conversation;
    }

    private Conversation? Use(string id)
    {
        if (!_byId.TryGetValue(id, out var node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        return node.Value;
    }

    private async Task<ConversationReading?> ReadAsync(Conversation conversation, int most)
    {
        if (await _store.FindAsync(conversation.Id, conversation.Owner) is not { } row)
        {
            return null;
        }

        // One more than is shown tells whether there are more.
        var path = await _store.PathAsync(row.Id, leafId: null, most + 1);
        var hasEarlier = path.Count > most;
        // A page begins with a question.
        var messages = hasEarlier ? [.. path.Skip(1).SkipWhile(message => message.Role != MessageRow.User)] : path;
        var runs = new Dictionary<string, Run>(StringComparer.Ordinal);
        foreach (var message in messages.Where(message => message.Role != MessageRow.User))
        {
            if (await RunOfAsync(message, conversation) is { } run)
            {
                runs[ConversationTurns.RunId(message)] = run;
            }
        }

        return new ConversationReading(row.Title, [.. messages.Where(message => message.Role == MessageRow.User || runs.ContainsKey(ConversationTurns.RunId(message)))], runs, hasEarlier) { Tools = row.Tools };
    }

    private async ValueTask<Run?> RunOfAsync(MessageRow answer, Conversation conversation)
    {
        var caller = new Caller(conversation.Owner.Length > 0 ? conversation.Owner : null, "");
        var row = answer.Run ?? new RunRow
        {
            // Imported: nobody knows how it was made.
            Id = answer.Id,
            ConversationId = conversation.Id,
            MessageId = answer.Id,
            Owner = conversation.Owner,
            Model = "",
            State = RunState.Completed.ToWire(),
            Node = "",
            Created = answer.Created,
            Text = answer.Text,
        };
        // One that is being made is the same object for all; of one that has ended, the text is enough.
        return _host.FindOwn(row.Id, caller) ?? (RunStateExtensions.Parse(row.State).IsEnded() ? Run.OfText(row with { Text = answer.Text }, _time) : await _host.FindAsync(row.Id, caller));
    }

    private void OnNotice(StoreNotice notice)
    {
        List<Conversation> changed;
        lock (_lock)
        {
            changed = notice.Kind == StoreNoticeKind.Everything ? TakeWatched()
                : notice.Kind == StoreNoticeKind.Conversation && _byId.TryGetValue(notice.Id, out var node) ? [node.Value]
                : [];
        }

        foreach (var conversation in changed)
        {
            // Off the notifier's thread.
            _ = Task.Run(() => RefreshAsync(conversation));
        }
    }

    // What nobody looks at is read again when it is wanted.
    private List<Conversation> TakeWatched()
    {
        foreach (var conversation in _byUse.Where(conversation => !conversation.IsWatched).ToList())
        {
            _byUse.Remove(_byId[conversation.Id]);
            _byId.Remove(conversation.Id);
        }

        return [.. _byUse];
    }

    private async Task RefreshAsync(Conversation conversation)
    {
        for (var pause = TimeSpan.FromSeconds(1); ; pause *= 2)
        {
            try
            {
                await conversation.RefreshAsync();
                return;
            }
            catch (StorageException exception)
            {
                Log.NotRead(_logger, conversation.Id, exception.Fault);
            }

            if (!conversation.IsWatched || pause > LongestPause)
            {
                return;
            }

            await Task.Delay(pause, _time);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Conversation {Id} changed and can't be read now ({Fault}); it is shown as it was")]
        public static partial void NotRead(ILogger logger, string id, StorageFault fault);
    }
}
