namespace ChatApp.Storage;

/// <summary>Rows that more than one store adds.</summary>
internal static class Inserts
{
    /// <returns>False where there is a conversation of that id.</returns>
    public static bool Add(this WriteTransaction transaction, ConversationRow row)
    {
        var title = row.Title.Clean();
        var added = transaction.Execute(
            """
            INSERT INTO conversations (id, owner, title, created, updated, leaf_id, tools) VALUES (@Id, @Owner, @title, @created, @updated, @LeafId, @tools)
            ON CONFLICT (id) DO NOTHING
            """,
            new { row.Id, row.Owner, title, created = row.Created.Ms(), updated = row.Updated.Ms(), row.LeafId, tools = row.Tools.ToJson()?.Clean() });
        if (added > 0)
        {
            transaction.Dialect.Index(transaction, "conversations", row.Id, title);
        }

        return added > 0;
    }

    /// <summary>Adds a message with the next <see cref="WriteTransaction.Flush"/>.</summary>
    public static void AddLater(this WriteTransaction transaction, string conversationId, MessageRow row)
    {
        var text = row.Text.Clean();
        transaction.ExecuteLater(
            "INSERT INTO messages (id, conversation_id, parent_id, role, text, created) VALUES (@id, @conversation, @parent, @role, @text, @created)",
            ("id", row.Id), ("conversation", conversationId), ("parent", row.ParentId ?? ""), ("role", row.Role), ("text", text), ("created", row.Created.Ms()));
        if (text.Length > 0)
        {
            transaction.Dialect.Index(transaction, "messages", row.Id, text);
        }
    }

    public static void Add(this WriteTransaction transaction, RunRow row) => transaction.Execute(
        """
        INSERT INTO runs (id, conversation_id, message_id, owner, model, state, node, created, seq, reasoning, ending, has_events, stop_asked, idempotency_key, fingerprint)
        VALUES (@Id, @ConversationId, @MessageId, @Owner, @Model, @State, @Node, @created, @Seq, @reasoning, @ending, @events, 0, @IdempotencyKey, @Fingerprint)
        """,
        new
        {
            row.Id,
            row.ConversationId,
            row.MessageId,
            row.Owner,
            row.Model,
            row.State,
            row.Node,
            created = row.Created.Ms(),
            row.Seq,
            reasoning = row.Reasoning.Clean(),
            ending = row.Ending?.Clean(),
            events = row.HasEvents ? 1 : 0,
            row.IdempotencyKey,
            row.Fingerprint,
        });
}
