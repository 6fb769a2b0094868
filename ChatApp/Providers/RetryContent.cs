using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Says that the request failed before its first token and is sent again.</summary>
/// <param name="attempt">The attempt that follows: 2 for the first retry.</param>
/// <param name="delay">How long until it is sent.</param>
/// <param name="reason">What went wrong, for people.</param>
public sealed class RetryContent(int attempt, TimeSpan delay, string reason) : AIContent
{
    /// <summary>The attempt that follows: 2 for the first retry.</summary>
    public int Attempt { get; } = attempt;

    /// <summary>How long until it is sent.</summary>
    public TimeSpan Delay { get; } = delay;

    /// <summary>What went wrong, for people.</summary>
    public string Reason { get; } = reason;
}
