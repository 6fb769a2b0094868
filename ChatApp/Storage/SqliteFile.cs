using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace ChatApp.Storage;

/// <summary>The database's file: where it is, that nobody else has it, and whether it can be opened at all. It is looked at only; nothing in it is changed.</summary>
internal sealed class SqliteFile : IDisposable
{
    private const string Name = "chatapp.db";

    // A bigger one is read through only after a stop that was not orderly.
    private const long AlwaysChecked = 64 << 20;

    private const UnixFileMode OursAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _directory;
    private FileStream? _lock;

    public SqliteFile(StorageOptions options)
    {
        _directory = Directory(options.Path);
        Database = Path.Combine(_directory, Name);
    }

    /// <summary>The file's whole path.</summary>
    public string Database { get; }

    /// <summary>Whether there was nothing in it, as far as <see cref="Check"/> saw.</summary>
    public bool IsNew { get; private set; }

    private string Advice => $"Restore {Database} from a backup, or move it away together with {Name}-wal to begin with an empty one. Nothing was changed.";

    /// <summary>Makes the directory and takes it for this process.</summary>
    public void Lock()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                System.IO.Directory.CreateDirectory(_directory);
            }
            else if (!System.IO.Directory.Exists(_directory))
            {
                System.IO.Directory.CreateDirectory(_directory, OursAlone);
            }

            // The system lets go of it when the process ends, however it ends.
            _lock = new FileStream($"{Database}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw NotWritable(exception);
        }
        catch (IOException exception)
        {
            if (File.Exists(_directory))
            {
                throw new StorageStartException(
                    $"{_directory} is a file and not a directory. Set {StorageOptions.Section}:{nameof(StorageOptions.Path)} to a directory for the database.", exception);
            }

            throw File.Exists($"{Database}.lock") && System.IO.Directory.Exists(_directory)
                ? new StorageStartException(
                    $"Another ChatApp is using {Database}. Stop that one, or set {StorageOptions.Section}:{nameof(StorageOptions.Path)} to a directory of its own.", exception)
                : NotWritable(exception);
        }
    }

    /// <summary>Refuses a file that is damaged, is something else, or can't be written.</summary>
    public void Check()
    {
        var log = new FileInfo($"{Database}-wal");
        var hasLog = log.Exists && log.Length > 0;
        var file = new FileInfo(Database);
        if (!file.Exists || file.Length == 0)
        {
            if (hasLog)
            {
                throw Damaged($"the file is {(file.Exists ? "empty" : "missing")}, but its {Name}-wal is there");
            }

            IsNew = true;
            return;
        }

        var wasClosed = !hasLog && !File.Exists($"{Database}-shm");
        try
        {
            CheckHeader(file.Length, hasLog);
            using var write = new FileStream(Database, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw NotWritable(exception);
        }

        if (!wasClosed || file.Length <= AlwaysChecked)
        {
            CheckPages();
        }
    }

    public void Dispose() => _lock?.Dispose();

    // https://sqlite.org/fileformat2.html, 1.3: the database header
    private void CheckHeader(long length, bool hasLog)
    {
        Span<byte> header = stackalloc byte[100];
        using var stream = new FileStream(Database, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header.StartsWith("SQLite format 3\0"u8))
        {
            throw Damaged("it is not an SQLite database");
        }

        var page = BinaryPrimitives.ReadUInt16BigEndian(header[16..]) is var size && size == 1 ? 65536 : size;
        var pages = BinaryPrimitives.ReadUInt32BigEndian(header[28..]);
        var isCounted = header[24..28].SequenceEqual(header[92..96]);
        // What a log still holds may be what the file lacks.
        if (!hasLog && isCounted && (long)page * pages > length)
        {
            throw Damaged($"it should have {(long)page * pages} bytes and has {length}: its end is missing");
        }
    }

    private void CheckPages()
    {
        try
        {
            // Read only: closing it does not write the log back.
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA quick_check(1)";
            if (command.ExecuteScalar() is var result && result as string is not "ok")
            {
                throw Damaged($"the check says: {result?.ToString()?.ReplaceLineEndings(" ")}");
            }
        }
        catch (SqliteException exception)
        {
            throw Damaged(exception.Message);
        }
    }

    private StorageStartException Damaged(string what) => new($"The database {Database} is damaged: {what.TrimEnd('.')}. {Advice}");

    private StorageStartException NotWritable(Exception exception) =>
        new($"ChatApp can't write in {_directory}: {exception.Message.Split('\n')[0].TrimEnd('.')}. Give its user that right, or set {StorageOptions.Section}:{nameof(StorageOptions.Path)} to another directory.", exception);

    private static string Directory(string path)
    {
        if (path.Length > 0)
        {
            return Path.GetFullPath(path);
        }

        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "ChatApp.sln")))
            {
                return Path.Combine(directory.FullName, "data");
            }
        }

        return Path.Combine(AppContext.BaseDirectory, "data");
    }
}
