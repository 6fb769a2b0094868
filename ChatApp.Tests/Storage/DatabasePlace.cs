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
        new([new TheoryDataRow<string>(StorageOptions.Sqlite)]);

    public override bool SupportsDiscoveryEnumeration() => true;
}

/// <summary>A new database that a test may open several times, one after the other or, where it is PostgreSQL, at once.</summary>
internal sealed class DatabasePlace : IAsyncDisposable
{
    private readonly TemporaryDirectory? _directory;

    private DatabasePlace(TemporaryDirectory? directory) => _directory = directory;

    public string Directory => _directory?.Path ?? throw new InvalidOperationException("This is no SQLite.");

    public static async Task<DatabasePlace> CreateAsync(string provider)
    {
        await Task.CompletedTask;
        return new DatabasePlace(new TemporaryDirectory());
    }

    public Task<TestStore> OpenAsync(params (string Key, string Value)[] settings) => TestStore.OpenAsync([(nameof(StorageOptions.Path), Directory), .. settings]);

    public ValueTask DisposeAsync()
    {
        _directory?.Dispose();
        return ValueTask.CompletedTask;
    }
}
