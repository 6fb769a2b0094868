using System.Globalization;
using ChatApp.Conversations;
using ChatApp.Runs;

namespace ChatApp.Components.Chat;

/// <summary>What the page says about an answer, in words.</summary>
internal static class AnswerWords
{
    /// <summary>How it ended, where that is not simply at its end.</summary>
    public static string? Ending(ChatTurn turn) => turn switch
    {
        { Refusal: { } refusal } => refusal.Detail,
        { Run.State: RunState.Cancelled, StopTook: { } took } => $"Stopped by you in {Duration(took.TotalMilliseconds)}",
        { Run.State: RunState.Cancelled } => "Stopped",
        { Run: { State: RunState.Incomplete, Problem: null } } => "Cut off by the model's length limit",
        { Run: { State: RunState.Interrupted, Problem: null } } => "Interrupted: the server went away while it answered",
        { Run: { IsEnded: true, Problem: { } problem } } => problem.Detail,
        _ => null,
    };

    /// <summary>Whether there is more to say: it was cut, and some of it came.</summary>
    public static bool CanContinue(ChatTurn turn) =>
        turn is { Refusal: null, Run: { IsEnded: true, TextLength: > 0, State: RunState.Incomplete or RunState.Interrupted or RunState.Cancelled } };

    /// <summary>An answer's small line: <c>182 ms · 84 tok/s · 561 tokens</c>.</summary>
    public static string Figures(RunMetrics metrics)
    {
        var parts = new List<string>(3);
        if (metrics.TtftMs is { } ttft)
        {
            parts.Add(Duration(ttft));
        }

        if (metrics.TokensPerSecond is { } rate)
        {
            parts.Add($"{Number(rate)} tok/s");
        }

        parts.Add($"{Number(metrics.Tokens)} {(metrics.Tokens == 1 ? "token" : "tokens")}");
        return string.Join(" · ", parts);
    }

    /// <summary>What is said to those who don't see the page: that an answer began and how it ended, never its tokens.</summary>
    public static string? Announce(ChatSnapshot snapshot) => snapshot switch
    {
        { IsRunning: true } => "Answering",
        { Turns: [.., { } turn] } => Ending(turn) ?? "The answer is complete",
        _ => null,
    };

    /// <summary>A model's name without its provider's.</summary>
    public static string ModelName(string id) => id[(id.IndexOf('/') + 1)..];

    public static string Duration(double ms) => ms switch
    {
        < 999.5 => string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms"),
        < 59_950 => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.0} s"),
        _ => Minutes((long)Math.Round(ms / 1000)),
    };

    private static string Minutes(long seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min {seconds % 60} s");

    private static string Number(double value) =>
        value.ToString(value < 10 && value % 1 != 0 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
