using ChatApp.Runs;

namespace ChatApp.Components.Chat;

/// <summary>What an agent does now, for people.</summary>
/// <param name="State">One word, as in <c>data-state</c>.</param>
/// <param name="Words">What the page says.</param>
public sealed record LaneDoing(string State, string Words)
{
    public static readonly LaneDoing Waiting = new("waiting", "waiting");

    /// <summary>For how many milliseconds it had been so when it was seen; null where that is not shown.</summary>
    public double? SinceMs { get; init; }

    /// <summary>Whether it is worth a line of its own under an answer without agents, where the page says the rest already.</summary>
    public bool HasLine => State is "calling" or "asking" or "stalled" or "resuming";

    /// <summary>Whether it says the same: the time that has gone by is counted by the browser.</summary>
    public bool IsSameAs(LaneDoing other) => (State, Words) == (other.State, other.Words);

    /// <param name="run">The run.</param>
    /// <param name="lane">The lane as it stands.</param>
    /// <param name="calls">Its calls.</param>
    /// <param name="endsInCalls">Whether nothing was said after the last of them.</param>
    internal static LaneDoing Of(Run run, RunLane lane, List<RunCall> calls, bool endsInCalls)
    {
        if (lane.IsDone)
        {
            return new("done", run.State is RunState.Queued or RunState.Running or RunState.Completed ? "done" : "ended");
        }

        if (lane.SilentSince is { } since)
        {
            return new("stalled", "stalled") { SinceMs = Math.Max(0, run.GetMetrics().DurationMs - since) };
        }

        var waiting = calls.Count(call => call.State == RunCallState.Waiting);
        if (waiting > 0)
        {
            return new("asking", waiting == 1 ? "waiting for your yes or no" : $"{waiting} calls wait for your yes or no");
        }

        if (calls.FindLast(IsOpen) is { } open)
        {
            return new("calling", Calling(calls, open.StepIndex));
        }

        return endsInCalls ? new("resuming", $"waiting for {AnswerWords.ModelName(run.Model)}") { SinceMs = 0 }
            : lane.TextLength > 0 ? new("streaming", "streaming")
            : lane.ReasoningLength > 0 ? new("thinking", "thinking")
            : Waiting;
    }

    // "searching… 2 of 3": what the step's oldest open call does, and how many of the step's are done.
    private static string Calling(List<RunCall> calls, int step)
    {
        var all = calls.Where(call => call.StepIndex == step && (step > 0 || IsOpen(call))).ToList();
        var done = all.Count(call => !IsOpen(call));
        var now = all.Find(call => call.State == RunCallState.Running) ?? all.Find(IsOpen)!;
        var what = now is { State: RunCallState.Running, Step: { Length: > 0 } said } ? CallText.Line(said, 80).TrimEnd('…', '.') : now.Name.Length > 0 ? now.Name : "a tool";
        return all.Count == 1 ? $"{what}…" : $"{what}… {done} of {all.Count}";
    }

    private static bool IsOpen(RunCall call) => call.State is RunCallState.Writing or RunCallState.Running or RunCallState.Waiting;
}
