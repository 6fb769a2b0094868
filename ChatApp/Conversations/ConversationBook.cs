using Microsoft.Extensions.Options;

namespace ChatApp.Conversations;

/// <summary>The conversations of this process, kept in memory until they are the ones unused for longest.</summary>
public sealed class ConversationBook(IOptions<ConversationsOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Conversation>> _byId = [];
    private readonly LinkedList<Conversation> _byUse = [];

    /// <summary>Makes an empty conversation. It enters the book with <see cref="Add"/>, once something was asked in it: most pages are opened and left.</summary>
    public Conversation Create() => Make(Guid.CreateVersion7(time.GetUtcNow()).ToString("n"));

    /// <summary>Puts a conversation into the book, or notes that it was used.</summary>
    public void Add(Conversation conversation)
    {
        lock (_lock)
        {
            if (Use(conversation.Id) is null)
            {
                Enter(conversation);
            }
        }
    }

    /// <summary>The conversation of that id, made if there is none.</summary>
    public Conversation Open(string id)
    {
        lock (_lock)
        {
            return Use(id) ?? Enter(Make(id));
        }
    }

    /// <summary>The conversation of that id.</summary>
    /// <exception cref="UnknownConversationException">There is none, or no longer.</exception>
    public Conversation Get(string id)
    {
        lock (_lock)
        {
            return Use(id) ?? throw new UnknownConversationException();
        }
    }

    private Conversation Make(string id) => new(id, options.Value.ContextTokens, options.Value.KeepTurns);

    private Conversation Enter(Conversation conversation)
    {
        _byId[conversation.Id] = _byUse.AddLast(conversation);
        for (var oldest = _byUse.First; _byUse.Count > options.Value.Keep && oldest is not null; oldest = _byUse.First)
        {
            _byUse.Remove(oldest);
            _byId.Remove(oldest.Value.Id);
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
}

/// <summary>There is no conversation of that id, or no longer.</summary>
public sealed class UnknownConversationException() : Exception("There is no such conversation, or no longer.");
