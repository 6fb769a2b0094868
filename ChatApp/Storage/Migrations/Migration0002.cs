namespace ChatApp.Storage.Migrations;

/// <summary>What tools need: a conversation's choice of them, what a run was asked, so that one that waits for a person outlives its process, and the answers to such waits.</summary>
internal static class Migration0002
{
    public static Migration Tools { get; } = new(2, Statements);

    private static IEnumerable<string> Statements(Dialect d) =>
    [
        // JSON that its writer understands; NULL for none.
        "ALTER TABLE conversations ADD COLUMN tools TEXT",
        "ALTER TABLE runs ADD COLUMN request TEXT",
        $"""
        CREATE TABLE run_answers (
          run_id {d.IdType} NOT NULL,
          id TEXT NOT NULL,
          approved SMALLINT NOT NULL,
          reason TEXT,
          created BIGINT NOT NULL,
          PRIMARY KEY (run_id, id))
        """,
    ];
}
