using Dapper;

namespace ChatApp.Storage;

/// <summary>Runs that wait for somebody's yes or no, also without a process, and the answers.</summary>
public sealed partial class RunStore
{
    /// <summary>The node of a run that waits and that nobody makes meanwhile.</summary>
    private const string Nobody = "";

    /// <summary>Stores what a run of this node was asked, so that another process can go on with it.</summary>
    public Task<bool> SaveRequestAsync(string runId, string request) => _database.WriteAsync(transaction =>
        transaction.Execute("UPDATE runs SET request = @request WHERE id = @runId AND node = @node AND state = 'running'", new { request = request.Clean(), runId, node = _nodes.Id }) > 0);

    /// <summary>Stores the answer to something that a run waits for. Of several, the first counts.</summary>
    /// <returns>False where it was answered before, or the run has ended.</returns>
    /// <exception cref="StorageException">The database did not take it, as far as is known.</exception>
    public async Task<bool> AnswerAsync(RunAnswer answer)
    {
        var isFirst = await _database.WriteAsync(transaction => transaction.Execute(
            $"""
            INSERT INTO run_answers (run_id, id, approved, reason, created)
            SELECT r.id, @Id, @approved, @reason, {transaction.Dialect.Now} FROM runs r WHERE r.id = @RunId AND r.state = 'running'
            ON CONFLICT (run_id, id) DO NOTHING
            """,
            new { answer.RunId, answer.Id, approved = answer.IsApproved ? 1 : 0, reason = answer.Reason?.Clean() }) > 0);
        if (isFirst)
        {
            _notices.Publish(new StoreNotice(StoreNoticeKind.Answer, answer.RunId));
        }

        return isFirst;
    }

    /// <summary>All answers that a run was given.</summary>
    public Task<IReadOnlyList<RunAnswer>> AnswersAsync(string runId) => ReadAnswersAsync("a.run_id = @value", runId);

    /// <summary>The answers to the running runs of this node.</summary>
    public Task<IReadOnlyList<RunAnswer>> OwnAnswersAsync() => ReadAnswersAsync("r.node = @value AND r.state = 'running'", _nodes.Id);

    /// <summary>Notes that nobody makes a run whose node is no more, or is this one and knows nothing of it, and that it waits.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="node">Its node, as it was read.</param>
    /// <returns>False where somebody else was quicker.</returns>
    public Task<bool> ParkAsync(string runId, string node) => _database.WriteAsync(transaction =>
    {
        CheckNode(transaction, _nodes.Id);
        return transaction.Execute(
            """
            UPDATE runs SET node = @nobody WHERE id = @runId AND state = 'running' AND node = @node AND stop_asked = 0
              AND (node = @own OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = runs.node))
            """,
            new { nobody = Nobody, runId, node, own = _nodes.Id }) > 0;
    });

    /// <summary>The runs that wait and that nobody makes.</summary>
    public Task<IReadOnlyList<ParkedRun>> ParkedAsync() => _database.ReadAsync<IReadOnlyList<ParkedRun>>(async connection =>
    {
        var rows = await connection.QueryAsync<ParkedColumns>(
            """
            SELECT r.id, r.created, CASE WHEN EXISTS (SELECT 1 FROM run_answers a WHERE a.run_id = r.id) THEN 1 ELSE 0 END AS Answered
            FROM runs r WHERE r.state = 'running' AND r.node = @nobody
            """,
            new { nobody = Nobody });
        return [.. rows.Select(row => new ParkedRun(row.Id, Values.Time(row.Created), row.Answered != 0))];
    });

    /// <summary>Makes a run this node's, where its own is no more: of several nodes, one succeeds.</summary>
    /// <returns>The run, with what it was asked; null where it has ended, or somebody makes it.</returns>
    public Task<RunRow?> TakeAsync(string runId) => _database.WriteAsync(transaction =>
    {
        CheckNode(transaction, _nodes.Id);
        var taken = transaction.Execute(
            "UPDATE runs SET node = @own WHERE id = @runId AND state = 'running' AND stop_asked = 0 AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = runs.node)",
            new { own = _nodes.Id, runId }) > 0;
        return taken ? transaction.First<RunColumns>($"SELECT {RunColumns.All}, r.request FROM runs r JOIN messages m ON m.id = r.message_id WHERE r.id = @runId", new { runId })?.Row : null;
    });

    /// <summary>The run's row where it is running and its node is no more; null otherwise.</summary>
    public Task<RunRow?> FindOrphanAsync(string runId) => OneAsync("r.id = @value AND r.state = 'running' AND NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = r.node)", runId);

    private Task<IReadOnlyList<RunAnswer>> ReadAnswersAsync(string condition, string value) => _database.ReadAsync<IReadOnlyList<RunAnswer>>(async connection =>
    {
        var rows = await connection.QueryAsync<AnswerColumns>(
            $"SELECT a.run_id AS RunId, a.id, a.approved, a.reason FROM run_answers a JOIN runs r ON r.id = a.run_id WHERE {condition}", new { value });
        return [.. rows.Select(row => new RunAnswer(row.RunId, row.Id, row.Approved != 0, row.Reason))];
    });

    private sealed class AnswerColumns
    {
        public string RunId { get; set; } = "";

        public string Id { get; set; } = "";

        public long Approved { get; set; }

        public string? Reason { get; set; }
    }

    private sealed class ParkedColumns
    {
        public string Id { get; set; } = "";

        public long Created { get; set; }

        public long Answered { get; set; }
    }
}

/// <summary>Somebody's yes or no to something that a run waits for.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Id">What was asked, unique in the run.</param>
/// <param name="IsApproved">Yes or no.</param>
/// <param name="Reason">Why; null for no word about it.</param>
public sealed record RunAnswer(string RunId, string Id, bool IsApproved, string? Reason);

/// <summary>A run that waits and that nobody makes.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Created">When it was made.</param>
/// <param name="IsAnswered">Whether it was given an answer, lately or long ago.</param>
public sealed record ParkedRun(string Id, DateTimeOffset Created, bool IsAnswered);
