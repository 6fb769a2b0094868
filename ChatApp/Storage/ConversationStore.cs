namespace ChatApp.Storage;

/// <summary>Conversations and their messages. A conversation belongs to its owner; for all others there is none of that id.</summary>
public sealed class ConversationStore
{
    /// <summary>Adds an empty conversation.</summary>
    /// <exception cref="StorageException">The database did not take it.</exception>
    public Task AddAsync(ConversationRow conversation) => throw new NotSupportedException();

    /// <summary>The conversation of that id; null where there is none, or it was deleted, or is somebody else's.</summary>
    public Task<ConversationRow?> FindAsync(string id, string owner) => throw new NotSupportedException();

    /// <summary>An owner's conversations, the last used first.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    public Task<IReadOnlyList<ConversationRow>> ListAsync(string owner, int most, ConversationRow? after = null) => throw new NotSupportedException();

    /// <summary>The owner's conversations whose title or messages hold all of the words, or words that begin with them; the best match first.</summary>
    public Task<IReadOnlyList<FoundConversation>> SearchAsync(string owner, string text, int most) => throw new NotSupportedException();

    /// <summary>Gives it another title.</summary>
    /// <returns>False where there is no such conversation.</returns>
    public Task<bool> RenameAsync(string id, string owner, string title) => throw new NotSupportedException();

    /// <summary>Deletes it; for a while <see cref="RestoreAsync"/> brings it back.</summary>
    public Task<bool> DeleteAsync(string id, string owner, DateTimeOffset now) => throw new NotSupportedException();

    /// <summary>Brings back what was deleted.</summary>
    public Task<bool> RestoreAsync(string id, string owner) => throw new NotSupportedException();

    /// <summary>Removes for good what was deleted before <paramref name="before"/>.</summary>
    public Task<int> PurgeAsync(DateTimeOffset before) => throw new NotSupportedException();

    /// <summary>The last messages of a branch, oldest first, with their runs and siblings.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="leafId">The branch's last message; null for the leaf that is shown.</param>
    /// <param name="most">How many at most, counted from the branch's end.</param>
    public Task<IReadOnlyList<MessageRow>> PathAsync(string conversationId, string? leafId, int most) => throw new NotSupportedException();

    /// <summary>Shows the branch that a message is on: the leaf becomes the newest message below it that has none below itself.</summary>
    /// <returns>False where the message is not in a conversation of that id and owner.</returns>
    public Task<bool> SelectAsync(string id, string owner, string messageId) => throw new NotSupportedException();

    /// <summary>Every message of a conversation, parents before their children, with their runs.</summary>
    public Task<IReadOnlyList<MessageRow>> AllAsync(string conversationId) => throw new NotSupportedException();

    /// <summary>Adds a conversation with all its messages, or nothing. The messages come parents first and have no runs.</summary>
    public Task ImportAsync(ConversationRow conversation, IReadOnlyList<MessageRow> messages) => throw new NotSupportedException();
}
