using System.Data.Common;
using Microsoft.Extensions.Options;

namespace ChatApp.Storage;

/// <summary>The one database: reads on connections of their own, writes one after the other.</summary>
internal sealed partial class Database(IOptions<StorageOptions> options, ILogger<Database> logger) : IAsyncDisposable
{
    // On a connection that breaks again and again.
    private const int Attempts = 3;

    // Long against a read, which takes a few milliseconds.
    private static readonly TimeSpan QuietPatience = TimeSpan.FromMilliseconds(250);

    private readonly ILogger _logger = logger;
    private readonly ReadGate _reads = new();
    private Dialect? _dialect;
    private WriteQueue? _writes;
    private DbConnection? _writer;
    private StorageFault? _fault;

    // Read when the app starts and not before, when all that is wrong with the settings has been said at once.
    private StorageOptions Settings => options.Value;

    public Dialect Dialect => _dialect ?? throw new InvalidOperationException("The database is used before the app has started.");

    /// <summary>Opens, checks and migrates. Called once.</summary>
    /// <exception cref="StorageStartException">It can't be used.</exception>
    public async Task OpenAsync()
    {
        _dialect = Settings.IsShared
            ? new PostgresDialect(Settings)
            : new SqliteDialect(Settings);
        _writes = new WriteQueue();
        await _writes.RunAsync(
            _ =>
            {
                try
                {
                    _dialect.Open();
                    _writer = _dialect.OpenWriter(Settings.BusyTimeout);
                    Migrator.Migrate(work => InTransaction(work, Settings.BusyTimeout), _dialect.Place);
                }
                catch (Exception exception) when (_dialect.FaultOf(exception) is not null)
                {
                    throw new StorageStartException($"ChatApp can't use the database {_dialect.Place}: {FirstLine(exception)}", exception);
                }

                return true;
            },
            TimeSpan.FromMinutes(10));
    }

    /// <summary>Reads. The connection goes back to the pool when <paramref name="read"/> ends, so nothing may be left open in it.</summary>
    /// <exception cref="StorageException">It could not be read.</exception>
    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read)
    {
        for (var first = true; ; first = false)
        {
            await _reads.EnterAsync();
            try
            {
                await using var connection = await Dialect.Source.OpenConnectionAsync();
                return await read(connection);
            }
            catch (Exception exception) when (Dialect.FaultOf(exception) is { } fault)
            {
                // After the server restarted, the pool holds connections that are none any more.
                if (fault != StorageFault.Unreachable || !first)
                {
                    throw Explain(fault, exception);
                }

                Dialect.ForgetConnections();
            }
            finally
            {
                _reads.Leave();
            }
        }
    }

    /// <summary>Writes, as one transaction, after all that were asked before.</summary>
    /// <exception cref="StorageException">It was not stored.</exception>
    /// <param name="work">The work.</param>
    /// <param name="wait">How long to wait for a lock, and for the writes before; null for as long as the settings say.</param>
    /// <param name="isUrgent">Whether it goes before writes that are not.</param>
    public Task<T> WriteAsync<T>(Func<WriteTransaction, T> work, TimeSpan? wait = null, bool isUrgent = false) =>
        (_writes ?? throw new InvalidOperationException("The database is used before the app has started."))
            .RunAsync(left => Write(work, left), wait ?? Settings.BusyTimeout, isUrgent);

    /// <summary>Closes in order: after it, the file is whole by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_writes is not null)
        {
            var writes = _writes;
            await Task.Run(writes.Dispose);
        }

        if (_writer is not null && _dialect is not null)
        {
            try
            {
                _dialect.BeforeClose(_writer);
            }
            catch (Exception exception) when (_dialect.FaultOf(exception) is not null)
            {
                Log.NotClosed(_logger, FirstLine(exception));
            }

            await _writer.DisposeAsync();
            _writer = null;
        }

        if (_dialect is not null)
        {
            await _dialect.DisposeAsync();
        }
    }

    private T Write<T>(Func<WriteTransaction, T> work, TimeSpan wait)
    {
        try
        {
            T result;
            try
            {
                result = InTransaction(work, wait);
            }
            catch (Exception exception) when (Dialect.IsDuplicate(exception))
            {
                // Another node was quicker with the same key. The second try sees its row.
                result = InTransaction(work, wait);
            }

            if (_writer is not null && Dialect.IsOverdue)
            {
                _reads.WhileQuiet(() => Dialect.CatchUp(_writer), QuietPatience);
            }

            if (_fault is not null)
            {
                _fault = null;
                Log.WritesAgain(_logger);
            }

            return result;
        }
        catch (Exception exception) when (Dialect.FaultOf(exception) is { } fault)
        {
            if (_fault != fault && fault != StorageFault.Busy)
            {
                _fault = fault;
                Log.NotWritten(_logger, Dialect.Place, FirstLine(exception));
            }

            throw Explain(fault, exception);
        }
    }

    private T InTransaction<T>(Func<WriteTransaction, T> work, TimeSpan wait)
    {
        var dialect = Dialect;
        var began = TimeProvider.System.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var committing = false;
            try
            {
                _writer ??= dialect.OpenWriter(Left());
                var transaction = new WriteTransaction(dialect, _writer, dialect.Begin(_writer, Left()));
                try
                {
                    var result = work(transaction);
                    if (!transaction.IsAbandoned)
                    {
                        transaction.Flush();
                        committing = true;
                        dialect.Commit(_writer, transaction.Transaction);
                        return result;
                    }

                    dialect.Rollback(_writer, transaction.Transaction);
                    return result;
                }
                catch
                {
                    dialect.Rollback(_writer, transaction.Transaction);
                    throw;
                }
            }
            catch (Exception exception) when (_writer is not null && !dialect.IsUsable(_writer))
            {
                _writer.Dispose();
                _writer = null;
                var fault = dialect.FaultOf(exception);
                if (committing && fault is not null)
                {
                    throw new StorageException(
                        StorageFault.Unreachable, "The connection to the database was lost at the moment of storing: whether it was stored is not known.", exception);
                }

                // Before the commit nothing is stored, so that all of it can be done again on a new connection.
                if (fault != StorageFault.Unreachable || attempt == Attempts || Left() <= TimeSpan.Zero)
                {
                    throw;
                }
            }
        }

        TimeSpan Left() => wait - TimeProvider.System.GetElapsedTime(began) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
    }

    private static StorageException Explain(StorageFault fault, Exception exception) => exception as StorageException ?? new StorageException(fault, fault switch
    {
        StorageFault.Busy => "The database is held by another writer. Try again in a few seconds.",
        StorageFault.Full => "The disk of the database is full. Nothing can be stored until there is room on it.",
        StorageFault.Unreachable => "The database can't be reached. Try again in a few seconds.",
        StorageFault.Damaged => "The file of the database is damaged or can't be written. Nothing can be stored until it is repaired.",
        StorageFault.Fenced => "This server was silent for too long, and its answers were taken for interrupted.",
        _ => "The database refused what was asked of it. This is a mistake of the program; the log has more.",
    }, exception);

    private static string FirstLine(Exception exception) => exception.Message.Split('\n')[0].Trim();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The database {Place} does not take what is written: {Reason}")]
        public static partial void NotWritten(ILogger logger, string place, string reason);

        [LoggerMessage(LogLevel.Information, "The database takes what is written again.")]
        public static partial void WritesAgain(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The database was not closed in order, which costs the next start a check: {Reason}")]
        public static partial void NotClosed(ILogger logger, string reason);
    }
}
