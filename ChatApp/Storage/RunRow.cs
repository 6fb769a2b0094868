namespace ChatApp.Storage;

/// <summary>A stored run: one answer, made or being made.</summary>
public sealed record RunRow
{
    public required string Id { get; init; }

    public required string ConversationId { get; init; }

    /// <summary>The message that its answer is.</summary>
    public required string MessageId { get; init; }

    /// <summary>The name of the API key it was started with; empty where none was needed.</summary>
    public required string Owner { get; init; }

    /// <summary>The whole id of the model.</summary>
    public required string Model { get; init; }

    /// <summary><c>running</c>, or how it ended.</summary>
    public required string State { get; init; }

    /// <summary>The node that makes it.</summary>
    public required string Node { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The number of its last event, once it has ended; 0 before.</summary>
    public long Seq { get; init; }

    /// <summary>The answer, once it has ended.</summary>
    public string Text { get; init; } = "";

    /// <summary>The reasoning, once it has ended.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>What else is known of how it ended, as JSON that its writer understands; null before.</summary>
    public string? Ending { get; init; }

    /// <summary>Whether its single events are still there.</summary>
    public bool HasEvents { get; init; } = true;

    /// <summary>Whether somebody asked to stop it.</summary>
    public bool IsStopAsked { get; init; }

    /// <summary>What it was asked, as JSON that its writer understands: only while it waits for a person, and where that was asked for.</summary>
    public string? Request { get; init; }

    /// <summary>The caller's key for repeating the request, with the caller's name in it; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Equal for equal requests.</summary>
    public string? Fingerprint { get; init; }
}
