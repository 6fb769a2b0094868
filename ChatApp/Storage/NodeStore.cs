using Microsoft.Extensions.Options;

namespace ChatApp.Storage;

/// <summary>The processes that share the database. Each has a lease; one that lets it run out is taken for dead, and can't write for its runs any more.</summary>
public sealed class NodeStore
{
    private readonly Database _database;
    private readonly IOptions<StorageOptions> _options;

    internal NodeStore(Database database, IOptions<StorageOptions> options)
    {
        _database = database;
        _options = options;
    }

    /// <summary>This process's id: another one at each start, and after each lost lease.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Whether other processes may use the same database.</summary>
    public bool IsShared => _options.Value.IsShared;

    private long Lease => (long)_options.Value.Lease.TotalMilliseconds;

    /// <summary>Registers this process under a new id. Where the database is not shared, all others are removed.</summary>
    public async Task RegisterAsync()
    {
        var id = Guid.CreateVersion7().ToString("N");
        await _database.WriteAsync(transaction =>
        {
            if (!transaction.Dialect.IsShared)
            {
                transaction.Execute("DELETE FROM nodes");
            }

            var now = transaction.Dialect.Now;
            return transaction.Execute($"INSERT INTO nodes (id, started, lease_until) VALUES (@id, {now}, {now} + @lease)", new { id, lease = Lease });
        });
        Id = id;
    }

    /// <summary>Extends the lease.</summary>
    /// <returns>False where it had run out and somebody has noticed: register again.</returns>
    public Task<bool> RenewAsync() => _database.WriteAsync(transaction =>
        transaction.Execute($"UPDATE nodes SET lease_until = {transaction.Dialect.Now} + @lease WHERE id = @id", new { lease = Lease, id = Id }) > 0, isUrgent: true);

    /// <summary>Removes processes whose lease has run out, by the database's clock.</summary>
    public Task<int> RemoveDeadAsync() => IsShared
        // One that stands still in the middle of a commit holds its row until the database cuts it off: nobody waits for that here.
        ? _database.WriteAsync(transaction => transaction.Execute($"DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE lease_until < {transaction.Dialect.Now} FOR UPDATE SKIP LOCKED)"))
        : Task.FromResult(0);

    /// <summary>The time that all nodes agree on: the database's, where it is shared.</summary>
    public async Task<DateTimeOffset> NowAsync(TimeProvider time) => IsShared
        ? DateTimeOffset.FromUnixTimeMilliseconds(await _database.WriteAsync(transaction => transaction.First<long>($"SELECT {transaction.Dialect.Now}")))
        : time.GetUtcNow();

    /// <summary>Says that this process ends.</summary>
    public async Task LeaveAsync()
    {
        if (Id.Length > 0)
        {
            // The process ends: whoever holds the database is not waited for.
            await _database.WriteAsync(transaction => transaction.Execute("DELETE FROM nodes WHERE id = @id", new { id = Id }), Dialect.EventsWait);
        }
    }
}
