using ChatApp.Security;
using Microsoft.Extensions.Options;

namespace ChatApp.Conversations;

/// <summary>The conversations of this process, kept in memory until they are the ones unused for longest. One belongs to who made it; for all others there is none of that id.</summary>
public sealed class ConversationBook(IOptions<ConversationsOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string? Owner, string Id), LinkedListNode<Conversation>> _byId = [];
    private readonly LinkedList<Conversation> _byUse = [];

    /// <summary>Makes an empty conversation. It enters the book with <see cref="Add"/>, once something was asked in it: most pages are opened and left.</summary>
    public Conversation Create(Caller caller) => Make(Guid.CreateVersion7(time.GetUtcNow()).ToString("n"), caller);

    /// <summary>Puts a conversation into the book, or notes that it was used.</summary>
    public void Add(Conversation conversation)
    {
        lock (_lock)
        {
            if (Use(conversation.Owner, conversation.Id) is null)
            {
                Enter(conversation);
            }
        }
    }

    /// <summary>The caller's conversation of that id, made if there is none.</summary>
    public Conversation Open(string id, Caller caller)
    {
        lock (_lock)
        {
            return Use(caller.Name, id) ?? Enter(Make(id, caller));
        }
    }

    /// <summary>The caller's conversation of that id.</summary>
    /// <exception cref="UnknownConversationException">There is none, or no longer.</exception>
    public Conversation Get(string id, Caller caller)
    {
        lock (_lock)
        {
            return Use(caller.Name, id) ?? throw new UnknownConversationException();
        }
    }

    private Conversation Make(string id, Caller caller) => new(id, options.Value.ContextTokens, options.Value.KeepTurns) { Owner = caller.Name };

    private Conversation Enter(Conversation conversation)
    {
        _byId[KeyOf(conversation)] = _byUse.AddLast(conversation);
        for (var oldest = _byUse.First; _byUse.Count > options.Value.Keep && oldest is not null; oldest = _byUse.First)
        {
            _byUse.Remove(oldest);
            _byId.Remove(KeyOf(oldest.Value));
        }

        return conversation;
    }

    private static (string? Owner, string Id) KeyOf(Conversation conversation) => (conversation.Owner, conversation.Id);

    private Conversation? Use(string? owner, string id)
    {
        if (!_byId.TryGetValue((owner, id), out var node))
        {
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        return node.Value;
    }
}

/// <summary>There is no conversation of that id, or no longer.</summary>
public sealed class UnknownConversationException() : Exception("There is no such conversation, or no longer.");
