using Dapper;
using Microsoft.Data.Sqlite;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Looks into the app's SQLite file from outside.</summary>
internal static class StoredFile
{
    public const string Name = "chatapp.db";

    /// <summary>A connection of its own, without a pool.</summary>
    public static SqliteConnection Open(TemporaryDirectory directory) => new($"Data Source={directory[Name]};Pooling=false");

    /// <summary>Fails unless the file is whole.</summary>
    public static async Task CheckAsync(TemporaryDirectory directory)
    {
        await using var connection = Open(directory);
        Assert.Equal("ok", await connection.ExecuteScalarAsync<string>("PRAGMA integrity_check"));
        // Of the search's index, its own check: it says nothing, or that it is damaged.
        await connection.ExecuteAsync("INSERT INTO messages_fts (messages_fts) VALUES ('integrity-check')");
    }

    /// <summary>How many runs are in that state.</summary>
    public static async Task<int> CountAsync(TemporaryDirectory directory, string state)
    {
        await using var connection = Open(directory);
        return await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM runs WHERE state = @state", new { state });
    }
}
