using Dapper;

namespace ChatApp.Storage;

/// <summary>The keys that sign what the server hands to a page and takes back. Asked for from code that can't wait otherwise, seldom and at the start.</summary>
public sealed class KeyStore
{
    private readonly Database _database;

    internal KeyStore(Database database) => _database = database;

    /// <summary>All keys, as XML.</summary>
    public IReadOnlyList<string> All()
    {
        using var connection = _database.Dialect.Source.OpenConnection();
        return connection.Query<string>("SELECT xml FROM data_protection_keys ORDER BY number").AsList();
    }

    /// <summary>Adds a key; it is stored when this returns.</summary>
    public void Add(string name, string xml) =>
        _database.WriteAsync(transaction => transaction.Execute("INSERT INTO data_protection_keys (name, xml) VALUES (@name, @xml)", new { name, xml })).Wait();
}
