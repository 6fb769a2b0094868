namespace ChatApp.Storage;

/// <summary>What the database answers, column by column, for Dapper.</summary>
internal sealed class ConversationColumns
{
    // IsRunning by the index of running runs, which is as small as what runs.
    public const string All = """
        c.id, c.owner, c.title, c.created, c.updated, c.leaf_id AS LeafId, c.tools,
        CASE WHEN EXISTS (SELECT 1 FROM runs r WHERE r.conversation_id = c.id AND r.state = 'running') THEN 1 ELSE 0 END AS Running
        """;

    public string Id { get; set; } = "";

    public string Owner { get; set; } = "";

    public string Title { get; set; } = "";

    public long Created { get; set; }

    public long Updated { get; set; }

    public string? LeafId { get; set; }

    public long Running { get; set; }

    public string? Tools { get; set; }

    public ConversationRow Row => new()
    {
        Id = Id,
        Owner = Owner,
        Title = Title,
        Created = Values.Time(Created),
        Updated = Values.Time(Updated),
        LeafId = LeafId,
        IsRunning = Running != 0,
        Tools = ConversationTools.FromJson(Tools),
    };
}

/// <inheritdoc cref="ConversationColumns"/>
internal sealed class RunColumns
{
    /// <summary>Of <c>runs r JOIN messages m ON m.id = r.message_id</c>.</summary>
    public const string All = """
        r.id, r.conversation_id AS ConversationId, r.message_id AS MessageId, r.owner, r.model, r.state, r.node, r.created, r.seq, m.text, r.reasoning, r.ending,
        r.has_events AS HasEvents, r.stop_asked AS StopAsked, r.idempotency_key AS IdempotencyKey, r.fingerprint
        """;

    public string Id { get; set; } = "";

    public string ConversationId { get; set; } = "";

    public string MessageId { get; set; } = "";

    public string Owner { get; set; } = "";

    public string Model { get; set; } = "";

    public string State { get; set; } = "";

    public string Node { get; set; } = "";

    public long Created { get; set; }

    public long Seq { get; set; }

    public string Text { get; set; } = "";

    public string Reasoning { get; set; } = "";

    public string? Ending { get; set; }

    public long HasEvents { get; set; }

    public long StopAsked { get; set; }

    public string? Request { get; set; }

    public string? IdempotencyKey { get; set; }

    public string? Fingerprint { get; set; }

    public RunRow Row => new()
    {
        Id = Id,
        ConversationId = ConversationId,
        MessageId = MessageId,
        Owner = Owner,
        Model = Model,
        State = State,
        Node = Node,
        Created = Values.Time(Created),
        Seq = Seq,
        Text = Text,
        Reasoning = Reasoning,
        Ending = Ending,
        HasEvents = HasEvents != 0,
        IsStopAsked = StopAsked != 0,
        Request = Request,
        IdempotencyKey = IdempotencyKey,
        Fingerprint = Fingerprint,
    };
}

/// <inheritdoc cref="ConversationColumns"/>
internal sealed class MessageColumns
{
    /// <summary>Of <c>messages m LEFT JOIN runs r ON r.message_id = m.id</c>.</summary>
    public const string All = """
        m.id, m.conversation_id AS ConversationId, m.parent_id AS ParentId, m.role, m.text, m.created, r.id AS RunId, r.owner, r.model, r.state, r.node,
        r.created AS RunCreated, r.seq, r.reasoning, r.ending, r.has_events AS HasEvents, r.idempotency_key AS IdempotencyKey, r.fingerprint
        """;

    public string Id { get; set; } = "";

    public string ConversationId { get; set; } = "";

    public string ParentId { get; set; } = "";

    public string Role { get; set; } = "";

    public string Text { get; set; } = "";

    public long Created { get; set; }

    public string? RunId { get; set; }

    public string Owner { get; set; } = "";

    public string Model { get; set; } = "";

    public string State { get; set; } = "";

    public string Node { get; set; } = "";

    public long RunCreated { get; set; }

    public long Seq { get; set; }

    public string Reasoning { get; set; } = "";

    public string? Ending { get; set; }

    public long HasEvents { get; set; }

    public string? IdempotencyKey { get; set; }

    public string? Fingerprint { get; set; }

    public MessageRow Row(IReadOnlyList<string>? siblings = null) => new()
    {
        Id = Id,
        ParentId = ParentId.Length == 0 ? null : ParentId,
        Role = Role,
        Text = Text,
        Created = Values.Time(Created),
        Siblings = siblings ?? [],
        Run = RunId is null ? null : new RunRow
        {
            Id = RunId,
            ConversationId = ConversationId,
            MessageId = Id,
            Owner = Owner,
            Model = Model,
            State = State,
            Node = Node,
            Created = Values.Time(RunCreated),
            Seq = Seq,
            Text = Text,
            Reasoning = Reasoning,
            Ending = Ending,
            HasEvents = HasEvents != 0,
            IdempotencyKey = IdempotencyKey,
            Fingerprint = Fingerprint,
        },
    };
}
