using System.Data.Common;
using Dapper;

namespace ChatApp.Storage;

/// <summary>A transaction on the writer's thread. It is committed when the job returns, unless <see cref="Abandon"/> was called or it throws.</summary>
internal sealed class WriteTransaction(Dialect dialect, DbConnection connection, DbTransaction? transaction)
{
    private DbBatch? _later;

    public Dialect Dialect { get; } = dialect;

    public DbConnection Connection { get; } = connection;

    public DbTransaction? Transaction { get; } = transaction;

    public bool IsAbandoned { get; private set; }

    /// <summary>Nothing of this transaction is to be stored.</summary>
    public void Abandon() => IsAbandoned = true;

    public int Execute(string sql, object? values = null) => Connection.Execute(sql, values, Transaction);

    /// <summary>The same, where nobody waits for the result: over a network all of these go together, with <see cref="Flush"/>.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="values">Its parameters.</param>
    public void ExecuteLater(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        if (!Connection.CanCreateBatch)
        {
            using var now = Connection.CreateCommand();
            now.Transaction = Transaction;
            now.CommandText = sql;
            Add(now.Parameters, now.CreateParameter, values);
            now.ExecuteNonQuery();
            return;
        }

        if (_later is null)
        {
            _later = Connection.CreateBatch();
            _later.Transaction = Transaction;
        }

        var command = _later.CreateBatchCommand();
        command.CommandText = sql;
        Add(command.Parameters, command.CreateParameter, values);
        _later.BatchCommands.Add(command);
    }

    /// <summary>Does what <see cref="ExecuteLater"/> was given.</summary>
    public void Flush()
    {
        using var batch = _later;
        _later = null;
        batch?.ExecuteNonQuery();
    }

    private static void Add(DbParameterCollection to, Func<DbParameter> create, ReadOnlySpan<(string Name, object Value)> values)
    {
        foreach (var (name, value) in values)
        {
            var parameter = create();
            (parameter.ParameterName, parameter.Value) = (name, value);
            to.Add(parameter);
        }
    }

    public List<T> Query<T>(string sql, object? values = null) => Connection.Query<T>(sql, values, Transaction).AsList();

    /// <summary>The first row; the type's default where there is none.</summary>
    public T? First<T>(string sql, object? values = null) => Connection.QueryFirstOrDefault<T>(sql, values, Transaction);
}
