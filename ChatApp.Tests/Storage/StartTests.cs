using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Dapper;
using Microsoft.Data.Sqlite;

namespace ChatApp.Tests.Storage;

/// <summary>Databases the app refuses to start with: it says why, and leaves the file as it is.</summary>
public sealed class StartTests
{
    private const string Name = "chatapp.db";

    [Theory]
    [InlineData("header", "not an SQLite database")]
    [InlineData("pages", "the check says")]
    [InlineData("truncated", "its end is missing")]
    [InlineData("other", "not an SQLite database")]
    [InlineData("short", "not an SQLite database")]
    [InlineData("file without its log", "is there")]
    public async Task OpenAsync_DamagedFile_IsRefusedAndUntouched(string damage, string said)
    {
        using var directory = new TemporaryDirectory();
        await FillAsync(directory);
        var file = directory[Name];
        switch (damage)
        {
            case "header":
                Overwrite(file, 0, 100);
                break;
            case "pages":
                Overwrite(file, 4096, 8192);
                break;
            case "truncated":
                await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file))[..20_000]);
                break;
            case "other":
                await File.WriteAllTextAsync(file, new string('x', 5000));
                break;
            case "short":
                await File.WriteAllTextAsync(file, "SQLite format 3\0");
                break;
            default:
                File.Move(file, directory[$"{Name}-wal"]);
                break;
        }

        var before = Bytes(directory);

        var exception = await Assert.ThrowsAsync<StorageStartException>(() => TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path)));

        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        Assert.Contains(file, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        foreach (var (name, bytes) in before)
        {
            Assert.Equal(bytes, await File.ReadAllBytesAsync(directory[name]));
        }
    }

    [Fact]
    public async Task OpenAsync_LogDeletedAfterAKill_StartsWithWhatIsWholeOrRefuses()
    {
        using var directory = new TemporaryDirectory();
        using var copy = new TemporaryDirectory();
        var store = await TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path));
        await store.Runs.AddAsync(store.Turn("c", "1"));
        // As it lies on the disk while it is written to, without its log.
        File.Copy(directory[Name], copy[Name]);
        await store.DisposeAsync();

        await using var again = await TestStore.OpenAsync((nameof(StorageOptions.Path), copy.Path));
        Assert.Empty(await again.Conversations.ListAsync("", 10));
        Assert.Equal(TurnOutcomeKind.Added, (await again.Runs.AddAsync(again.Turn("c", "1"))).Kind);
    }

    [Fact]
    public async Task OpenAsync_CopyTakenWhileWritten_HasAllThatWasStored()
    {
        using var directory = new TemporaryDirectory();
        using var copy = new TemporaryDirectory();
        await using var store = await TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path));
        for (var i = 0; i < 50; i++)
        {
            await store.Runs.AddAsync(store.Turn($"c{i}", $"{i}"));
        }

        File.Copy(directory[Name], copy[Name]);
        File.Copy(directory[$"{Name}-wal"], copy[$"{Name}-wal"]);

        await using var again = await TestStore.OpenAsync((nameof(StorageOptions.Path), copy.Path));
        Assert.Equal(50, (await again.Runs.OrphansAsync(100)).Count);
    }

    [Fact]
    public async Task OpenAsync_DirectoryThatIsAFile_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["file"], "");
        var exception = await Assert.ThrowsAsync<StorageStartException>(() => TestStore.OpenAsync((nameof(StorageOptions.Path), directory["file"])));
        Assert.Contains("is a file", exception.Message, StringComparison.Ordinal);
        exception = await Assert.ThrowsAsync<StorageStartException>(() => TestStore.OpenAsync((nameof(StorageOptions.Path), "/proc/chatapp")));
        Assert.Contains("can't write", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_SecondProcess_IsRefusedUntilTheFirstEnds()
    {
        using var directory = new TemporaryDirectory();
        var first = await TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path));
        var exception = await Assert.ThrowsAsync<StorageStartException>(() => TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path)));
        Assert.Contains("Another ChatApp", exception.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await using var second = await TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path));
    }

    [Fact]
    public async Task DisposeAsync_InOrder_LeavesOneWholeFileForItsUserAlone()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["made"];
        var store = await TestStore.OpenAsync((nameof(StorageOptions.Path), path));
        await store.Runs.AddAsync(store.Turn("c", "1"));
        await store.DisposeAsync();

        Assert.Equal([Name, $"{Name}.lock"], Directory.GetFiles(path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }
    }

    [Theory, Databases]
    public async Task OpenAsync_NewerSchema_IsRefusedAndUntouched(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await (await place.OpenAsync()).DisposeAsync();
        const string Newer = "INSERT INTO schema_version (version, applied) VALUES (99, 0)";
        byte[]? before = null;
        if (provider == StorageOptions.Sqlite)
        {
            await using var connection = new SqliteConnection($"Data Source={Path.Combine(place.Directory, Name)};Pooling=false");
            await connection.ExecuteAsync(Newer);
            await connection.CloseAsync();
            before = await File.ReadAllBytesAsync(Path.Combine(place.Directory, Name));
        }
        else
        {
            await PostgresServer.ExecuteAsync(place.Connection, Newer);
        }

        var exception = await Assert.ThrowsAsync<StorageStartException>(() => place.OpenAsync());

        Assert.Contains("newer ChatApp", exception.Message, StringComparison.Ordinal);
        if (before is not null)
        {
            Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(place.Directory, Name)));
        }
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=se'cret;Database=d")]
    [InlineData("Host=no-such-host.invalid;Username=u;Password=se'cret;Database=d")]
    public async Task OpenAsync_NoServer_IsRefusedWithoutThePassword(string connection)
    {
        var exception = await Assert.ThrowsAsync<StorageStartException>(() => TestStore.OpenAsync(
            (nameof(StorageOptions.Provider), "postgres"), (nameof(StorageOptions.ConnectionString), connection), (nameof(StorageOptions.BusyTimeout), "1s")));
        Assert.DoesNotContain("cret", exception.Message, StringComparison.Ordinal);
        Assert.Contains("d on ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_DamagedDatabase_EndsWithCode3AndOneLine()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory[Name], "This is no database.");
        await using var app = await AppProcess.StartAsync($"--ChatApp:Storage:Path={directory.Path}");

        Assert.Equal(3, await app.ExitCodeAsync());
        Assert.Contains("is damaged", app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
        Assert.Equal("This is no database.", await File.ReadAllTextAsync(directory[Name]));
    }

    [Theory]
    [InlineData("Provider", "mysql")]
    [InlineData("Provider", "postgres")]
    [InlineData("Durability", "some")]
    [InlineData("BusyTimeout", "0s")]
    [InlineData("Lease", "soon")]
    [InlineData("MaxUnsaved", "0")]
    public async Task Process_SettingThatIsWrong_EndsWithCode2(string key, string value)
    {
        await using var app = Program.Build([$"--ChatApp:Storage:{key}={value}"]);
        var exception = Assert.ThrowsAny<Exception>(() => ((Microsoft.Extensions.Options.IStartupValidator)app.Services.GetService(typeof(Microsoft.Extensions.Options.IStartupValidator))!).Validate());
        Assert.StartsWith("ChatApp:Storage:", Assert.Single(Program.SettingProblems(exception)), StringComparison.Ordinal);
    }

    private static async Task FillAsync(TemporaryDirectory directory)
    {
        await using var store = await TestStore.OpenAsync((nameof(StorageOptions.Path), directory.Path));
        for (var i = 0; i < 100; i++)
        {
            await store.Runs.AddAsync(store.Turn($"c{i}", $"{i}", question: $"Question {i}"));
        }
    }

    private static void Overwrite(string file, int from, int count)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Position = from;
        stream.Write(Enumerable.Repeat((byte)0xA5, count).ToArray());
    }

    private static Dictionary<string, byte[]> Bytes(TemporaryDirectory directory) =>
        Directory.GetFiles(directory.Path).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
}
