using ChatApp.Runs;

namespace ChatApp.Components.Chat;

/// <summary>What an answer looks like. Between two changes of it, only its text changes.</summary>
public enum AnswerPhase
{
    /// <summary>Nothing has come yet.</summary>
    Waiting,

    /// <summary>Reasoning comes, no answer yet.</summary>
    Thinking,

    /// <summary>The answer comes, or something is called for it.</summary>
    Streaming,

    /// <summary>Nothing comes any more.</summary>
    Ended,
}

internal static class AnswerPhases
{
    public static AnswerPhase Of(Run run) => run switch
    {
        { IsEnded: true } => AnswerPhase.Ended,
        { TextLength: > 0 } or { Calls.Count: > 0 } => AnswerPhase.Streaming,
        { ReasoningLength: > 0 } => AnswerPhase.Thinking,
        _ => AnswerPhase.Waiting,
    };

    /// <summary>The state a message shows in <c>data-state</c>.</summary>
    public static string ToWire(this AnswerPhase phase, Run? run) => phase switch
    {
        AnswerPhase.Waiting or AnswerPhase.Thinking => "waiting",
        AnswerPhase.Streaming => "streaming",
        _ => run?.State.ToWire() ?? "failed",
    };
}
