using System.Collections.Concurrent;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Storage;

/// <summary>What several nodes on one PostgreSQL owe each other, and what they do when it goes away.</summary>
public sealed class SharedDatabaseTests
{
    private const string KillAll = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

    [Fact]
    public async Task Lease_RunOutAndNoticed_LetsTheNodeWriteNoMore()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Postgres);
        await using var asleep = await place.OpenAsync((nameof(StorageOptions.Lease), "1ms"));
        await using var awake = await place.OpenAsync();
        await asleep.Runs.AddAsync(asleep.Turn("c", "1"));
        Assert.True(asleep.Nodes.IsShared);
        Assert.Empty(await awake.Runs.OrphansAsync(10));

        await Eventually.HoldsAsync(async () => await awake.Nodes.RemoveDeadAsync() == 1, "the lease runs out");

        Assert.Equal("1-r", Assert.Single(await awake.Runs.OrphansAsync(10)).Id);
        Assert.Equal(StorageFault.Fenced, (await Assert.ThrowsAsync<StorageException>(() => asleep.Runs.CommitAsync([new RunBatch("1-r", 1, 1, [1])]))).Fault);
        Assert.Equal(StorageFault.Fenced, (await Assert.ThrowsAsync<StorageException>(() => asleep.Runs.AddAsync(asleep.Turn("d", "2")))).Fault);
        Assert.Equal(["1-r"], await awake.Runs.CommitAsync([new RunBatch("1-r", 2, 2, [2])]));
        Assert.True(await awake.Runs.EndOrphanAsync(TestStore.Ended("1-r", 1, "", "interrupted")));
        Assert.False(await asleep.Nodes.RenewAsync());
        await asleep.Nodes.RegisterAsync();
        Assert.True(await asleep.Nodes.RenewAsync());
        Assert.Equal(["1-r"], await asleep.Runs.CommitAsync([TestStore.Ended("1-r", 5)]));
        Assert.Equal("interrupted", (await asleep.Runs.FindAsync("1-r"))!.State);
        Assert.True(await awake.Nodes.RenewAsync());
    }

    [Fact]
    public async Task Notices_OfOneNode_ReachTheOtherAndNotItself()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Postgres);
        await using var first = await place.OpenAsync();
        await using var second = await place.OpenAsync();
        await Task.WhenAll(first.OthersListen, second.OthersListen);
        var own = new ConcurrentQueue<StoreNotice>();
        var heard = new ConcurrentQueue<StoreNotice>();
        using var one = first.Notices.Subscribe(own.Enqueue);
        using var two = second.Notices.Subscribe(heard.Enqueue);
        var row = first.Turn("c", "1", owner: "me\nyou ü");

        await first.Runs.AddAsync(row);
        await first.Runs.CommitAsync([new RunBatch("1-r", 1, 1, [1])]);
        await second.Runs.AskStopAsync("1-r");

        await Eventually.Holds(() => heard.Contains(new StoreNotice(StoreNoticeKind.Run, "1-r")), "the run's notice");
        Assert.Contains(new StoreNotice(StoreNoticeKind.Conversation, "c"), heard);
        Assert.Contains(new StoreNotice(StoreNoticeKind.List, "me\nyou ü"), heard);
        await Eventually.Holds(() => own.Contains(new StoreNotice(StoreNoticeKind.Stop, "1-r")), "the stop");
        Assert.DoesNotContain(own, notice => notice.Kind == StoreNoticeKind.Run);
        Assert.Single(own, notice => notice.Kind == StoreNoticeKind.Conversation);
    }

    [Fact]
    public async Task Connections_Killed_AreMadeAgain()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Postgres);
        await using var first = await place.OpenAsync();
        await using var second = await place.OpenAsync();
        await Task.WhenAll(first.OthersListen, second.OthersListen);
        await first.Runs.AddAsync(first.Turn("c", "1"));
        var heard = new ConcurrentQueue<StoreNotice>();
        using var subscription = second.Notices.Subscribe(heard.Enqueue);

        await PostgresServer.ExecuteAsync(place.Connection, KillAll);

        Assert.Empty(await first.Runs.CommitAsync([new RunBatch("1-r", 1, 1, [1])]));
        Assert.Equal("1-r", (await second.Runs.FindAsync("1-r"))!.Id);
        await Eventually.Holds(() => heard.Contains(new StoreNotice(StoreNoticeKind.Everything, "")), "the listener is back");
        await Eventually.HoldsAsync(
            async () =>
            {
                await first.Conversations.RenameAsync("c", "", "New");
                return heard.Contains(new StoreNotice(StoreNoticeKind.Conversation, "c"));
            },
            "notices are heard again");
    }

    [Fact]
    public async Task Server_StoppedAndStarted_IsUsedAgain()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var server = await PostgresServer.StartNewAsync();
        await using var store = await TestStore.OpenAsync(
            (nameof(StorageOptions.Provider), "postgres"), (nameof(StorageOptions.ConnectionString), await server.CreateDatabaseAsync()), (nameof(StorageOptions.BusyTimeout), "500ms"));
        await store.Runs.AddAsync(store.Turn("c", "1"));
        await store.Runs.CommitAsync([new RunBatch("1-r", 1, 1, [1])]);

        await server.StopAsync(immediate: true);
        Assert.Equal(StorageFault.Unreachable, (await Assert.ThrowsAsync<StorageException>(() => store.Runs.CommitAsync([new RunBatch("1-r", 2, 2, [2])]))).Fault);
        Assert.Equal(StorageFault.Unreachable, (await Assert.ThrowsAsync<StorageException>(() => store.Runs.FindAsync("1-r"))).Fault);
        await server.StartAsync();

        Assert.Empty(await store.Runs.CommitAsync([new RunBatch("1-r", 2, 3, [2, 3])]));
        Assert.Equal([1L, 3L], (await store.Runs.ReadAsync("1-r", 0)).Select(batch => batch.LastSeq));
    }

    [Fact]
    public async Task F32_NodeWithAnotherClock_RemovesNothingTooSoon()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Postgres);
        await using var store = await place.OpenAsync();
        await store.Runs.AddAsync(store.Turn("c", "1"));
        await store.Runs.AddAsync(store.Turn("d", "2"));
        // Noon is long ago by any clock: so slow is this node's.
        await store.Runs.CommitAsync([TestStore.Ended("1-r", 1), TestStore.Ended("2-r", 1)]);
        Assert.True(await store.Conversations.DeleteAsync("d", "", TestStore.Noon));
        var now = await store.Nodes.NowAsync(new FakeTime());

        Assert.InRange(now, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        Assert.Equal(0, await store.Runs.PruneAsync(now.AddHours(-1), 10));
        Assert.Equal(0, await store.Conversations.PurgeAsync(now.AddHours(-1)));
        Assert.Equal(2, await store.Runs.PruneAsync(now.AddHours(1), 10));
        Assert.Equal(1, await store.Conversations.PurgeAsync(now.AddHours(1)));
    }

    [Fact]
    public async Task RemoveDeadAsync_OfOneThatHoldsItsRow_DoesNotWait()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Postgres);
        await using var asleep = await place.OpenAsync((nameof(StorageOptions.Lease), "1ms"));
        await using var awake = await place.OpenAsync();
        await using var connection = new Npgsql.NpgsqlConnection(place.Connection);
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT id FROM nodes WHERE id = '{asleep.Nodes.Id}' FOR SHARE";
            await command.ExecuteNonQueryAsync();

            Assert.Equal(0, await awake.Nodes.RemoveDeadAsync());
        }

        Assert.Equal(1, await awake.Nodes.RemoveDeadAsync());
    }

    [Fact]
    public void Write_MoreThanFits_IsSeveralTexts()
    {
        StoreNotice[] few = [new(StoreNoticeKind.Run, "a"), new(StoreNoticeKind.List, "ü\n"), new(StoreNoticeKind.Stop, "")];
        Assert.Equal(few, PostgresNotices.Read(PostgresNotices.Write("me", few).Single(), "you"));
        Assert.Empty(PostgresNotices.Read(PostgresNotices.Write("me", few).Single(), "me"));
        var many = Enumerable.Range(0, 1000).Select(i => new StoreNotice(StoreNoticeKind.Run, $"run{i:000000}")).ToList();
        var texts = PostgresNotices.Write("me", many);
        Assert.All(texts, text => Assert.InRange(text.Length, 1, 7999));
        Assert.Equal(many, texts.SelectMany(text => PostgresNotices.Read(text, "you")));
        Assert.Empty(PostgresNotices.Read("", "you"));
        Assert.Empty(PostgresNotices.Read("x\n\n?nonsense", "you"));
    }
}
