namespace ChatApp.Storage.Migrations;

/// <summary>One step of the schema. Once released it never changes: the next change is the next number.</summary>
/// <param name="Version">Its number, one more than that of the step before.</param>
/// <param name="Statements">What it does.</param>
internal sealed record Migration(int Version, Func<Dialect, IEnumerable<string>> Statements)
{
    /// <summary>All of them, in order.</summary>
    public static IReadOnlyList<Migration> All { get; } = [Migration0001.Conversations, Migration0002.Tools];
}
