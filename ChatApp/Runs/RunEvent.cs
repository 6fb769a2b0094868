using System.Text.Json;

namespace ChatApp.Runs;

/// <summary>One entry of a run's log, as a reader gets it. Numbers count from 1 without gaps; a merged delta carries its last one.</summary>
public abstract record RunEvent
{
    /// <summary>The entry's number.</summary>
    public long Seq { get; init; }

    /// <summary>Milliseconds from the moment the run was asked for.</summary>
    public double T { get; init; }
}

/// <summary>The first event: the run exists.</summary>
public sealed record ConnectedEvent(string RunId, string Model, string? ConversationId) : RunEvent;

/// <summary>What the run does now: ask the model, wait for tools, or nothing more.</summary>
public sealed record StepEvent(int Index, RunStep State, string? Action = null) : RunEvent;

/// <summary>A piece of the model's reasoning.</summary>
public sealed record ReasoningEvent(string Content) : RunEvent;

/// <summary>A piece of the answer.</summary>
public sealed record TokenEvent(string Content) : RunEvent;

/// <summary>A fragment of a tool call as the model writes it.</summary>
public sealed record ToolCallDeltaEvent(int Index, string Arguments, string? Id, string? Name) : RunEvent;

/// <summary>A tool call the model has said is complete.</summary>
public sealed record ToolCallEvent(string Id, string Name, JsonElement Arguments) : RunEvent;

/// <summary>Something the answer rests on.</summary>
public sealed record SourceEvent(string Url, string Title) : RunEvent;

/// <summary>The request failed before its first token and is sent again after a wait.</summary>
public sealed record RetryEvent(int Attempt, double AfterMs, string Reason) : RunEvent;

/// <summary>The figures so far; at most twice a second.</summary>
public sealed record MetricsEvent(RunMetrics Metrics) : RunEvent;

/// <summary>Something went wrong; <see cref="DoneEvent"/> follows.</summary>
public sealed record ErrorEvent(RunProblem Problem) : RunEvent;

/// <summary>How the run ended.</summary>
public sealed record DoneEvent(RunState Reason, RunUsage Usage, RunMetrics Metrics) : RunEvent;

/// <summary>The last event of every run.</summary>
public sealed record CompleteEvent(int Tokens, double DurationMs) : RunEvent;

/// <summary>The states of a step.</summary>
public enum RunStep
{
    Model,
    Tools,
    Done,
}
