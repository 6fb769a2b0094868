namespace ChatApp.Storage;

/// <summary>Runs and their events.</summary>
public sealed class RunStore
{
    /// <summary>Adds a turn to a conversation, and the run that answers it, as one step; of several that race for the same place, one succeeds.</summary>
    /// <exception cref="StorageException">The database did not take it.</exception>
    public Task<TurnOutcome> AddAsync(NewTurn turn) => throw new NotSupportedException();

    /// <summary>
    /// Stores events of many runs as one step. It may be repeated after a failure whose outcome is unknown, also with more events than before.
    /// </summary>
    /// <returns>The ids of the runs whose end was not taken, since they had ended before in another way.</returns>
    /// <exception cref="StorageException">Nothing was stored, as far as is known.</exception>
    public Task<IReadOnlyList<string>> CommitAsync(IReadOnlyList<RunBatch> batches) => throw new NotSupportedException();

    /// <summary>The run of that id; null where there is none, or its conversation was removed.</summary>
    public Task<RunRow?> FindAsync(string id) => throw new NotSupportedException();

    /// <summary>The run that was started with that idempotency key.</summary>
    public Task<RunRow?> FindByKeyAsync(string key) => throw new NotSupportedException();

    /// <summary>The stored pieces that hold events after <paramref name="after"/>, in order; the first may begin before that.</summary>
    public Task<IReadOnlyList<RunBatch>> ReadAsync(string runId, long after) => throw new NotSupportedException();

    /// <summary>Runs that are marked as running and belong to a node that is no more.</summary>
    public Task<IReadOnlyList<RunRow>> OrphansAsync(int most) => throw new NotSupportedException();

    /// <summary>Asks the node that makes the run to stop it.</summary>
    /// <returns>False where it is not running.</returns>
    public Task<bool> AskStopAsync(string runId) => throw new NotSupportedException();

    /// <summary>The running runs of this node that somebody asked to stop.</summary>
    public Task<IReadOnlyList<string>> AskedToStopAsync() => throw new NotSupportedException();

    /// <summary>Removes the events of runs that ended before <paramref name="before"/>, at most <paramref name="most"/> runs'; their text stays.</summary>
    public Task<int> PruneAsync(DateTimeOffset before, int most) => throw new NotSupportedException();
}
