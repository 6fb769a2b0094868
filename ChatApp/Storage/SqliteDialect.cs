using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ChatApp.Storage;

/// <summary>One file, one process: SQLite with a write-ahead log.</summary>
internal sealed class SqliteDialect : Dialect
{
    // Results: sqlite3.h. The low byte is the kind.
    private const int Busy = 5, Locked = 6, OutOfMemory = 7, ReadOnly = 8, IoError = 10, Corrupt = 11, Full = 13, CantOpen = 14, Constraint = 19, NotADatabase = 26;
    private const int SharedMemorySize = IoError | (19 << 8), UniqueKey = Constraint | (8 << 8), PrimaryKey = Constraint | (6 << 8);

    private readonly SqliteFile _file;
    private readonly StorageOptions _options;
    private SqliteConnection? _events;
    private SqliteCommand? _insert;

    public SqliteDialect(StorageOptions options)
    {
        _options = options;
        _file = new SqliteFile(options);
        Source = SqliteFactory.Instance.CreateDataSource(Connect(SqliteOpenMode.ReadOnly, pooled: true));
    }

    public override bool IsShared => false;

    public override string IdType => "TEXT";

    public override string BytesType => "BLOB";

    public override string CountingKey => "INTEGER PRIMARY KEY";

    public override string ForUpdate => "";

    public override string ForShare => "";

    public override string Now => "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

    public override string Place => _file.Database;

    public override DbDataSource Source { get; }

    public override string TableExists => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = @name";

    // The index has no text of its own. Without positions it is half as large; phrases are not asked for.
    public override IReadOnlyList<string> SearchSchema { get; } =
    [
        .. SearchTable("messages", "text"),
        .. SearchTable("conversations", "title"),
    ];

    public override void Open()
    {
        _file.Lock();
        _file.Check();
    }

    private readonly object _looking = new();
    private static readonly TimeSpan LookAtLock = TimeSpan.FromMilliseconds(5);
    private const int WritesPerLook = 32;
    private const long LongestLog = 32 << 20;

    private int _writes;

    public override DbConnection OpenWriter(TimeSpan wait)
    {
        var connection = new SqliteConnection(Connect(SqliteOpenMode.ReadWriteCreate, pooled: false));
        try
        {
            connection.Open();
            _ = raw.sqlite3_busy_timeout(connection.Handle, Milliseconds(wait));
            using var command = connection.CreateCommand();
            // A new file is made of one page before it has a write-ahead log; there is nothing yet that a power cut could take.
            command.CommandText = _file.IsNew ? "PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = WAL";
            if (command.ExecuteScalar() as string is not "wal")
            {
                throw new StorageStartException(
                    $"The database {Place} can't have a write-ahead log on this file system. Set {StorageOptions.Section}:{nameof(StorageOptions.Path)} to a directory on a local disk.");
            }

            var full = _options.Durability.Equals("full", StringComparison.OrdinalIgnoreCase);
            command.CommandText = $"""
                PRAGMA synchronous = {(full ? "FULL" : "NORMAL")};
                PRAGMA foreign_keys = ON;
                PRAGMA temp_store = MEMORY;
                PRAGMA wal_autocheckpoint = 4000;
                PRAGMA journal_size_limit = 16777216;
                """;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override DbTransaction? Begin(DbConnection connection, TimeSpan wait)
    {
        // Neither the provider's transaction, which looks at the lock every 150 ms and waits for whole seconds, nor SQLite's own time-out, which looks once a
        // second in a build without usleep. The thread is the writer's own.
        var handle = ((SqliteConnection)connection).Handle;
        _ = raw.sqlite3_busy_timeout(handle, 0);
        var began = TimeProvider.System.GetTimestamp();
        int result;
        while ((result = raw.sqlite3_exec(handle, "BEGIN IMMEDIATE")) == raw.SQLITE_BUSY && TimeProvider.System.GetElapsedTime(began) < wait)
        {
            lock (_looking)
            {
                Monitor.Wait(_looking, LookAtLock);
            }
        }

        Check(result, handle);
        return null;
    }

    public override void Commit(DbConnection connection, DbTransaction? transaction) => Run(((SqliteConnection)connection).Handle, "COMMIT");

    public override void Rollback(DbConnection connection, DbTransaction? transaction)
    {
        var handle = ((SqliteConnection)connection).Handle;
        // Some errors have rolled back already.
        if (raw.sqlite3_get_autocommit(handle) == 0)
        {
            _ = raw.sqlite3_exec(handle, "ROLLBACK");
        }
    }

    public override bool IsUsable(DbConnection connection) =>
        connection.State == ConnectionState.Open && raw.sqlite3_get_autocommit(((SqliteConnection)connection).Handle) != 0;

    // BEGIN IMMEDIATE has done it.
    public override void LockMigrations(WriteTransaction transaction)
    {
    }

    public override int InsertEvents(WriteTransaction transaction, IReadOnlyCollection<RunBatch> batches, string node)
    {
        var command = InsertCommand((SqliteConnection)transaction.Connection);
        var values = command.Parameters;
        values[4].Value = node;
        var inserted = 0;
        foreach (var batch in batches)
        {
            values[0].Value = batch.RunId;
            values[1].Value = batch.FirstSeq;
            values[2].Value = batch.LastSeq;
            values[3].Value = batch.Data;
            inserted += command.ExecuteNonQuery();
        }

        return inserted;
    }

    // Triggers do it.
    public override void Index(WriteTransaction transaction, string table, string id, string text)
    {
    }

    public override string Holds(string table, string alias, string parameter) =>
        $"{alias}.number IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH {parameter})";

    public override string Like => "LIKE";

    public override string SearchTerm(string word) => $"\"{word}\"*";

    public override StorageFault? FaultOf(Exception exception) => exception switch
    {
        StorageException known => known.Fault,
        SqliteException { SqliteExtendedErrorCode: SharedMemorySize } => StorageFault.Full,
        SqliteException sqlite => sqlite.SqliteErrorCode switch
        {
            Busy or Locked => StorageFault.Busy,
            Full => StorageFault.Full,
            ReadOnly or IoError or Corrupt or CantOpen or NotADatabase => StorageFault.Damaged,
            OutOfMemory => StorageFault.Unreachable,
            _ => StorageFault.Failed,
        },
        _ => null,
    };

    public override bool IsDuplicate(Exception exception) => exception is SqliteException { SqliteExtendedErrorCode: UniqueKey or PrimaryKey };

    public override void ForgetConnections()
    {
    }

    // The automatic checkpoint keeps it at some 16 MB, but for readers that overlap. Looked at now and then: it grows by little with each write.
    public override bool IsOverdue => ++_writes % WritesPerLook == 0 && new FileInfo(_file.Database + "-wal") is { Exists: true, Length: > LongestLog };

    public override void CatchUp(DbConnection writer)
    {
        using var command = writer.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        command.ExecuteNonQuery();
    }

    public override void BeforeClose(DbConnection writer)
    {
        _insert?.Dispose();
        _insert = null;
        using (var reader = new SqliteConnection(Source.ConnectionString))
        {
            SqliteConnection.ClearPool(reader);
        }

        CatchUp(writer);
    }

    public override async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        using (var reader = new SqliteConnection(Source.ConnectionString))
        {
            SqliteConnection.ClearPool(reader);
        }

        _file.Dispose();
    }

    private static void Run(sqlite3? handle, string sql) => Check(raw.sqlite3_exec(handle, sql), handle);

    private static void Check(int result, sqlite3? handle)
    {
        if (result != raw.SQLITE_OK)
        {
            SqliteException.ThrowExceptionForRC(result, handle);
        }
    }

    private static int Milliseconds(TimeSpan wait) => (int)Math.Min(wait.TotalMilliseconds, int.MaxValue);

    private static IEnumerable<string> SearchTable(string table, string column) =>
    [
        $"CREATE VIRTUAL TABLE {table}_fts USING fts5({column}, content='{table}', content_rowid='number', columnsize=0, detail=none)",
        $"""
        CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} WHEN new.{column} <> '' BEGIN
          INSERT INTO {table}_fts (rowid, {column}) VALUES (new.number, new.{column});
        END
        """,
        $"""
        CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} WHEN old.{column} <> '' BEGIN
          INSERT INTO {table}_fts ({table}_fts, rowid, {column}) VALUES ('delete', old.number, old.{column});
        END
        """,
        $"""
        CREATE TRIGGER {table}_fts_update AFTER UPDATE OF {column} ON {table} WHEN old.{column} <> new.{column} BEGIN
          INSERT INTO {table}_fts ({table}_fts, rowid, {column}) SELECT 'delete', old.number, old.{column} WHERE old.{column} <> '';
          INSERT INTO {table}_fts (rowid, {column}) SELECT new.number, new.{column} WHERE new.{column} <> '';
        END
        """,
    ];

    private string Connect(SqliteOpenMode mode, bool pooled) => new SqliteConnectionStringBuilder
    {
        DataSource = _file.Database,
        Mode = mode,
        Pooling = pooled,
        DefaultTimeout = Math.Max(1, (int)_options.BusyTimeout.TotalSeconds),
    }.ToString();

    // Prepared once for each writer's connection: a commit has a thousand of these.
    private SqliteCommand InsertCommand(SqliteConnection connection)
    {
        if (_insert is not null && _events == connection)
        {
            return _insert;
        }

        _insert?.Dispose();
        _events = connection;
        _insert = connection.CreateCommand();
        _insert.CommandText = """
            INSERT INTO run_events (run, first_seq, last_seq, data)
            SELECT number, @first, @last, @data FROM runs WHERE id = @run AND state = 'running' AND node = @node
            ON CONFLICT (run, first_seq) DO UPDATE SET last_seq = excluded.last_seq, data = excluded.data WHERE excluded.last_seq > run_events.last_seq
            """;
        _insert.Parameters.Add("@run", SqliteType.Text);
        _insert.Parameters.Add("@first", SqliteType.Integer);
        _insert.Parameters.Add("@last", SqliteType.Integer);
        _insert.Parameters.Add("@data", SqliteType.Blob);
        _insert.Parameters.Add("@node", SqliteType.Text);
        _insert.Prepare();
        return _insert;
    }
}
