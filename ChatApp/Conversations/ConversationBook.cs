using Microsoft.Extensions.Options;

namespace ChatApp.Conversations;

/// <summary>The conversations of this process, kept in memory until they are the ones unused for longest.</summary>
public sealed class ConversationBook(IOptions<ConversationsOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Conversation>> _byId = [];
    private readonly LinkedList<Conversation> _byUse = [];

    /// <summary>Makes an empty conversation. It enters the book.</summary>
    public Conversation Create() => Open(Guid.CreateVersion7(time.GetUtcNow()).ToString("n"));

    /// <summary>The conversation of that id, made if there is none.</summary>
    public Conversation Open(string id)
    {
        lock (_lock)
        {
            if (Use(id) is { } known)
            {
                return known;
            }

            var made = new Conversation(id, options.Value.ContextTokens);
            _byId[id] = _byUse.AddLast(made);
            for (var oldest = _byUse.First; _byUse.Count > options.Value.Keep && oldest is not null; oldest = _byUse.First)
            {
                _byUse.Remove(oldest);
                _byId.Remove(oldest.Value.Id);
            }

            return made;
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
