using System.Text.Json;
using ChatApp.Api.Native;
using ChatApp.Runs;

namespace ChatApp.Api.AiSdk;

/// <summary>
/// The UI message stream of the Vercel AI SDK, version 1, <see href="https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#ui-message-stream-protocol"/>.
/// <code>
/// data: {"type":"text-start","id":"text-1"}
///
/// data: {"type":"text-delta","id":"text-1","delta":"Hel"}
///
/// data: [DONE]
/// </code>
/// The client refuses a piece of a part that is not open, an unknown type, and a null.
/// </summary>
/// <param name="run">The run to write.</param>
/// <param name="messageId">The message the answer goes on with; null for one of its own.</param>
/// <param name="takenCallIds">Ids of the calls in the chat.</param>
internal sealed class AiSdkFormat(Run run, string? messageId, IEnumerable<string> takenCallIds) : PartFormat(run, takenCallIds)
{
    /// <summary>What the ids of approvals begin with.</summary>
    public const string ApprovalPrefix = "approval_";

    private int _parts;
    private int _sources;
    private bool _inStep;

    public override void SetHeaders(IHeaderDictionary headers) => headers["x-vercel-ai-ui-message-stream"] = "v1";

    protected override void WriteOther(RunEvent @event)
    {
        switch (@event)
        {
            case ConnectedEvent connected:
                WriteStart(connected);
                break;
            case AgentStartEvent or AgentEndEvent when @event.Agent is not null:
                WriteAgent(@event);
                break;
            case ThinkingEvent thinking:
                BeginData("data-thinking"u8, @event).WriteString("message"u8, thinking.Message);
                EndData();
                break;
            case ProgressEvent progress:
                var json = BeginData("data-progress"u8, @event);
                if (progress.Percent is { } percent)
                {
                    json.WriteNumber("percent"u8, percent);
                }

                json.WriteString("step"u8, progress.Step);
                if (CallIdOf(progress, progress.CallId) is { } callId)
                {
                    json.WriteString("toolCallId"u8, callId);
                }

                EndData();
                break;
            case RetryEvent retry:
                json = BeginData("data-retry"u8, @event);
                json.WriteNumber("attempt"u8, retry.Attempt);
                json.WriteNumber("afterMs"u8, retry.AfterMs);
                json.WriteString("reason"u8, retry.Reason);
                EndData();
                break;
            case StallEvent stall:
                BeginData("data-stall"u8, @event).WriteNumber("afterMs"u8, stall.AfterMs);
                EndData();
                break;
            case FailOverEvent failOver:
                json = BeginData("data-fail-over"u8, @event);
                json.WriteString("from"u8, failOver.From);
                json.WriteString("to"u8, failOver.To);
                json.WriteString("reason"u8, failOver.Reason);
                EndData();
                break;
            case SourceEvent source:
                json = Begin("source-url"u8);
                json.WriteString("sourceId"u8, $"source-{++_sources}");
                json.WriteString("url"u8, source.Url);
                json.WriteString("title"u8, source.Title);
                End();
                break;
            case MetricsEvent metrics:
                json = Begin("message-metadata"u8);
                json.WriteStartObject("messageMetadata"u8);
                NativeEvents.WriteMetrics(json, metrics.Metrics);
                json.WriteEndObject();
                End();
                break;
            case CompleteEvent:
                WriteRaw("data: [DONE]\n\n"u8);
                break;
        }
    }

    protected override void OpenPart(Voice voice, Part part)
    {
        part.Id = $"{(part.IsReasoning ? "reasoning" : "text")}-{++_parts}";
        Begin(part.IsReasoning ? "reasoning-start"u8 : "text-start"u8).WriteString("id"u8, part.Id);
        EndOf(voice);
    }

    protected override void WritePiece(Part part, string piece)
    {
        var json = Begin(part.IsReasoning ? "reasoning-delta"u8 : "text-delta"u8);
        json.WriteString("id"u8, part.Id);
        json.WriteString("delta"u8, piece);
        End();
    }

    protected override void ClosePart(Part part)
    {
        Begin(part.IsReasoning ? "reasoning-end"u8 : "text-end"u8).WriteString("id"u8, part.Id);
        End();
    }

    // The message has one row of steps. Agents that answer at once share one: it is open while any of theirs is.
    protected override void OpenStep(Voice voice, int index)
    {
        if (!_inStep)
        {
            CloseParts();
            _inStep = true;
            Begin("start-step"u8);
            End();
        }
    }

    protected override void CloseStep(Voice voice, int index)
    {
        if (!IsInStep)
        {
            // The client forgets every open part at a step's end, whosever it is.
            CloseParts();
            _inStep = false;
            Begin("finish-step"u8);
            End();
        }
    }

    protected override void OpenCall(Voice voice, Call call)
    {
        BeginCall("tool-input-start"u8, call).WriteString("toolName"u8, call.Name);
        WriteExecuted(call);
        EndOf(voice);
    }

    protected override void WriteFragment(Call call, string fragment)
    {
        BeginCall("tool-input-delta"u8, call).WriteString("inputTextDelta"u8, fragment);
        End();
    }

    protected override void CompleteCall(Voice voice, Call call, JsonElement arguments)
    {
        var json = BeginCall("tool-input-available"u8, call);
        json.WriteString("toolName"u8, call.Name);
        json.WritePropertyName("input"u8);
        arguments.WriteTo(json);
        WriteExecuted(call);
        EndOf(voice);
    }

    protected override void CutCall(Call call)
    {
        var json = BeginCall("tool-input-error"u8, call);
        json.WriteString("toolName"u8, call.Name);
        json.WriteString("input"u8, call.Arguments.ToString());
        json.WriteString("errorText"u8, "The answer ended before this call was complete.");
        // An application that sends the results of its calls by itself must not take this for one.
        json.WriteBoolean("providerExecuted"u8, value: true);
        End();
    }

    protected override void WriteResult(Call call, ToolResultEvent result)
    {
        if (call.IsDenied)
        {
            BeginCall("tool-output-denied"u8, call);
            End();
            return;
        }

        BeginCall(result.IsError ? "tool-output-error"u8 : "tool-output-available"u8, call)
            .WriteString(result.IsError ? "errorText"u8 : "output"u8, result.Content);
        WriteExecuted(call);
        End();
    }

    protected override void WriteApproval(Call call, ApprovalRequestEvent request)
    {
        BeginCall("tool-approval-request"u8, call).WriteString("approvalId"u8, ApprovalIds.Of(ApprovalPrefix, Run, request.Id));
        End();
    }

    // The client is busy until its stream ends; then its page can answer, and its next request has the answers.
    protected override void WriteWaiting(IReadOnlyList<(Call Call, ApprovalRequestEvent Request)> waiting)
    {
        var json = Begin("finish"u8);
        json.WriteString("finishReason"u8, "tool-calls"u8);
        json.WriteStartObject("messageMetadata"u8);
        json.WriteString("state"u8, "waiting"u8);
        json.WriteEndObject();
        End();
        WriteRaw("data: [DONE]\n\n"u8);
    }

    protected override void WriteEnd(DoneEvent done, RunProblem? problem)
    {
        Utf8JsonWriter json;
        if (problem is not null)
        {
            // Before the error, since clients stop reading there.
            json = Begin("message-metadata"u8);
            WriteFigures(json, done);
            End();
            WriteError(problem);
        }
        else if (done.Reason == RunState.Cancelled)
        {
            Begin("abort"u8).WriteString("reason"u8, "The answer was stopped.");
            End();
        }

        json = Begin("finish"u8);
        json.WriteString("finishReason"u8, FinishReason(done, problem));
        if (problem is null)
        {
            WriteFigures(json, done);
        }

        End();
    }

    protected override void WriteShutdown(RunProblem problem) => WriteError(problem);

    private static string FinishReason(DoneEvent done, RunProblem? problem) => done.Finish?.Value switch
    {
        _ when done.Reason == RunState.Cancelled => "other",
        "content_filter" => "content-filter",
        _ when problem is not null => "error",
        "length" => "length",
        "tool_calls" => "tool-calls",
        "stop" => "stop",
        _ => done.Reason == RunState.Completed ? "stop" : "other",
    };

    private static void WriteFigures(Utf8JsonWriter json, DoneEvent done)
    {
        json.WriteStartObject("messageMetadata"u8);
        json.WriteString("state"u8, done.Reason.ToWire());
        NativeEvents.WriteMetrics(json, done.Metrics);
        NativeEvents.WriteUsage(json, done.Usage);
        json.WriteEndObject();
    }

    private void WriteStart(ConnectedEvent connected)
    {
        var json = Begin("start"u8);
        json.WriteString("messageId"u8, messageId ?? $"msg_{Run.Id}");
        json.WriteStartObject("messageMetadata"u8);
        json.WriteString("model"u8, connected.Model);
        json.WriteString("runId"u8, connected.RunId);
        if (connected.ConversationId is { } conversation)
        {
            json.WriteString("conversationId"u8, conversation);
        }

        json.WriteEndObject();
        End();
    }

    // Kept in the message: one part for each agent, which the second of the two replaces.
    private void WriteAgent(RunEvent @event)
    {
        var json = Begin("data-agent"u8);
        json.WriteString("id"u8, $"agent-{@event.Agent}");
        json.WriteStartObject("data"u8);
        json.WriteString("agent"u8, @event.Agent);
        json.WriteString("state"u8, @event is AgentStartEvent ? "running"u8 : "done"u8);
        json.WriteEndObject();
        End();
    }

    private void WriteError(RunProblem problem)
    {
        Begin("error"u8).WriteString("errorText"u8, problem.Detail);
        End();
    }

    private Utf8JsonWriter BeginCall(ReadOnlySpan<byte> type, Call call)
    {
        var json = Begin(type);
        json.WriteString("toolCallId"u8, call.Id);
        return json;
    }

    // A call that is made here must not be taken by the client for one of its own.
    private void WriteExecuted(Call call)
    {
        if (!call.IsForClient)
        {
            Frame.WriteBoolean("providerExecuted"u8, value: true);
        }
    }

    // Says whose part it is: the one place that stays with a part in the client's message.
    private void EndOf(Voice voice)
    {
        if (voice.Agent is { } agent)
        {
            Frame.WriteStartObject("providerMetadata"u8);
            Frame.WriteStartObject("chatapp"u8);
            Frame.WriteString("agent"u8, agent);
            Frame.WriteEndObject();
            Frame.WriteEndObject();
        }

        End();
    }

    private Utf8JsonWriter BeginData(ReadOnlySpan<byte> type, RunEvent @event)
    {
        var json = Begin(type);
        json.WriteStartObject("data"u8);
        if (@event.Agent is { } agent)
        {
            json.WriteString("agent"u8, agent);
        }

        return json;
    }

    // Transient: shown while it happens, not kept in the message.
    private void EndData()
    {
        Frame.WriteEndObject();
        Frame.WriteBoolean("transient"u8, true);
        End();
    }

    /// <summary>The format by its name, <c>ai-sdk</c>.</summary>
    public sealed class Kind : IRunFormatKind
    {
        public string Name => "ai-sdk";

        public bool StartsAnywhere => true;

        public IRunFormat Create(Run run, IQueryCollection query) => new AiSdkFormat(run, messageId: null, []);
    }
}
