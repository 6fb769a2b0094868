namespace ChatApp.Storage;

/// <summary>The database did not do what was asked of it. Nothing of it was stored, unless the message says otherwise.</summary>
/// <param name="fault">What is wrong with it.</param>
/// <param name="message">What happened and what to do, for people.</param>
/// <param name="inner">The driver's exception.</param>
public sealed class StorageException(StorageFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What is wrong with the database.</summary>
    public StorageFault Fault { get; } = fault;
}

/// <summary>What is wrong with a database.</summary>
public enum StorageFault
{
    /// <summary>Another writer holds it for too long. Later it may work.</summary>
    Busy,

    /// <summary>No room is left on its disk.</summary>
    Full,

    /// <summary>It can't be reached, or is starting. Later it may work.</summary>
    Unreachable,

    /// <summary>Its file is damaged or can't be written: it can at most be read.</summary>
    Damaged,

    /// <summary>This node was silent for longer than its lease, and its runs were taken from it. It must register again.</summary>
    Fenced,

    /// <summary>Anything else: a mistake of ours.</summary>
    Failed,
}

/// <summary>The app can't start with this database: exit code 3.</summary>
/// <param name="message">What is wrong and what to do, in one line.</param>
/// <param name="inner">The driver's exception.</param>
public sealed class StorageStartException(string message, Exception? inner = null) : Exception(message, inner);
