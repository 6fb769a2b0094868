using System.Data.Common;

namespace ChatApp.Storage;

/// <summary>What SQLite and PostgreSQL do differently. All other SQL is taken by both.</summary>
internal abstract class Dialect : IAsyncDisposable
{
    /// <summary>How long events may wait for a lock: they are many, and are tried again.</summary>
    public static readonly TimeSpan EventsWait = TimeSpan.FromSeconds(1);

    /// <summary>Whether other processes may use the same database.</summary>
    public abstract bool IsShared { get; }

    /// <summary>The column type of an id: it is compared byte by byte, so that ids sort by time.</summary>
    public abstract string IdType { get; }

    /// <summary>The column type of bytes.</summary>
    public abstract string BytesType { get; }

    /// <summary>The column type of a primary key that counts by itself.</summary>
    public abstract string CountingKey { get; }

    /// <summary>Behind a SELECT: the row is ours until the transaction ends.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>Behind a SELECT: the row can't be changed by others until the transaction ends.</summary>
    public abstract string ForShare { get; }

    /// <summary>The database's clock in Unix milliseconds.</summary>
    public abstract string Now { get; }

    /// <summary>Where it is, for messages to people; without passwords.</summary>
    public abstract string Place { get; }

    /// <summary>What is to be read, once <see cref="Open"/> is done. Connections are pooled.</summary>
    public abstract DbDataSource Source { get; }

    /// <summary>Looks whether the database can be used, before anything is changed in it. Whatever it throws that <see cref="FaultOf"/> knows is told to people.</summary>
    /// <exception cref="StorageStartException">It can't.</exception>
    public abstract void Open();

    /// <summary>A connection for the writer.</summary>
    public abstract DbConnection OpenWriter(TimeSpan wait);

    /// <summary>Begins a transaction that writes; null where the connection itself keeps it.</summary>
    public abstract DbTransaction? Begin(DbConnection connection, TimeSpan wait);

    public abstract void Commit(DbConnection connection, DbTransaction? transaction);

    public abstract void Rollback(DbConnection connection, DbTransaction? transaction);

    /// <summary>Whether a writer's connection can be used again after an exception.</summary>
    public abstract bool IsUsable(DbConnection connection);

    /// <summary>Waits until no other process migrates the database; within a transaction, until its end.</summary>
    public abstract void LockMigrations(WriteTransaction transaction);

    /// <summary>Whether the database has a table of that name.</summary>
    public abstract string TableExists { get; }

    /// <summary>What search needs beside the tables of the first migration.</summary>
    public abstract IReadOnlyList<string> SearchSchema { get; }

    /// <summary>Inserts events of the node's running runs; of a piece that is there already, the longer one stays. No two have the same run and first number.</summary>
    /// <returns>How many pieces were new.</returns>
    public abstract int InsertEvents(WriteTransaction transaction, IReadOnlyCollection<RunBatch> batches, string node);

    /// <summary>Keeps what search knows of a text up to date, where the database does not do it by itself.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="table">messages or conversations.</param>
    /// <param name="id">Which row.</param>
    /// <param name="text">Its text.</param>
    public abstract void Index(WriteTransaction transaction, string table, string id, string text);

    /// <summary>LIKE, whatever the case of the letters.</summary>
    public abstract string Like { get; }

    /// <summary>The condition that a row of messages or conversations holds a word.</summary>
    /// <param name="table">messages or conversations.</param>
    /// <param name="alias">The row's name in the statement.</param>
    /// <param name="parameter">The parameter that holds <see cref="SearchTerm"/>.</param>
    public abstract string Holds(string table, string alias, string parameter);

    /// <summary>The value for a word, which is letters and digits alone, or words that begin with it.</summary>
    public abstract string SearchTerm(string word);

    /// <summary>What a driver's exception means; null where it is none of the driver's.</summary>
    public abstract StorageFault? FaultOf(Exception exception);

    /// <summary>Drops pooled connections, which may be dead.</summary>
    public abstract void ForgetConnections();

    /// <summary>Whether somebody else stored a row with the same key just before.</summary>
    public abstract bool IsDuplicate(Exception exception);

    /// <summary>Whether there is work that can only be done while nobody reads: <see cref="CatchUp"/>.</summary>
    public virtual bool IsOverdue => false;

    /// <summary>Does it.</summary>
    public virtual void CatchUp(DbConnection writer)
    {
    }

    /// <summary>Before the writer's connection is closed in order.</summary>
    public abstract void BeforeClose(DbConnection writer);

    public abstract ValueTask DisposeAsync();
}
