using Microsoft.Data.Sqlite;

namespace ChatApp.Storage;

/// <summary><c>backup FILE</c> on the command line: copies the SQLite database, whether the app runs or not.</summary>
internal static class BackupCommand
{
    private const string Usage = "Usage: dotnet run --project ChatApp -- backup FILE";

    /// <summary>Whether the arguments are meant for it.</summary>
    public static bool Handles(string[] args) => args is ["backup", ..];

    /// <summary>Runs it; 0 where the copy is whole, 2 where the arguments are wrong, 3 where the database can't be read or the copy not be written.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        if (args.Length < 2 || args[1].StartsWith('-') || args.Skip(2).Any(arg => !arg.StartsWith("--", StringComparison.Ordinal)))
        {
            await error.WriteLineAsync(Usage);
            return 2;
        }

        var options = Options(args[2..]);
        if (options.IsShared)
        {
            await error.WriteLineAsync("This copies SQLite only. Back up PostgreSQL with pg_dump; docs/backup.md has the commands.");
            return 2;
        }

        var target = Path.GetFullPath(args[1]);
        using var file = new SqliteFile(options);
        if (Refusal(file.Database, target) is { } refusal)
        {
            await error.WriteLineAsync(refusal);
            return 3;
        }

        try
        {
            Copy(file.Database, target);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            File.Delete(target);
            await error.WriteLineAsync($"{file.Database} could not be copied to {target}: {exception.Message.Split('\n')[0].Trim()}");
            return 3;
        }

        await output.WriteLineAsync($"{target} is a whole copy of {file.Database} as of now.");
        return 0;
    }

    // The same places as the app's own.
    private static StorageOptions Options(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var section = builder.Configuration.GetSection(StorageOptions.Section);
        return new StorageOptions
        {
            Provider = section[nameof(StorageOptions.Provider)] is { Length: > 0 } provider ? provider : StorageOptions.Sqlite,
            Path = section[nameof(StorageOptions.Path)] ?? "",
        };
    }

    private static string? Refusal(string database, string target) =>
        !File.Exists(database) ? $"There is no database {database}. Set {StorageOptions.Section}:{nameof(StorageOptions.Path)} to its directory."
        : File.Exists(target) ? $"{target} is there already and was left as it is. Name a new file."
        : null;

    // One reading transaction: writers go on meanwhile, and what they write is not in the copy.
    private static void Copy(string database, string target)
    {
        // With the rights of a file that holds conversations. SQLite fills an empty one.
        new FileStream(target, Rights()).Dispose();
        using (var connection = Open(database, SqliteOpenMode.ReadWrite))
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "VACUUM INTO $target";
            command.Parameters.AddWithValue("$target", target);
            command.ExecuteNonQuery();
        }

        using (var copy = Open(target, SqliteOpenMode.ReadOnly))
        using (var command = copy.CreateCommand())
        {
            command.CommandText = "PRAGMA quick_check(1)";
            if (command.ExecuteScalar() as string is not "ok")
            {
                throw new IOException("the copy is not whole");
            }
        }

        using var stream = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }

    private static FileStreamOptions Rights()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static SqliteConnection Open(string file, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
