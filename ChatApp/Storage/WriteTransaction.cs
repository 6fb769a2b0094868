using System.Data.Common;
using Dapper;

namespace ChatApp.Storage;

/// <summary>A transaction on the writer's thread. It is committed when the job returns, unless <see cref="Abandon"/> was called or it throws.</summary>
internal sealed class WriteTransaction(Dialect dialect, DbConnection connection, DbTransaction? transaction)
{
    public Dialect Dialect { get; } = dialect;

    public DbConnection Connection { get; } = connection;

    public DbTransaction? Transaction { get; } = transaction;

    public bool IsAbandoned { get; private set; }

    /// <summary>Nothing of this transaction is to be stored.</summary>
    public void Abandon() => IsAbandoned = true;

    public int Execute(string sql, object? values = null) => Connection.Execute(sql, values, Transaction);

    public List<T> Query<T>(string sql, object? values = null) => Connection.Query<T>(sql, values, Transaction).AsList();

    /// <summary>The first row; the type's default where there is none.</summary>
    public T? First<T>(string sql, object? values = null) => Connection.QueryFirstOrDefault<T>(sql, values, Transaction);
}
