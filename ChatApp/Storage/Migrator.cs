using ChatApp.Storage.Migrations;

namespace ChatApp.Storage;

/// <summary>Brings the schema up to date: each step in a transaction together with its number, so that one that was cut off is simply done again.</summary>
internal static class Migrator
{
    /// <summary>A transaction on the writer's connection.</summary>
    public delegate bool Transact(Func<WriteTransaction, bool> work);

    /// <param name="transact">Runs the work in a transaction.</param>
    /// <param name="place">The database's name for people.</param>
    /// <param name="migrations">The steps; null for all.</param>
    /// <exception cref="StorageStartException">The database is of a newer version.</exception>
    public static void Migrate(Transact transact, string place, IReadOnlyList<Migration>? migrations = null)
    {
        migrations ??= Migration.All;
        while (transact(transaction => Step(transaction, place, migrations)))
        {
        }
    }

    // True while there may be more to do.
    private static bool Step(WriteTransaction transaction, string place, IReadOnlyList<Migration> migrations)
    {
        var dialect = transaction.Dialect;
        dialect.LockMigrations(transaction);
        var isNew = transaction.First<long>(dialect.TableExists, new { name = "schema_version" }) == 0;
        var version = isNew ? 0 : transaction.First<long?>("SELECT max(version) FROM schema_version") ?? 0;
        if (version > migrations[^1].Version)
        {
            throw new StorageStartException(
                $"The database {place} was written by a newer ChatApp (its schema is {version}, this one knows {migrations[^1].Version}), and was left as it is. Start that version, or restore a backup made with this one.");
        }

        if (migrations.FirstOrDefault(migration => migration.Version > version) is not { } next)
        {
            transaction.Abandon();
            return false;
        }

        if (isNew)
        {
            transaction.Execute("CREATE TABLE schema_version (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)");
        }

        foreach (var statement in next.Statements(dialect))
        {
            transaction.Execute(statement);
        }

        transaction.Execute($"INSERT INTO schema_version (version, applied) VALUES (@version, {dialect.Now})", new { version = next.Version });
        return next != migrations[^1];
    }
}
