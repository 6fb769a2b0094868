namespace ChatApp.Storage;

/// <summary>Section <c>ChatApp:Storage</c>: where conversations and their answers are kept.</summary>
public sealed class StorageOptions
{
    public const string Section = "ChatApp:Storage";

    /// <summary><c>sqlite</c>, one file and nothing to install, or <c>postgres</c>, which several nodes may share.</summary>
    public string Provider { get; set; } = Sqlite;

    /// <summary>The directory of the SQLite file; made if it is missing. Empty means <c>data/</c> beside the solution, or beside the program where there is none.</summary>
    public string Path { get; set; } = "";

    /// <summary>How to reach PostgreSQL, such as <c>Host=db;Username=chat;Password=…;Database=chat</c>.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary><c>normal</c> survives a killed process; <c>full</c> survives a power cut as well, and waits for the disk at every commit.</summary>
    public string Durability { get; set; } = "normal";

    /// <summary>How long new events of all runs are gathered before they are stored together; readers see them then. A run's first token does not wait.</summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long a write waits for a locked database before it is refused.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many characters of one answer may wait for a database that does not take them; an answer that grows past it fails.</summary>
    public int MaxUnsaved { get; set; } = 1_000_000;

    /// <summary>How long the single events of an ended run are kept for readers that resume; its text stays.</summary>
    public TimeSpan KeepEvents { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a node may be silent before its runs are taken for interrupted. PostgreSQL only.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a deleted conversation can be brought back.</summary>
    public TimeSpan KeepDeleted { get; set; } = TimeSpan.FromDays(1);

    internal const string Sqlite = "sqlite";

    internal const string Postgres = "postgres";

    /// <summary>Whether other processes may use the same database.</summary>
    internal bool IsShared => Provider.Equals(Postgres, StringComparison.OrdinalIgnoreCase);
}
