using ChatApp.Providers;
using ChatApp.Storage;
using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>
/// Keeps this node alive in the eyes of the others, and looks after what dead ones left: their runs end as interrupted. What a former process of this node left
/// is seen to before the port opens.
/// </summary>
internal sealed partial class NodeKeeper(
    RunHost host, RunJournal journal, RunStore runs, ConversationStore conversations, NodeStore nodes, StoreNotices notices,
    IOptions<StorageOptions> options, TimeProvider time, ILogger<NodeKeeper> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Upkeep = TimeSpan.FromMinutes(10);
    private const int AtATime = 100;

    private readonly WakeSignal _due = new();
    private long? _renewed;
    private long _steadySince;

    // Several within a lease, so that one that comes late costs nothing.
    private TimeSpan Beat => options.Value.Lease / 3 is var third && third < TimeSpan.FromSeconds(1) ? third : TimeSpan.FromSeconds(1);

    public async Task StartingAsync(CancellationToken cancellationToken) => await RecoverAsync();

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var noticing = notices.Subscribe(OnNotice);
        journal.Fenced += _due.Set;
        var upkept = time.GetTimestamp();
        for (var beat = 0L; !stoppingToken.IsCancellationRequested; beat++)
        {
            await TryAsync(() => BeatAsync(beat));
            if (beat == 0 || time.GetElapsedTime(upkept) > Upkeep)
            {
                upkept = time.GetTimestamp();
                await TryAsync(CleanAsync);
            }

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(Task.Delay(Beat, time, enough.Token), _due.WaitAsync(enough.Token).AsTask());
            await enough.CancelAsync();
        }

        journal.Fenced -= _due.Set;
    }

    private async Task BeatAsync(long beat)
    {
        if (!nodes.IsShared)
        {
            if (beat % 3 == 0)
            {
                // What could not be ended at the start, for want of room or of the lock.
                await RecoverAsync();
                await host.TakeUpAsync();
            }

            return;
        }

        var before = _renewed;
        _renewed = null;
        if (!await nodes.RenewAsync())
        {
            Log.Lost(logger);
            before = null;
            await nodes.RegisterAsync();
            // Not waited for: each waits for a provider, and the lease is to be kept meanwhile.
            _ = TryAsync(host.LoseStoredAsync);
        }

        // One that had to wait for long has met the others' outage too, whether or not the database refused anything.
        _renewed = time.GetTimestamp();
        if (before is null || time.GetElapsedTime(before.Value) > options.Value.Lease / 2)
        {
            _steadySince = _renewed.Value;
        }

        await StopAskedAsync();
        if (host.HasWaiting)
        {
            await host.AnswerOwnAsync();
        }

        if (beat % 3 == 0)
        {
            await LookAfterAsync();
        }
    }

    private async Task LookAfterAsync()
    {
        // Where the database was away, all leases have run out at once: others get the time of one to come back as well.
        if (time.GetElapsedTime(_steadySince) >= options.Value.Lease)
        {
            await nodes.RemoveDeadAsync();
        }

        // Stored, as it turned out, though the database did not say so: whoever asked was told to try again.
        foreach (var row in (await runs.OwnAsync()).Where(row => !host.Makes(row.Id)))
        {
            await TryAsync(() => RecoverAsync(row));
        }

        await RecoverAsync();
        await host.TakeUpAsync();
    }

    private async Task StopAskedAsync()
    {
        foreach (var id in await runs.AskedToStopAsync())
        {
            // Nor this.
            _ = TryAsync(() => host.StopOwnAsync(id));
        }
    }

    // Each by itself: one that can't be read must not keep the others running for ever.
    private async Task RecoverAsync()
    {
        var skip = new HashSet<string>(StringComparer.Ordinal);
        for (var more = true; more;)
        {
            more = false;
            foreach (var row in await runs.OrphansAsync(AtATime + skip.Count))
            {
                if (skip.Add(row.Id))
                {
                    more = true;
                    await TryAsync(() => RecoverAsync(row));
                }
            }
        }
    }

    private async Task RecoverAsync(RunRow row)
    {
        var (batches, isWhole) = await ReadAsync(row.Id);
        if (isWhole && !row.IsStopAsked && StoredRequest.Read(row.Request) is { } request
            && Run.OfEvents(row, batches, time) is { IsEnded: false } run && run.History().IsBlocked(request.ClientNames))
        {
            // It waits for a person, which takes no process.
            if (await runs.ParkAsync(row.Id, row.Node))
            {
                Log.Parked(logger, row.Id);
            }

            return;
        }

        if (Run.EndOf(row, batches, row.IsStopAsked ? RunState.Cancelled : RunState.Interrupted, time) is { } last && await runs.EndOrphanAsync(last))
        {
            Log.Recovered(logger, row.Id);
        }
    }

    private async Task<(IReadOnlyList<RunBatch> Batches, bool IsWhole)> ReadAsync(string id)
    {
        var batches = await runs.ReadAsync(id, 0);
        // What stands before a damaged piece was shown, and is kept.
        if (RunLog.Check(batches, out var damage) is var whole && damage is not null)
        {
            Log.Damaged(logger, id, damage);
            return ([.. batches.Take(whole)], false);
        }

        return (batches, true);
    }

    private async Task CleanAsync()
    {
        var now = await nodes.NowAsync(time);
        while (await runs.PruneAsync(now - options.Value.KeepEvents, AtATime) == AtATime)
        {
            // On to the next ones.
        }

        await conversations.PurgeAsync(now - options.Value.KeepDeleted);
    }

    private void OnNotice(StoreNotice notice)
    {
        if (notice.Kind is StoreNoticeKind.Stop or StoreNoticeKind.Answer or StoreNoticeKind.Everything)
        {
            _due.Set();
        }
    }

    private async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (StorageException exception)
        {
            Log.Refused(logger, exception.Fault, exception.Message);
        }
        catch (Exception exception)
        {
            // The next beat tries again: a node without a heart would lose its runs.
            Log.Failed(logger, ExceptionTrace.Of(exception));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "This node's lease has run out; it registers again")]
        public static partial void Lost(ILogger logger);

        [LoggerMessage(Level = LogLevel.Information, Message = "Run {RunId} was left by a process that is gone, and is interrupted")]
        public static partial void Recovered(ILogger logger, string runId);

        [LoggerMessage(Level = LogLevel.Information, Message = "Run {RunId} was left by a process that is gone, and waits for a person's answer")]
        public static partial void Parked(ILogger logger, string runId);

        [LoggerMessage(Level = LogLevel.Error, Message = "The events of run {RunId} can't all be read; from the damaged ones on they are left out: {Reason}")]
        public static partial void Damaged(ILogger logger, string runId, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The database did not do what keeps this node going ({Fault}): {Reason}")]
        public static partial void Refused(ILogger logger, StorageFault fault, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Keeping this node going failed; it is tried again\n{Trace}")]
        public static partial void Failed(ILogger logger, string trace);
    }
}
