using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>What to ask, and how the run shall behave.</summary>
public sealed record RunRequest
{
    /// <summary>How many agents may answer one request.</summary>
    public const int MaxAgents = 8;

    /// <summary>What the model is sent, oldest first.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The model's id; null or empty means the default.</summary>
    public string? Model { get; init; }

    /// <summary>Temperature, length limit and the like.</summary>
    public ChatOptions? Options { get; init; }

    /// <summary>The names of the tools that the model may use; none for an empty list, and for null those that its agent or provider has, or the default ones.</summary>
    public IReadOnlyList<string>? Tools { get; init; }

    /// <summary>Whether the default tools are among what null <see cref="Tools"/> stand for.</summary>
    public bool HasDefaultTools { get; init; } = true;

    /// <summary>The fingerprints of tools that have been approved for good where the run belongs.</summary>
    public IReadOnlyCollection<string> Approved { get; init; } = [];

    /// <summary>Whether whoever reads the run can say yes or no to a call; where nobody can, a call that needs it is refused.</summary>
    public bool CanApprove { get; init; } = true;

    /// <summary>Whether it was begun in another process: tools that are not there any more do not keep it from going on.</summary>
    internal bool IsResumed { get; init; }

    /// <summary>Who answers, where it is not one model alone: at most <see cref="MaxAgents"/>, each with a name of its own.</summary>
    public IReadOnlyList<AgentRequest> Agents { get; init; } = [];

    /// <summary>Whether the agents answer in turn or at once.</summary>
    public AgentMode AgentMode { get; init; }

    /// <summary>The conversation the answer belongs to.</summary>
    public string? ConversationId { get; init; }

    /// <summary>The message of that conversation that the answer is.</summary>
    public string? MessageId { get; init; }

    /// <summary>The text of an answer that was cut, which this one goes on with; null for an answer from the start.</summary>
    public string? Prefix { get; init; }

    /// <summary>What happens when its last reader leaves; null means the configured policy.</summary>
    public DisconnectPolicy? OnDisconnect { get; init; }

    /// <summary>Who asks: the run is theirs, and counts against their limits.</summary>
    public Caller Caller { get; init; } = Caller.Local;

    /// <summary>Whether it will be read as a stream, which counts against its caller's limit of them.</summary>
    public bool IsStreamed { get; init; } = true;

    /// <summary>When it was asked for, a timestamp of the app's <see cref="TimeProvider"/>; null means now.</summary>
    public long? Asked { get; init; }

    /// <summary>Makes a repeated request find the run of the first one instead of starting another.</summary>
    public IdempotencyKey? Idempotency { get; init; }
}

/// <summary>A model or a persona that answers beside others.</summary>
/// <param name="Name">What its events are tagged with.</param>
/// <param name="Model">Its model; null means the request's.</param>
/// <param name="System">What it is told before all else.</param>
/// <param name="Tools">The names of its tools; null for the request's.</param>
public sealed record AgentRequest(string Name, string? Model, string? System, IReadOnlyList<string>? Tools = null);

/// <summary>How several agents answer.</summary>
public enum AgentMode
{
    /// <summary>One after the other, each with what those before it said.</summary>
    Sequence,

    /// <summary>All at once, each by itself.</summary>
    Parallel,
}

/// <summary>A key of the caller's choosing, with a fingerprint of the request it stands for.</summary>
/// <param name="Key">The caller's key.</param>
/// <param name="Fingerprint">Equal for equal requests.</param>
public sealed record IdempotencyKey(string Key, string Fingerprint);

/// <summary>The run of a request.</summary>
/// <param name="Run">The run.</param>
/// <param name="Replayed">True where an earlier request with the same key had started it.</param>
public sealed record StartedRun(Run Run, bool Replayed);

/// <summary>What a stop did.</summary>
/// <param name="State">Where the run stands now.</param>
/// <param name="Seq">The number of its last event.</param>
/// <param name="AlreadyEnded">True where the run had ended before; the stop changed nothing.</param>
/// <param name="Took">From the request to stop until the connection to the provider was closed.</param>
public sealed record StopResult(RunState State, long Seq, bool AlreadyEnded, TimeSpan Took)
{
    /// <summary>False where another node makes the run and has not answered.</summary>
    public bool IsSignalled { get; init; } = true;
}

/// <summary>The same idempotency key was used for another request.</summary>
public sealed class IdempotencyMismatchException() : Exception("This Idempotency-Key was used for another request. Use a new key for a new request.");

/// <summary>The process is ending and takes no new runs.</summary>
public sealed class ShuttingDownException() : Exception("The server is shutting down. Try again in a moment.");
