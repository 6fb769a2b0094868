namespace ChatApp.Storage;

/// <summary>The processes that share the database. Each has a lease; one that lets it run out is taken for dead, and can't write for its runs any more.</summary>
public sealed class NodeStore
{
    /// <summary>This process's id: another one at each start, and after each lost lease.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Whether other processes may use the same database.</summary>
    public bool IsShared { get; }

    /// <summary>Registers this process under a new id. Where the database is not shared, all others are removed.</summary>
    public Task RegisterAsync() => throw new NotSupportedException();

    /// <summary>Extends the lease.</summary>
    /// <returns>False where it had run out and somebody has noticed: register again.</returns>
    public Task<bool> RenewAsync() => throw new NotSupportedException();

    /// <summary>Removes processes whose lease has run out, by the database's clock.</summary>
    public Task<int> RemoveDeadAsync() => throw new NotSupportedException();

    /// <summary>Says that this process ends.</summary>
    public Task LeaveAsync() => throw new NotSupportedException();
}
