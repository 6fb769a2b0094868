using System.Reflection;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Xunit.Sdk;
using Xunit.v3;

namespace ChatApp.Tests.Storage;

/// <summary>Runs a theory on every database there is.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DatabasesAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([new TheoryDataRow<string>(StorageOptions.Sqlite), new TheoryDataRow<string>(StorageOptions.Postgres) { Skip = PostgresServer.Missing }]);

    public override bool SupportsDiscoveryEnumeration() => true;
}

/// <summary>A new database that a test may open several times, one after the other or, where it is PostgreSQL, at once.</summary>
internal sealed class DatabasePlace : IAsyncDisposable
{
    private readonly TemporaryDirectory? _directory;
    private readonly string? _connection;

    private DatabasePlace(TemporaryDirectory? directory, string? connection)
    {
        _directory = directory;
        _connection = connection;
    }

    public string Directory => _directory?.Path ?? throw new InvalidOperationException("This is no SQLite.");

    public string Connection => _connection ?? throw new InvalidOperationException("This is no PostgreSQL.");

    public static async Task<DatabasePlace> CreateAsync(string provider) => provider == StorageOptions.Sqlite
        ? new DatabasePlace(new TemporaryDirectory(), null)
        : new DatabasePlace(null, await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    public Task<TestStore> OpenAsync(params (string Key, string Value)[] settings) => TestStore.OpenAsync(_connection is null
        ? [(nameof(StorageOptions.Path), Directory), .. settings]
        : [(nameof(StorageOptions.Provider), StorageOptions.Postgres), (nameof(StorageOptions.ConnectionString), _connection), .. settings]);

    public ValueTask DisposeAsync()
    {
        _directory?.Dispose();
        return ValueTask.CompletedTask;
    }
}
