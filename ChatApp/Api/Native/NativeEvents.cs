using System.Text.Encodings.Web;
using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.Native;

/// <summary>A run's events as JSON objects of the native protocol: <c>type</c>, <c>seq</c>, <c>t</c> and the fields of the type.</summary>
internal static class NativeEvents
{
    // No JSON of ours is put into HTML: text stays as it is, line breaks are escaped all the same.
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one event.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="event">The event.</param>
    /// <param name="ids">Whose event it is, where several runs share a connection.</param>
    public static void Write(Utf8JsonWriter json, RunEvent @event, NativeIds? ids = null)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, TypeOf(@event));
        json.WriteNumber("seq"u8, @event.Seq);
        json.WriteNumber("t"u8, @event.T);
        if (ids is not null)
        {
            json.WriteString("runId"u8, ids.RunId);
            if (ids.RequestId is { } requestId)
            {
                json.WriteString("requestId"u8, requestId);
            }
        }

        WriteOptional(json, "agent"u8, @event.Agent);
        WriteFields(json, @event, hasRunId: ids is not null);
        json.WriteEndObject();
    }

    public static void WriteMetrics(Utf8JsonWriter json, RunMetrics metrics)
    {
        WriteOptional(json, "ttftMs"u8, metrics.TtftMs);
        WriteOptional(json, "reasoningMs"u8, metrics.ReasoningMs);
        json.WriteNumber("tokens"u8, metrics.Tokens);
        WriteOptional(json, "tokensPerSecond"u8, metrics.TokensPerSecond);
        json.WriteNumber("durationMs"u8, metrics.DurationMs);
        json.WriteNumber("steps"u8, metrics.Steps);
    }

    public static void WriteUsage(Utf8JsonWriter json, RunUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("inputTokens"u8, usage.InputTokens);
        json.WriteNumber("outputTokens"u8, usage.OutputTokens);
        json.WriteNumber("totalTokens"u8, usage.TotalTokens);
        if (usage.Estimated)
        {
            json.WriteBoolean("estimated"u8, true);
        }

        json.WriteEndObject();
    }

    public static void WriteProblem(Utf8JsonWriter json, RunProblem problem)
    {
        json.WriteStartObject("problem"u8);
        json.WriteString("type"u8, Problem.TypeOf(problem.Type));
        json.WriteString("title"u8, problem.Title);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, problem.Detail);
        WriteOptional(json, "retryAfter"u8, problem.RetryAfter);
        json.WriteEndObject();
    }

    private static ReadOnlySpan<byte> TypeOf(RunEvent @event) => @event switch
    {
        TokenEvent => "token"u8,
        ReasoningEvent => "reasoning"u8,
        ConnectedEvent => "connected"u8,
        AgentStartEvent => "agent-start"u8,
        AgentEndEvent => "agent-end"u8,
        ThinkingEvent => "thinking"u8,
        ProgressEvent => "progress"u8,
        StepEvent => "step"u8,
        ToolCallDeltaEvent => "tool_call_delta"u8,
        ToolCallEvent => "tool_call"u8,
        ToolResultEvent => "tool_result"u8,
        ApprovalRequestEvent => "approval_request"u8,
        ApprovalResponseEvent => "approval_response"u8,
        StallEvent => "stall"u8,
        FailOverEvent => "fail_over"u8,
        SourceEvent => "source"u8,
        RetryEvent => "retry"u8,
        MetricsEvent => "metrics"u8,
        ErrorEvent => "error"u8,
        DoneEvent => "done"u8,
        CompleteEvent => "complete"u8,
        _ => throw new ArgumentException($"{@event.GetType().Name} has no name in the native protocol.", nameof(@event)),
    };

    private static void WriteFields(Utf8JsonWriter json, RunEvent @event, bool hasRunId)
    {
        switch (@event)
        {
            case TokenEvent token:
                json.WriteString("content"u8, token.Content);
                break;
            case ReasoningEvent reasoning:
                json.WriteString("content"u8, reasoning.Content);
                break;
            case ConnectedEvent connected:
                WriteOptional(json, "runId"u8, hasRunId ? null : connected.RunId);
                WriteOptional(json, "conversationId"u8, connected.ConversationId);
                json.WriteString("model"u8, connected.Model);
                break;
            case StepEvent step:
                json.WriteStartObject("step"u8);
                json.WriteNumber("index"u8, step.Index);
                json.WriteString("state"u8, step.State switch { RunStep.Model => "model"u8, RunStep.Tools => "tools"u8, _ => "done"u8 });
                WriteOptional(json, "action"u8, step.Action);
                json.WriteEndObject();
                break;
            case ThinkingEvent thinking:
                json.WriteString("message"u8, thinking.Message);
                break;
            case ProgressEvent progress:
                WriteOptional(json, "percent"u8, progress.Percent);
                json.WriteString("step"u8, progress.Step);
                WriteOptional(json, "toolCallId"u8, progress.CallId);
                break;
            case ToolCallDeltaEvent delta:
                json.WriteNumber("index"u8, delta.Index);
                WriteOptional(json, "id"u8, delta.Id);
                WriteOptional(json, "name"u8, delta.Name);
                json.WriteString("arguments"u8, delta.Arguments);
                break;
            case ToolCallEvent call:
                json.WriteString("id"u8, call.Id);
                json.WriteString("name"u8, call.Name);
                json.WritePropertyName("arguments"u8);
                call.Arguments.WriteTo(json);
                break;
            case ToolResultEvent result:
                json.WriteString("id"u8, result.Id);
                json.WriteString("name"u8, result.Name);
                json.WriteString("content"u8, result.Content);
                json.WriteBoolean("isError"u8, result.IsError);
                json.WriteNumber("ms"u8, result.Ms);
                break;
            case ApprovalRequestEvent request:
                json.WriteString("id"u8, request.Id);
                json.WriteString("toolCallId"u8, request.CallId);
                json.WriteString("name"u8, request.Name);
                json.WritePropertyName("arguments"u8);
                request.Arguments.WriteTo(json);
                json.WriteBoolean("once"u8, request.IsOnce);
                break;
            case ApprovalResponseEvent response:
                json.WriteString("id"u8, response.Id);
                json.WriteString("toolCallId"u8, response.CallId);
                json.WriteBoolean("approved"u8, response.IsApproved);
                WriteOptional(json, "reason"u8, response.Reason);
                break;
            case StallEvent stall:
                json.WriteNumber("afterMs"u8, stall.AfterMs);
                break;
            case FailOverEvent failOver:
                json.WriteString("from"u8, failOver.From);
                json.WriteString("to"u8, failOver.To);
                json.WriteString("reason"u8, failOver.Reason);
                break;
            case SourceEvent source:
                json.WriteString("url"u8, source.Url);
                json.WriteString("title"u8, source.Title);
                break;
            case RetryEvent retry:
                json.WriteNumber("attempt"u8, retry.Attempt);
                json.WriteNumber("afterMs"u8, retry.AfterMs);
                json.WriteString("reason"u8, retry.Reason);
                break;
            case MetricsEvent { Metrics: var metrics }:
                WriteMetrics(json, metrics);
                break;
            case ErrorEvent { Problem: var problem }:
                json.WriteString("message"u8, problem.Detail);
                json.WriteString("error"u8, problem.Detail);
                WriteProblem(json, problem);
                break;
            case DoneEvent done:
                json.WriteString("reason"u8, done.Reason.ToWire());
                WriteUsage(json, done.Usage);
                json.WriteStartObject("metrics"u8);
                WriteMetrics(json, done.Metrics);
                json.WriteEndObject();
                break;
            case CompleteEvent complete:
                json.WriteNumber("tokens"u8, complete.Tokens);
                json.WriteNumber("durationMs"u8, complete.DurationMs);
                break;
        }
    }

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}

/// <summary>Whose an event is: the run, and the request of the client that reads it here.</summary>
/// <param name="RunId">The run's id.</param>
/// <param name="RequestId">The name that the client gave its request, where it gave one.</param>
internal sealed record NativeIds(JsonEncodedText RunId, JsonEncodedText? RequestId)
{
    /// <summary>The ids as text, escaped once for all events.</summary>
    public static NativeIds Of(string runId, string? requestId) => new(Encode(runId), requestId is null ? null : Encode(requestId));

    private static JsonEncodedText Encode(string text) => JsonEncodedText.Encode(text, NativeEvents.WriterOptions.Encoder);
}
