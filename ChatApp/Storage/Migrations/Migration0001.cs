namespace ChatApp.Storage.Migrations;

/// <summary>Conversations, messages, runs, their events, and what belongs to the processes.</summary>
internal static class Migration0001
{
    public static Migration Conversations { get; } = new(1, Statements);

    // Times are Unix milliseconds. A parent that is none is '', so that brothers and sisters are found by one comparison.
    // Events hang on the run's number and not on its id: with a thousand answers at once, most of what a commit writes is this key.
    private static IEnumerable<string> Statements(Dialect d) =>
    [
        $"""
        CREATE TABLE conversations (
          number {d.CountingKey},
          id {d.IdType} NOT NULL UNIQUE,
          owner TEXT NOT NULL,
          title TEXT NOT NULL,
          created BIGINT NOT NULL,
          updated BIGINT NOT NULL,
          deleted BIGINT,
          leaf_id {d.IdType})
        """,
        "CREATE INDEX conversations_list ON conversations (owner, updated, id) WHERE deleted IS NULL",
        "CREATE INDEX conversations_deleted ON conversations (deleted) WHERE deleted IS NOT NULL",
        $"""
        CREATE TABLE messages (
          number {d.CountingKey},
          id {d.IdType} NOT NULL UNIQUE,
          conversation_id {d.IdType} NOT NULL REFERENCES conversations (id),
          parent_id {d.IdType} NOT NULL,
          role TEXT NOT NULL,
          text TEXT NOT NULL,
          created BIGINT NOT NULL)
        """,
        "CREATE INDEX messages_tree ON messages (conversation_id, parent_id)",
        $"""
        CREATE TABLE runs (
          number {d.CountingKey},
          id {d.IdType} NOT NULL UNIQUE,
          conversation_id {d.IdType} NOT NULL REFERENCES conversations (id),
          message_id {d.IdType} NOT NULL UNIQUE REFERENCES messages (id),
          owner TEXT NOT NULL,
          model TEXT NOT NULL,
          state TEXT NOT NULL,
          node TEXT NOT NULL,
          created BIGINT NOT NULL,
          ended BIGINT,
          seq BIGINT NOT NULL,
          reasoning TEXT NOT NULL,
          ending TEXT,
          has_events SMALLINT NOT NULL,
          stop_asked SMALLINT NOT NULL,
          watched BIGINT,
          idempotency_key TEXT,
          fingerprint TEXT)
        """,
        "CREATE INDEX runs_conversation ON runs (conversation_id)",
        "CREATE INDEX runs_running ON runs (conversation_id, node) WHERE state = 'running'",
        "CREATE INDEX runs_with_events ON runs (ended) WHERE state <> 'running' AND has_events = 1",
        "CREATE UNIQUE INDEX runs_key ON runs (idempotency_key) WHERE idempotency_key IS NOT NULL",
        $"""
        CREATE TABLE run_events (
          run BIGINT NOT NULL,
          first_seq BIGINT NOT NULL,
          last_seq BIGINT NOT NULL,
          data {d.BytesType} NOT NULL,
          PRIMARY KEY (run, first_seq))
        """,
        $"""
        CREATE TABLE attachments (
          id {d.IdType} PRIMARY KEY,
          message_id {d.IdType} NOT NULL REFERENCES messages (id),
          name TEXT NOT NULL,
          media_type TEXT NOT NULL,
          size BIGINT NOT NULL,
          sha256 {d.BytesType} NOT NULL,
          created BIGINT NOT NULL)
        """,
        "CREATE INDEX attachments_message ON attachments (message_id)",
        $"CREATE TABLE nodes (id {d.IdType} PRIMARY KEY, started BIGINT NOT NULL, lease_until BIGINT NOT NULL)",
        $"CREATE TABLE data_protection_keys (number {d.CountingKey}, name TEXT NOT NULL, xml TEXT NOT NULL)",
        .. d.SearchSchema,
    ];
}
