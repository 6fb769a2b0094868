using ChatApp.Security;
using Microsoft.Extensions.Options;

namespace ChatApp.Conversations;

/// <summary>The conversations of this process, kept in memory until they are the ones unused for longest. One belongs to who made it; for all others there is none of that id.</summary>
public sealed class ConversationBook(IOptions<ConversationsOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string? Owner, string Id), LinkedListNode<Conversation>> _byId = [];
    // For each owner, the longest unused first: nobody's conversations make room for somebody else's.
    private readonly Dictionary<string, LinkedList<Conversation>> _byUse = [];

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
        var own = Of(conversation.Owner);
        _byId[KeyOf(conversation)] = own.AddLast(conversation);
        for (var oldest = own.First; own.Count > options.Value.Keep && oldest is not null; oldest = own.First)
        {
            own.Remove(oldest);
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

        var own = Of(owner);
        own.Remove(node);
        own.AddLast(node);
        return node.Value;
    }

    private LinkedList<Conversation> Of(string? owner)
    {
        // No key has an empty name.
        var name = owner ?? "";
        return _byUse.TryGetValue(name, out var own) ? own : _byUse[name] = [];
    }
}

/// <summary>There is no conversation of that id, or no longer.</summary>
public sealed class UnknownConversationException() : Exception("There is no such conversation, or no longer.");
