using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>One entry of a run's log, as a reader gets it. Numbers count from 1 without gaps; a merged delta carries its last one.</summary>
/// <remarks>As JSON it is stored: a name given here may not change. Pieces of text are stored as such, see <see cref="RunLog"/>.</remarks>
[JsonDerivedType(typeof(ConnectedEvent), "connected")]
[JsonDerivedType(typeof(AgentStartEvent), "agent-start")]
[JsonDerivedType(typeof(AgentEndEvent), "agent-end")]
[JsonDerivedType(typeof(ThinkingEvent), "thinking")]
[JsonDerivedType(typeof(ProgressEvent), "progress")]
[JsonDerivedType(typeof(StepEvent), "step")]
[JsonDerivedType(typeof(ToolCallDeltaEvent), "tool-call-delta")]
[JsonDerivedType(typeof(ToolCallEvent), "tool-call")]
[JsonDerivedType(typeof(ToolResultEvent), "tool-result")]
[JsonDerivedType(typeof(ApprovalRequestEvent), "approval-request")]
[JsonDerivedType(typeof(ApprovalResponseEvent), "approval-response")]
[JsonDerivedType(typeof(StallEvent), "stall")]
[JsonDerivedType(typeof(FailOverEvent), "fail-over")]
[JsonDerivedType(typeof(SourceEvent), "source")]
[JsonDerivedType(typeof(RetryEvent), "retry")]
[JsonDerivedType(typeof(MetricsEvent), "metrics")]
[JsonDerivedType(typeof(ErrorEvent), "error")]
[JsonDerivedType(typeof(DoneEvent), "done")]
[JsonDerivedType(typeof(CompleteEvent), "complete")]
public abstract record RunEvent
{
    /// <summary>The entry's number.</summary>
    [JsonIgnore]
    public long Seq { get; init; }

    /// <summary>Milliseconds from the moment the run was asked for.</summary>
    [JsonIgnore]
    public double T { get; init; }

    /// <summary>The agent it comes from; null for the run itself and for an answer without agents.</summary>
    public string? Agent { get; init; }

    /// <summary>Whether it is part of an answer: something to read, or a call.</summary>
    [JsonIgnore]
    public bool IsContent => this is TokenEvent or ReasoningEvent or ToolCallDeltaEvent or ToolCallEvent;
}

/// <summary>The first event: the run exists.</summary>
public sealed record ConnectedEvent(string RunId, string Model, string? ConversationId) : RunEvent;

/// <summary>An agent begins its part.</summary>
public sealed record AgentStartEvent : RunEvent;

/// <summary>An agent has finished its part.</summary>
public sealed record AgentEndEvent : RunEvent
{
    /// <summary>How the part ended, where it is not whole. No reader is told: it is for whoever goes on with the run in another process.</summary>
    public RunState? Cut { get; init; }

    /// <summary>Why, where that is known.</summary>
    public RunProblem? CutProblem { get; init; }
}

/// <summary>What is being done before there is anything to read, for people.</summary>
public sealed record ThinkingEvent(string Message) : RunEvent;

/// <summary>How far something has come.</summary>
/// <param name="Percent">0 to 100; null where that is not known.</param>
/// <param name="Step">What is being done, for people.</param>
/// <param name="CallId">The tool call that it is about; null for the run.</param>
public sealed record ProgressEvent(double? Percent, string Step, string? CallId = null) : RunEvent;

/// <summary>What the run does now: ask the model, wait for tools, or nothing more.</summary>
public sealed record StepEvent(int Index, RunStep State, string? Action = null) : RunEvent;

/// <summary>A piece of the model's reasoning.</summary>
public sealed record ReasoningEvent(string Content) : RunEvent;

/// <summary>A piece of the answer.</summary>
public sealed record TokenEvent(string Content) : RunEvent;

/// <summary>A fragment of a tool call as the model writes it.</summary>
public sealed record ToolCallDeltaEvent(int Index, string Arguments, string? Id, string? Name) : RunEvent;

/// <summary>A tool call the model has said is complete.</summary>
public sealed record ToolCallEvent(string Id, string Name, [property: JsonConverter(typeof(RawJsonConverter))] JsonElement Arguments) : RunEvent;

/// <summary>What a tool answered.</summary>
/// <param name="Id">The call it answers.</param>
/// <param name="Name">The tool.</param>
/// <param name="Content">Its answer as text, or what went wrong.</param>
/// <param name="IsError">Whether it failed.</param>
/// <param name="Ms">How long it took, in milliseconds.</param>
public sealed record ToolResultEvent(string Id, string Name, string Content, bool IsError, double Ms) : RunEvent;

/// <summary>A tool call waits for a yes or no.</summary>
/// <param name="Id">What the answer names; unique in the run.</param>
/// <param name="CallId">The call.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">What it would be called with.</param>
/// <param name="IsOnce">Whether a yes holds for later calls of the conversation as well.</param>
public sealed record ApprovalRequestEvent(string Id, string CallId, string Name, [property: JsonConverter(typeof(RawJsonConverter))] JsonElement Arguments, bool IsOnce) : RunEvent;

/// <summary>The yes or no.</summary>
/// <param name="Id">The request that it answers.</param>
/// <param name="CallId">The call.</param>
/// <param name="IsApproved">Whether the call is made.</param>
/// <param name="Reason">Why, where somebody said so; the model is told.</param>
public sealed record ApprovalResponseEvent(string Id, string CallId, bool IsApproved, string? Reason) : RunEvent;

/// <summary>The model has been silent for longer than is usual for it; its next word ends that.</summary>
/// <param name="AfterMs">For how long it had been silent by then.</param>
public sealed record StallEvent(double AfterMs) : RunEvent;

/// <summary>A model gave no answer, and another is asked in its place.</summary>
/// <param name="From">The id of the model that was asked.</param>
/// <param name="To">The id of the one that is asked now.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record FailOverEvent(string From, string To, string Reason) : RunEvent;

/// <summary>Something the answer rests on.</summary>
public sealed record SourceEvent(string Url, string Title) : RunEvent;

/// <summary>The request failed before its first token and is sent again after a wait.</summary>
public sealed record RetryEvent(int Attempt, double AfterMs, string Reason) : RunEvent;

/// <summary>The figures so far; at most twice a second.</summary>
public sealed record MetricsEvent(RunMetrics Metrics) : RunEvent;

/// <summary>Something went wrong; <see cref="DoneEvent"/> follows.</summary>
public sealed record ErrorEvent(RunProblem Problem) : RunEvent;

/// <summary>How the run ended.</summary>
/// <param name="Reason">The run's state.</param>
/// <param name="Usage">What was used.</param>
/// <param name="Metrics">The figures.</param>
/// <param name="Finish">The provider's own reason, where it gave one: stop, length, tool calls, content filter.</param>
public sealed record DoneEvent(RunState Reason, RunUsage Usage, RunMetrics Metrics, ChatFinishReason? Finish) : RunEvent;

/// <summary>The last event of every run.</summary>
public sealed record CompleteEvent(int Tokens, double DurationMs) : RunEvent;

/// <summary>The states of a step.</summary>
public enum RunStep
{
    Model,
    Tools,
    Done,
}

/// <summary>Keeps JSON as the model wrote it, spaces and all: formats that send its text send the same of a stored run.</summary>
internal sealed class RawJsonConverter : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
}
