using Dapper;

namespace ChatApp.Storage;

/// <summary>Conversations and their messages. A conversation belongs to its owner; for all others there is none of that id.</summary>
public sealed class ConversationStore
{
    // In one go over a network.
    private const int ImportedAtOnce = 500;

    private readonly Database _database;
    private readonly StoreNotices _notices;

    internal ConversationStore(Database database, StoreNotices notices)
    {
        _database = database;
        _notices = notices;
    }

    /// <summary>Adds an empty conversation.</summary>
    /// <exception cref="StorageException">The database did not take it.</exception>
    public Task AddAsync(ConversationRow conversation) => ImportAsync(conversation with { LeafId = null }, []);

    /// <summary>The conversation of that id; null where there is none, or it was deleted, or is somebody else's.</summary>
    public Task<ConversationRow?> FindAsync(string id, string owner) => _database.ReadAsync(async connection =>
        (await connection.QueryFirstOrDefaultAsync<ConversationColumns>(
            $"SELECT {ConversationColumns.All} FROM conversations c WHERE c.id = @id AND c.owner = @owner AND c.deleted IS NULL", new { id, owner }))?.Row);

    /// <summary>An owner's conversations, the last used first.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    public Task<IReadOnlyList<ConversationRow>> ListAsync(string owner, int most, ConversationRow? after = null) =>
        _database.ReadAsync<IReadOnlyList<ConversationRow>>(async connection =>
        {
            var rows = await connection.QueryAsync<ConversationColumns>(
                $"""
                SELECT {ConversationColumns.All} FROM conversations c
                WHERE c.owner = @owner AND c.deleted IS NULL {(after is null ? "" : "AND (c.updated, c.id) < (@updated, @id)")}
                ORDER BY c.updated DESC, c.id DESC LIMIT @most
                """,
                new { owner, most, updated = after?.Updated.Ms() ?? 0, id = after?.Id ?? "" });
            return [.. rows.Select(row => row.Row)];
        });

    /// <summary>The owner's conversations whose title or messages hold all of the words, or words that begin with them; the best match first.</summary>
    public Task<IReadOnlyList<FoundConversation>> SearchAsync(string owner, string text, int most)
    {
        var words = SearchWords.Of(text);
        return words.Count == 0 ? Task.FromResult<IReadOnlyList<FoundConversation>>([]) : _database.ReadAsync(connection => Search.RunAsync(connection, _database.Dialect, owner, words, most));
    }

    /// <summary>Gives it another title.</summary>
    /// <returns>False where there is no such conversation.</returns>
    public Task<bool> RenameAsync(string id, string owner, string title) => ChangeAsync(id, owner, transaction =>
    {
        var clean = title.Clean();
        var changed = transaction.Execute("UPDATE conversations SET title = @clean WHERE id = @id AND owner = @owner AND deleted IS NULL", new { clean, id, owner }) > 0;
        if (changed)
        {
            transaction.Dialect.Index(transaction, "conversations", id, clean);
        }

        return changed;
    });

    /// <summary>Changes what its owner has decided about tools in it; of several changes at once, none is lost.</summary>
    /// <returns>False where there is no such conversation.</returns>
    public Task<bool> SetToolsAsync(string id, string owner, Func<ConversationTools, ConversationTools> change) => ChangeAsync(id, owner, list: false, change: transaction =>
    {
        var row = transaction.First<ToolsColumns>(
            $"SELECT id, tools FROM conversations WHERE id = @id AND owner = @owner AND deleted IS NULL {transaction.Dialect.ForUpdate}", new { id, owner });
        if (row is null)
        {
            return false;
        }

        transaction.Execute("UPDATE conversations SET tools = @tools WHERE id = @id", new { tools = change(ConversationTools.FromJson(row.Tools)).ToJson()?.Clean(), id });
        return true;
    });

    /// <summary>Deletes it; for a while <see cref="RestoreAsync"/> brings it back.</summary>
    public Task<bool> DeleteAsync(string id, string owner, DateTimeOffset now) => ChangeAsync(id, owner, transaction =>
        transaction.Execute(
            // Nodes that share a database need not agree on the time.
            $"UPDATE conversations SET deleted = {(transaction.Dialect.IsShared ? transaction.Dialect.Now : "@now")} WHERE id = @id AND owner = @owner AND deleted IS NULL",
            new { now = now.Ms(), id, owner }) > 0);

    /// <summary>Brings back what was deleted.</summary>
    public Task<bool> RestoreAsync(string id, string owner) => ChangeAsync(id, owner, transaction =>
        transaction.Execute("UPDATE conversations SET deleted = NULL WHERE id = @id AND owner = @owner AND deleted IS NOT NULL", new { id, owner }) > 0);

    /// <summary>Removes for good what was deleted before <paramref name="before"/>.</summary>
    public async Task<int> PurgeAsync(DateTimeOffset before)
    {
        // What runs is not removed under its run: its end comes first.
        var purged = 0;
        while (await _database.WriteAsync(transaction =>
        {
            if (transaction.First<string>(
                    $"""
                    SELECT id FROM conversations WHERE deleted < @before
                    AND NOT EXISTS (SELECT 1 FROM runs WHERE conversation_id = conversations.id AND state = 'running') LIMIT 1 {transaction.Dialect.ForUpdate}
                    """,
                    new { before = before.Ms() }) is not { } id)
            {
                transaction.Abandon();
                return false;
            }

            transaction.Execute("DELETE FROM run_events WHERE run IN (SELECT number FROM runs WHERE conversation_id = @id)", new { id });
            transaction.Execute("DELETE FROM attachments WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = @id)", new { id });
            transaction.Execute("DELETE FROM runs WHERE conversation_id = @id", new { id });
            transaction.Execute("DELETE FROM messages WHERE conversation_id = @id", new { id });
            transaction.Execute("DELETE FROM conversations WHERE id = @id", new { id });
            return true;
        }))
        {
            purged++;
        }

        return purged;
    }

    /// <summary>The last messages of a branch, oldest first, with their runs and siblings.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="leafId">The branch's last message; null for the leaf that is shown.</param>
    /// <param name="most">How many at most, counted from the branch's end.</param>
    public Task<IReadOnlyList<MessageRow>> PathAsync(string conversationId, string? leafId, int most) => _database.ReadAsync<IReadOnlyList<MessageRow>>(async connection =>
    {
        var leaf = leafId is null ? "(SELECT leaf_id FROM conversations WHERE id = @conversationId)" : "@leafId";
        var path = $"""
            WITH RECURSIVE path (id, parent_id, depth) AS (
              SELECT id, parent_id, 1 FROM messages WHERE id = {leaf} AND conversation_id = @conversationId AND @most > 0
              UNION ALL
              SELECT m.id, m.parent_id, p.depth + 1 FROM path p JOIN messages m ON m.id = p.parent_id WHERE p.depth < @most)
            """;
        var values = new { conversationId, leafId, most };
        var rows = (await connection.QueryAsync<MessageColumns>(
            $"{path} SELECT {MessageColumns.All} FROM path p JOIN messages m ON m.id = p.id LEFT JOIN runs r ON r.message_id = m.id ORDER BY p.depth DESC", values)).AsList();
        // Asked for after the messages: what was added meanwhile is a sibling more, not one less.
        var siblings = (await connection.QueryAsync<(string Parent, string Id)>(
            $"{path} SELECT s.parent_id, s.id FROM path p JOIN messages s ON s.conversation_id = @conversationId AND s.parent_id = p.parent_id ORDER BY s.id", values))
            .ToLookup(sibling => sibling.Parent, sibling => sibling.Id, StringComparer.Ordinal);
        return [.. rows.Select(row => row.Row(siblings[row.ParentId].ToList()))];
    });

    /// <summary>Shows the branch that a message is on: the leaf becomes the newest message below it that has none below itself.</summary>
    /// <returns>False where the message is not in a conversation of that id and owner.</returns>
    public Task<bool> SelectAsync(string id, string owner, string messageId) => ChangeAsync(id, owner, list: false, change: transaction =>
    {
        var found = transaction.First<string>(
            $"SELECT c.id FROM conversations c WHERE c.id = @id AND c.owner = @owner AND c.deleted IS NULL {transaction.Dialect.ForUpdate}", new { id, owner });
        var leaf = found is null ? null : transaction.First<string>(
            """
            WITH RECURSIVE below (id) AS (
              SELECT id FROM messages WHERE id = @messageId AND conversation_id = @id
              UNION ALL
              SELECT m.id FROM below b JOIN messages m ON m.conversation_id = @id AND m.parent_id = b.id)
            SELECT max(b.id) FROM below b WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = @id AND m.parent_id = b.id)
            """,
            new { id, messageId });
        return leaf is not null && transaction.Execute("UPDATE conversations SET leaf_id = @leaf WHERE id = @id", new { leaf, id }) > 0;
    });

    /// <summary>Every message of a conversation, parents before their children, with their runs.</summary>
    public Task<IReadOnlyList<MessageRow>> AllAsync(string conversationId) => _database.ReadAsync<IReadOnlyList<MessageRow>>(async connection =>
    {
        var rows = await connection.QueryAsync<MessageColumns>(
            $"SELECT {MessageColumns.All} FROM messages m LEFT JOIN runs r ON r.message_id = m.id WHERE m.conversation_id = @conversationId ORDER BY m.number", new { conversationId });
        return [.. rows.Select(row => row.Row())];
    });

    /// <summary>Adds a conversation with all its messages, or nothing. The messages come parents first and have no runs.</summary>
    public async Task ImportAsync(ConversationRow conversation, IReadOnlyList<MessageRow> messages)
    {
        await _database.WriteAsync(transaction =>
        {
            if (!transaction.Add(conversation))
            {
                throw new StorageException(StorageFault.Failed, "There is a conversation of the same id already.");
            }

            foreach (var some in messages.Chunk(ImportedAtOnce))
            {
                foreach (var message in some)
                {
                    transaction.AddLater(conversation.Id, message);
                }

                transaction.Flush();
            }

            return true;
        });
        _notices.Publish(new StoreNotice(StoreNoticeKind.Conversation, conversation.Id));
        _notices.Publish(new StoreNotice(StoreNoticeKind.List, conversation.Owner));
    }

    private async Task<bool> ChangeAsync(string id, string owner, Func<WriteTransaction, bool> change, bool list = true)
    {
        var changed = await _database.WriteAsync(change);
        if (changed)
        {
            _notices.Publish(new StoreNotice(StoreNoticeKind.Conversation, id));
            if (list)
            {
                _notices.Publish(new StoreNotice(StoreNoticeKind.List, owner));
            }
        }

        return changed;
    }

    private sealed class ToolsColumns
    {
        public string Id { get; set; } = "";

        public string? Tools { get; set; }
    }
}
