using ChatApp.Providers;
using ChatApp.Security;
using ChatApp.Storage;
using ChatApp.Tools;

namespace ChatApp.Runs;

/// <summary>What went wrong, in the shape of RFC 9457.</summary>
/// <param name="Type">A stable slug such as <c>upstream-timeout</c>; docs/streaming-api.md lists them.</param>
/// <param name="Title">A few words that are the same for every problem of the type.</param>
/// <param name="Status">The HTTP status it would have been, had nothing been sent yet.</param>
/// <param name="Detail">What happened and what to do, for people.</param>
public sealed record RunProblem(string Type, string Title, int Status, string Detail)
{
    /// <summary>How long to wait before trying again, in seconds, where that is known.</summary>
    public double? RetryAfter { get; init; }

    internal static RunProblem From(ProviderException exception) => exception.Fault switch
    {
        ProviderFault.RateLimited => new("upstream-rate-limited", "The provider refused for too many requests", 429, exception.Message)
        {
            RetryAfter = exception.RetryAfter?.TotalSeconds,
        },
        ProviderFault.Refused => new("upstream-refused", "The provider refused the request", 400, exception.Message),
        ProviderFault.ContextTooLong => new("context-too-long", "The conversation is too long for the model", 400, exception.Message),
        ProviderFault.Protocol => new("upstream-protocol", "The provider sent something else than an answer", 502, exception.Message),
        _ => new("upstream-error", "The provider failed", 502, exception.Message) { RetryAfter = exception.RetryAfter?.TotalSeconds },
    };

    internal static RunProblem From(OverLimitException exception) => exception.Limit switch
    {
        OverLimit.Streams => new("too-many-streams", "Too many open streams", 429, exception.Message) { RetryAfter = exception.RetryAfter.TotalSeconds },
        OverLimit.Capacity => new("at-capacity", "The server is at capacity", 503, exception.Message) { RetryAfter = exception.RetryAfter.TotalSeconds },
        _ => new("rate-limited", "Too many requests", 429, exception.Message) { RetryAfter = exception.RetryAfter.TotalSeconds },
    };

    /// <summary>Why no run could be started; null where an exception is of something else.</summary>
    internal static RunProblem? FromStart(Exception exception) => exception switch
    {
        UnknownModelException => new("unknown-model", "There is no such model", 400, exception.Message),
        UnknownToolException => new("validation", "The request is not valid", 400, exception.Message),
        ProviderUnavailableException => new("provider-unavailable", "The provider can't be used now", 409, exception.Message),
        OverLimitException over => From(over),
        KeyRemovedException => new("unauthenticated", "An API key is needed", 401, exception.Message),
        ShuttingDownException => new("shutting-down", "The server is shutting down", 503, exception.Message),
        _ => null,
    };

    /// <summary>The problem behind an exception of the database; null for any other.</summary>
    public static RunProblem? FromStorage(Exception exception) => exception is not StorageException { Fault: var fault } ? null : fault switch
    {
        StorageFault.Full => new("storage-full", "The database has no room left", 507, exception.Message),
        StorageFault.Failed => Internal(),
        _ => new("storage-busy", "The database does not answer", 503, exception.Message) { RetryAfter = 5 },
    };

    internal static RunProblem NotSaved() => new(
        "storage-busy", "The answer could not be saved", 503,
        "The database did not take the answer for too long, so it was ended here. What was shown of it is saved. Check the database, then retry.");

    internal static RunProblem TimedOut(string detail) => new("upstream-timeout", "The provider was silent for too long", 504, detail);

    internal static RunProblem CutShort(string detail) => new("upstream-error", "The answer was cut short", 502, detail);

    internal static RunProblem ToolLoop(string detail) => new("tool-loop", "The tools led nowhere", 502, detail);

    internal static RunProblem InvalidOutput(string detail) => new("invalid-output", "The answer does not fit the schema", 502, detail);

    internal static RunProblem Internal() =>
        new("internal", "ChatApp failed", 500, "ChatApp failed while it read the answer. The log has the cause; then retry.");
}
