using Dapper;

namespace ChatApp.Storage;

/// <summary>Runs and their events.</summary>
public sealed partial class RunStore
{
    private const string Running = "running";

    // Ids in one statement.
    private const int MostAsked = 1000;

    private readonly Database _database;
    private readonly StoreNotices _notices;
    private readonly NodeStore _nodes;

    internal RunStore(Database database, StoreNotices notices, NodeStore nodes)
    {
        _database = database;
        _notices = notices;
        _nodes = nodes;
    }

    /// <summary>Adds a turn to a conversation, and the run that answers it, as one step; of several that race for the same place, one succeeds.</summary>
    /// <exception cref="StorageException">The database did not take it.</exception>
    public async Task<TurnOutcome> AddAsync(NewTurn turn)
    {
        var outcome = await _database.WriteAsync(transaction =>
        {
            var result = Add(transaction, turn);
            if (result.Kind != TurnOutcomeKind.Added)
            {
                transaction.Abandon();
            }

            return result;
        });
        if (outcome.Kind == TurnOutcomeKind.Added)
        {
            _notices.Publish(new StoreNotice(StoreNoticeKind.Conversation, turn.Conversation.Id));
            _notices.Publish(new StoreNotice(StoreNoticeKind.List, turn.Conversation.Owner));
        }

        return outcome;
    }

    /// <summary>
    /// Stores events of many runs as one step. It may be repeated after a failure whose outcome is unknown, also with more events than before.
    /// </summary>
    /// <returns>The ids of the runs of which nothing was taken, since they are not this node's any more, or had ended before in another way.</returns>
    /// <exception cref="StorageException">Nothing was stored, as far as is known.</exception>
    public Task<IReadOnlyList<string>> CommitAsync(IReadOnlyList<RunBatch> batches) => CommitAsync(batches, areOrphans: false);

    /// <summary>Ends a run that nobody makes: its node is no more, or is this one and knows nothing of it.</summary>
    /// <returns>False where it had ended, or somebody makes it.</returns>
    /// <exception cref="StorageException">Nothing was stored, as far as is known.</exception>
    public async Task<bool> EndOrphanAsync(RunBatch last) => await CommitAsync([last], areOrphans: true) is [];

    private async Task<IReadOnlyList<string>> CommitAsync(IReadOnlyList<RunBatch> batches, bool areOrphans)
    {
        if (batches.Count == 0)
        {
            return [];
        }

        var (refused, ended) = await _database.WriteAsync(transaction => Commit(transaction, batches, areOrphans), areOrphans ? null : Dialect.EventsWait, isUrgent: true);
        if (_nodes.IsShared)
        {
            foreach (var run in batches.Select(batch => batch.RunId).Distinct(StringComparer.Ordinal))
            {
                _notices.Publish(new StoreNotice(StoreNoticeKind.Run, run));
            }
        }

        foreach (var (conversation, owner) in ended.Distinct())
        {
            _notices.Publish(new StoreNotice(StoreNoticeKind.Conversation, conversation));
            _notices.Publish(new StoreNotice(StoreNoticeKind.List, owner));
        }

        return refused;
    }

    /// <summary>The run of that id; null where there is none, or its conversation was removed.</summary>
    public Task<RunRow?> FindAsync(string id) => OneAsync("r.id = @value AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = r.conversation_id AND c.deleted IS NULL)", id);

    /// <summary>The run that was started with that idempotency key.</summary>
    public Task<RunRow?> FindByKeyAsync(string key) => OneAsync("r.idempotency_key = @value", key);

    /// <summary>The stored pieces that hold events after <paramref name="after"/>, in order; the first may begin before that.</summary>
    public Task<IReadOnlyList<RunBatch>> ReadAsync(string runId, long after) => _database.ReadAsync<IReadOnlyList<RunBatch>>(async connection =>
    {
        var rows = await connection.QueryAsync<EventColumns>(
            """
            SELECT e.first_seq AS FirstSeq, e.last_seq AS LastSeq, e.data FROM run_events e
            WHERE e.run = (SELECT number FROM runs WHERE id = @runId) AND e.last_seq > @after
              -- The piece that holds the next event and those behind it, and not all before it: the key is of the first number.
              AND e.first_seq >= COALESCE((
                SELECT max(x.first_seq) FROM run_events x WHERE x.run = (SELECT number FROM runs WHERE id = @runId) AND x.first_seq <= @after + 1), 0)
            ORDER BY e.first_seq
            """,
            new { runId, after });
        var batches = new List<RunBatch>();
        foreach (var row in rows)
        {
            // A commit that was repeated with more events may have left the end of its first try behind.
            if (batches.Count == 0 || row.LastSeq > batches[^1].LastSeq)
            {
                batches.Add(new RunBatch(runId, row.FirstSeq, row.LastSeq, row.Data));
            }
        }

        return batches;
    });

    /// <summary>Runs that are marked as running and belong to a node that is no more; not those that are parked.</summary>
    public Task<IReadOnlyList<RunRow>> OrphansAsync(int most) => _database.ReadAsync<IReadOnlyList<RunRow>>(async connection =>
    {
        var rows = await connection.QueryAsync<RunColumns>(
            $"""
            SELECT {RunColumns.All}, r.request FROM runs r JOIN messages m ON m.id = r.message_id
            WHERE r.state = 'running' AND (r.node <> '{Nobody}' OR r.stop_asked = 1) AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = r.node) ORDER BY r.number LIMIT @most
            """,
            new { most });
        return [.. rows.Select(row => row.Row)];
    });

    /// <summary>Asks the node that makes the run to stop it.</summary>
    /// <returns>False where it is not running.</returns>
    public async Task<bool> AskStopAsync(string runId)
    {
        var asked = await _database.WriteAsync(transaction => transaction.Execute("UPDATE runs SET stop_asked = 1 WHERE id = @runId AND state = 'running'", new { runId }) > 0);
        if (asked)
        {
            _notices.Publish(new StoreNotice(StoreNoticeKind.Stop, runId));
        }

        return asked;
    }

    /// <summary>The running runs of this node that somebody asked to stop.</summary>
    public Task<IReadOnlyList<string>> AskedToStopAsync() => _database.ReadAsync<IReadOnlyList<string>>(async connection =>
        [.. await connection.QueryAsync<string>("SELECT id FROM runs WHERE state = 'running' AND stop_asked = 1 AND node = @node", new { node = _nodes.Id })]);

    /// <summary>The runs that this node is said to make.</summary>
    public Task<IReadOnlyList<RunRow>> OwnAsync() => _database.ReadAsync<IReadOnlyList<RunRow>>(async connection =>
    {
        var rows = await connection.QueryAsync<RunColumns>(
            $"SELECT {RunColumns.All}, r.request FROM runs r JOIN messages m ON m.id = r.message_id WHERE r.state = 'running' AND r.node = @node", new { node = _nodes.Id });
        return [.. rows.Select(row => row.Row)];
    });

    /// <summary>The state of a run, whether or not its conversation was deleted; null where there is none.</summary>
    public Task<string?> StateAsync(string runId) => _database.ReadAsync(connection => connection.QueryFirstOrDefaultAsync<string?>("SELECT state FROM runs WHERE id = @runId", new { runId }));

    /// <summary>Says that somebody reads a run here that another node makes.</summary>
    public Task WatchAsync(string runId) => _database.WriteAsync(transaction =>
        transaction.Execute($"UPDATE runs SET watched = {transaction.Dialect.Now} WHERE id = @runId AND state = 'running'", new { runId }));

    /// <summary>Whether somebody read the run at another node within the last <paramref name="span"/>, by the database's clock.</summary>
    public Task<bool> IsWatchedAsync(string runId, TimeSpan span) => _database.ReadAsync(async connection =>
        await connection.QueryFirstAsync<long>(
            $"SELECT count(*) FROM runs WHERE id = @runId AND watched > {_database.Dialect.Now} - @span", new { runId, span = (long)span.TotalMilliseconds }) > 0);

    /// <summary>Removes the events of runs that ended before <paramref name="before"/>, at most <paramref name="most"/> runs'; their text stays.</summary>
    public Task<int> PruneAsync(DateTimeOffset before, int most) => _database.WriteAsync(transaction =>
    {
        var runs = transaction.Query<long>(
            $"SELECT number FROM runs WHERE state <> 'running' AND has_events = 1 AND ended < @before ORDER BY ended LIMIT @most {transaction.Dialect.ForUpdate}",
            new { before = before.Ms(), most });
        foreach (var run in runs)
        {
            transaction.Execute("DELETE FROM run_events WHERE run = @run", new { run });
            transaction.Execute("UPDATE runs SET has_events = 0 WHERE number = @run", new { run });
        }

        return runs.Count;
    });

    private Task<RunRow?> OneAsync(string condition, string value) => _database.ReadAsync(async connection =>
        (await connection.QueryFirstOrDefaultAsync<RunColumns>($"SELECT {RunColumns.All} FROM runs r JOIN messages m ON m.id = r.message_id WHERE {condition}", new { value }))?.Row);

    private static TurnOutcome Add(WriteTransaction transaction, NewTurn turn)
    {
        var row = turn.Conversation;
        var first = turn.Question ?? turn.Answer ?? throw new ArgumentException("A turn has a question or an answer.", nameof(turn));
        var last = turn.Answer ?? first;
        if (turn.Run is { } making)
        {
            CheckNode(transaction, making.Node);
        }

        var place = Lock(transaction, row.Id);
        // After the lock: whoever held it may have stored the same request.
        if (turn.Run?.IdempotencyKey is { } key
            && transaction.First<Started>("SELECT id, fingerprint FROM runs WHERE idempotency_key = @key", new { key }) is { } before)
        {
            return new TurnOutcome(TurnOutcomeKind.Repeated, before.Id, before.Fingerprint);
        }

        if (place is null && turn.MayCreate)
        {
            if (!transaction.Add(row with { LeafId = null }))
            {
                // Another node was quicker, and has committed it by now.
                return Add(transaction, turn);
            }

            place = new Place { Owner = row.Owner, Title = row.Title };
        }

        if (place is null || place.Deleted is not null || !place.Owner.Equals(row.Owner, StringComparison.Ordinal))
        {
            return new TurnOutcome(TurnOutcomeKind.NoConversation);
        }

        if (first.ParentId is { } parent
            && transaction.First<long>("SELECT count(*) FROM messages WHERE id = @parent AND conversation_id = @conversation", new { parent, conversation = row.Id }) == 0)
        {
            return new TurnOutcome(TurnOutcomeKind.NoParent);
        }

        if (!turn.IsBeside && place.LeafId is { } leaf
            && transaction.First<string>("SELECT id FROM runs WHERE message_id = @leaf AND state = 'running'", new { leaf }) is { } running)
        {
            return new TurnOutcome(TurnOutcomeKind.Busy, running);
        }

        if (!turn.IsBranch && !string.Equals(place.LeafId, turn.ExpectedLeafId, StringComparison.Ordinal))
        {
            return new TurnOutcome(TurnOutcomeKind.LeafMoved);
        }

        if (turn.Question is { } question)
        {
            transaction.AddLater(row.Id, question);
        }

        if (turn.Answer is { } answer)
        {
            transaction.AddLater(row.Id, answer);
        }

        transaction.Flush();

        if (turn.Run is { } run)
        {
            transaction.Add(run);
        }

        if (place.Title.Length == 0 && row.Title.Length > 0)
        {
            // Made empty: what is asked first gives it its name.
            transaction.Execute("UPDATE conversations SET title = @title WHERE id = @id", new { title = row.Title.Clean(), id = row.Id });
            transaction.Dialect.Index(transaction, "conversations", row.Id, row.Title.Clean());
        }

        transaction.Execute("UPDATE conversations SET leaf_id = @leaf, updated = @updated WHERE id = @id", new { leaf = last.Id, updated = row.Updated.Ms(), id = row.Id });
        return new TurnOutcome(TurnOutcomeKind.Added);
    }

    private static Place? Lock(WriteTransaction transaction, string id) =>
        transaction.First<Place>($"SELECT owner, deleted, leaf_id AS LeafId, title FROM conversations WHERE id = @id {transaction.Dialect.ForUpdate}", new { id });

    // Whoever takes a node for dead deletes its row, and waits for us meanwhile.
    private static void CheckNode(WriteTransaction transaction, string node)
    {
        if (transaction.Dialect.IsShared && transaction.First<string>($"SELECT id FROM nodes WHERE id = @node {transaction.Dialect.ForShare}", new { node }) is null)
        {
            throw new StorageException(StorageFault.Fenced, "This server was silent for longer than its lease, and its answers were taken for interrupted. It registers again by itself.");
        }
    }

    private (IReadOnlyList<string> Refused, IReadOnlyList<(string Conversation, string Owner)> Ended) Commit(
        WriteTransaction transaction, IReadOnlyList<RunBatch> batches, bool areOrphans)
    {
        CheckNode(transaction, _nodes.Id);
        var refused = new List<string>();
        var ended = new List<(string, string)>();
        var ends = batches.Where(batch => batch.End is not null).OrderBy(batch => batch.RunId, StringComparer.Ordinal).ToList();
        var found = new Dictionary<string, Ending>(StringComparer.Ordinal);
        foreach (var ids in ends.Select(batch => batch.RunId).Chunk(MostAsked))
        {
            // One by one: Dapper gives a list to Npgsql as one value, which IN does not take.
            var values = new DynamicParameters();
            for (var i = 0; i < ids.Length; i++)
            {
                values.Add($"id{i}", ids[i]);
            }

            foreach (var run in transaction.Query<Ending>(
                $"""
                SELECT id, number, conversation_id AS ConversationId, message_id AS MessageId, owner, node, state, seq, CASE WHEN request IS NULL THEN 0 ELSE 1 END AS HasRequest FROM runs
                WHERE id IN ({string.Join(", ", ids.Select((_, i) => $"@id{i}"))}) ORDER BY id {transaction.Dialect.ForUpdate}
                """,
                values))
            {
                found[run.Id] = run;
            }
        }

        foreach (var batch in ends)
        {
            if (!found.TryGetValue(batch.RunId, out var run))
            {
                refused.Add(batch.RunId);
            }
            else if (run.State.Equals(Running, StringComparison.Ordinal))
            {
                if (!run.Node.Equals(_nodes.Id, StringComparison.Ordinal) && !(areOrphans && IsGone(transaction, run.Node)))
                {
                    refused.Add(batch.RunId);
                    continue;
                }

                End(transaction, run, batch, batch.End!);
                (run.State, run.Seq) = (batch.End!.State, batch.LastSeq);
                ended.Add((run.ConversationId, run.Owner));
            }
            else if (!run.State.Equals(batch.End!.State, StringComparison.Ordinal) || run.Seq != batch.LastSeq)
            {
                // The same end is our own, of an attempt whose answer was lost.
                refused.Add(batch.RunId);
            }
        }

        transaction.Flush();

        // What ends here is stored as a whole. Of a piece that comes twice the longer one counts.
        var whole = ends.Select(batch => batch.RunId).ToHashSet(StringComparer.Ordinal);
        var events = new Dictionary<(string, long), RunBatch>(batches.Count);
        foreach (var batch in batches)
        {
            if (!whole.Contains(batch.RunId) && (!events.TryGetValue((batch.RunId, batch.FirstSeq), out var same) || same.LastSeq < batch.LastSeq))
            {
                events[(batch.RunId, batch.FirstSeq)] = batch;
            }
        }

        if (events.Count > 0 && transaction.Dialect.InsertEvents(transaction, events.Values, _nodes.Id) < events.Count)
        {
            // Either a commit that is repeated, or runs that are another's by now.
            refused.AddRange(events.Values.Select(batch => batch.RunId).Distinct(StringComparer.Ordinal).Where(id => transaction.First<long>(
                "SELECT count(*) FROM runs WHERE id = @id AND state = 'running' AND node = @node", new { id, node = _nodes.Id }) == 0));
        }

        return (refused, ended);
    }

    private static bool IsGone(WriteTransaction transaction, string node) => transaction.First<long>("SELECT count(*) FROM nodes WHERE id = @node", new { node }) == 0;

    private static void End(WriteTransaction transaction, Ending run, RunBatch batch, RunEnd end)
    {
        var text = end.Text.Clean();
        transaction.ExecuteLater(
            // Nodes that share a database need not agree on the time.
            $"UPDATE runs SET state = @state, ended = {(transaction.Dialect.IsShared ? transaction.Dialect.Now : "@ended")}, seq = @seq, reasoning = @reasoning, ending = @ending WHERE number = @number AND state = 'running'",
            ("state", end.State), ("ended", end.Ended.Ms()), ("seq", batch.LastSeq), ("reasoning", end.Reasoning.Clean()), ("ending", end.Ending.Clean()), ("number", run.Number));
        if (run.HasRequest != 0)
        {
            // Nobody goes on with it any more, and nothing waits.
            transaction.ExecuteLater("UPDATE runs SET request = NULL WHERE number = @number", ("number", run.Number));
            transaction.ExecuteLater("DELETE FROM run_answers WHERE run_id = @id", ("id", run.Id));
        }

        transaction.ExecuteLater("UPDATE messages SET text = @text WHERE id = @id", ("text", text), ("id", run.MessageId));
        transaction.Dialect.Index(transaction, "messages", run.MessageId, text);
        transaction.ExecuteLater("DELETE FROM run_events WHERE run = @run", ("run", run.Number));
        transaction.ExecuteLater(
            "INSERT INTO run_events (run, first_seq, last_seq, data) VALUES (@run, 1, @last, @data)", ("run", run.Number), ("last", batch.LastSeq), ("data", end.Whole));
    }

    private sealed class Place
    {
        public string Owner { get; set; } = "";

        public long? Deleted { get; set; }

        public string? LeafId { get; set; }

        public string Title { get; set; } = "";
    }

    private sealed class Started
    {
        public string Id { get; set; } = "";

        public string? Fingerprint { get; set; }
    }

    private sealed class Ending
    {
        public string Id { get; set; } = "";

        public long Number { get; set; }

        public string ConversationId { get; set; } = "";

        public string MessageId { get; set; } = "";

        public string Owner { get; set; } = "";

        public string Node { get; set; } = "";

        public string State { get; set; } = "";

        public long Seq { get; set; }

        public long HasRequest { get; set; }
    }

    private sealed class EventColumns
    {
        public long FirstSeq { get; set; }

        public long LastSeq { get; set; }

        public byte[] Data { get; set; } = [];
    }
}
