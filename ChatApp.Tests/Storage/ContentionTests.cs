using ChatApp.Storage;
using ChatApp.Storage.Migrations;
using Dapper;
using Microsoft.Data.Sqlite;

namespace ChatApp.Tests.Storage;

/// <summary>Several that want the same: other writers, other nodes, and a start that was cut off.</summary>
public sealed class ContentionTests
{
    [Fact]
    public async Task WriteAsync_LockedByAnother_IsRefusedInTimeAndWorksLater()
    {
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Sqlite);
        await using var store = await place.OpenAsync((nameof(StorageOptions.BusyTimeout), "1500ms"));
        await store.Runs.AddAsync(store.Turn("c", "1"));
        await using var other = new SqliteConnection($"Data Source={Path.Combine(place.Directory, "chatapp.db")};Pooling=false");
        await other.OpenAsync();
        await other.ExecuteAsync("BEGIN EXCLUSIVE");
        var began = TimeProvider.System.GetTimestamp();

        // Ten in a row, as a journal and people do: each is refused in its own time, not after those before it.
        var refused = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            var exception = await Assert.ThrowsAsync<StorageException>(() => i % 2 == 0
                ? store.Runs.AddAsync(store.Turn($"c{i}", $"{i + 2}"))
                : store.Runs.CommitAsync([new RunBatch("1-r", i, i, [1])]));
            return (exception.Fault, TimeProvider.System.GetElapsedTime(began));
        }));

        Assert.All(refused, one => Assert.Equal(StorageFault.Busy, one.Fault));
        Assert.All(refused, one => Assert.InRange(one.Item2, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(3)));
        // Who reads does not wait.
        Assert.Equal("1-r", (await store.Runs.FindAsync("1-r"))!.Id);
        await other.ExecuteAsync("ROLLBACK");
        Assert.Equal(TurnOutcomeKind.Added, (await store.Runs.AddAsync(store.Turn("d", "again"))).Kind);
        Assert.Empty(await store.Runs.CommitAsync([new RunBatch("1-r", 1, 1, [1])]));
    }

    [Theory, Databases]
    public async Task AddAsync_TwoAtOnce_OneIsAdded(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var first = await place.OpenAsync();
        await using var second = provider == StorageOptions.Sqlite ? null : await place.OpenAsync();
        var other = second ?? first;
        string? leaf = null;
        for (var i = 0; i < 50; i++)
        {
            var key = i % 2 == 0 ? null : $"key{i}";
            var outcomes = await Task.WhenAll(
                Task.Run(() => first.Runs.AddAsync(first.Turn("c", $"a{i:00}", leaf, key: key))), Task.Run(() => other.Runs.AddAsync(other.Turn("c", $"b{i:00}", leaf, key: key))));
            var added = Array.FindIndex(outcomes, outcome => outcome.Kind == TurnOutcomeKind.Added);
            var lost = outcomes[1 - added];
            Assert.Equal(key is null ? TurnOutcomeKind.Busy : TurnOutcomeKind.Repeated, lost.Kind);
            var name = added == 0 ? $"a{i:00}" : $"b{i:00}";
            Assert.Equal($"{name}-r", lost.RunId);
            Assert.Empty(await (added == 0 ? first : other).Runs.CommitAsync([TestStore.Ended($"{name}-r", 1)]));
            leaf = $"{name}-a";
        }

        Assert.Equal(100, (await first.Conversations.AllAsync("c")).Count);

        // The same key, in two conversations.
        var keyed = await Task.WhenAll(
            Task.Run(() => first.Runs.AddAsync(first.Turn("k1", "k1", key: "one"))), Task.Run(() => other.Runs.AddAsync(other.Turn("k2", "k2", key: "one"))));
        Assert.Equal([TurnOutcomeKind.Added, TurnOutcomeKind.Repeated], keyed.Select(outcome => outcome.Kind).Order());
    }

    [Theory, Databases]
    public async Task Migrate_CutOffAfterEveryStatement_IsDoneAgain(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using (Dialect dialect = provider == StorageOptions.Sqlite
            ? new SqliteDialect(new StorageOptions { Path = place.Directory })
            : new PostgresDialect(new StorageOptions { Provider = provider, ConnectionString = place.Connection }))
        {
            await using var connection = dialect.OpenWriter(TimeSpan.FromSeconds(1));
            for (var i = 0; i < Migration.All[0].Statements(dialect).Count(); i++)
            {
                var cut = i;
                Assert.Throws<TimeZoneNotFoundException>(() => Migrator.Migrate(
                    work =>
                    {
                        var transaction = dialect.Begin(connection, TimeSpan.FromSeconds(1));
                        try
                        {
                            return work(new WriteTransaction(dialect, connection, transaction));
                        }
                        finally
                        {
                            dialect.Rollback(connection, transaction);
                        }
                    },
                    "",
                    [new Migration(1, d => Cut(Migration.All[0].Statements(d), cut))]));
            }
        }

        await using var store = await place.OpenAsync();
        Assert.Equal(TurnOutcomeKind.Added, (await store.Runs.AddAsync(store.Turn("c", "1"))).Kind);
    }

    private static IEnumerable<string> Cut(IEnumerable<string> statements, int after)
    {
        foreach (var statement in statements.Take(after))
        {
            yield return statement;
        }

        throw new TimeZoneNotFoundException("The process ends here.");
    }
}
