using System.Text.Json;
using ChatApp.Api.Native;
using ChatApp.Runs;

namespace ChatApp.Api.AgUi;

/// <summary>
/// The events of AG-UI 1.0, <see href="https://docs.ag-ui.com/concepts/events"/>, as server-sent events.
/// <code>
/// data: {"type":"TEXT_MESSAGE_CONTENT","messageId":"0197…-1","delta":"Hel"}
/// </code>
/// The client refuses a piece of something that is not open, an end with something open, anything after an end, and a null.
/// </summary>
/// <param name="run">The run to write.</param>
/// <param name="threadId">The thread's id, of the client's choosing.</param>
/// <param name="clientRunId">The run's id, of the client's choosing.</param>
/// <param name="takenCallIds">Ids of the calls in the thread.</param>
internal sealed class AgUiFormat(Run run, string threadId, string clientRunId, IEnumerable<string> takenCallIds) : PartFormat(run, takenCallIds)
{
    /// <summary>What the ids of interrupts begin with.</summary>
    public const string InterruptPrefix = "int_";

    private static readonly JsonElement Answer = JsonElement.Parse(
        """{"type":"object","properties":{"approved":{"type":"boolean"},"reason":{"type":"string"}},"required":["approved"]}""");

    private readonly List<string> _unanswered = [];
    private int _messages;
    private bool _hasCalls;

    protected override void WriteOther(RunEvent @event)
    {
        switch (@event)
        {
            case ConnectedEvent connected:
                WriteStart(connected);
                break;
            case AgentStartEvent or AgentEndEvent when @event.Agent is not null:
                BeginCustom("agent"u8, @event).WriteString("state"u8, @event is AgentStartEvent ? "running"u8 : "done"u8);
                EndCustom();
                break;
            case ThinkingEvent thinking:
                BeginCustom("thinking"u8, @event).WriteString("message"u8, thinking.Message);
                EndCustom();
                break;
            case ProgressEvent progress:
                var json = BeginCustom("progress"u8, @event);
                if (progress.Percent is { } percent)
                {
                    json.WriteNumber("percent"u8, percent);
                }

                json.WriteString("step"u8, progress.Step);
                if (CallIdOf(progress, progress.CallId) is { } callId)
                {
                    json.WriteString("toolCallId"u8, callId);
                }

                EndCustom();
                break;
            case StallEvent stall:
                BeginCustom("stall"u8, @event).WriteNumber("afterMs"u8, stall.AfterMs);
                EndCustom();
                break;
            case FailOverEvent failOver:
                json = BeginCustom("fail-over"u8, @event);
                json.WriteString("from"u8, failOver.From);
                json.WriteString("to"u8, failOver.To);
                json.WriteString("reason"u8, failOver.Reason);
                EndCustom();
                break;
            case RetryEvent retry:
                json = BeginCustom("retry"u8, @event);
                json.WriteNumber("attempt"u8, retry.Attempt);
                json.WriteNumber("afterMs"u8, retry.AfterMs);
                json.WriteString("reason"u8, retry.Reason);
                EndCustom();
                break;
            case SourceEvent source:
                json = BeginCustom("source"u8, @event);
                json.WriteString("url"u8, source.Url);
                json.WriteString("title"u8, source.Title);
                EndCustom();
                break;
            case MetricsEvent metrics:
                NativeEvents.WriteMetrics(BeginCustom("metrics"u8, @event), metrics.Metrics);
                EndCustom();
                break;
        }
    }

    protected override void OpenPart(Voice voice, Part part)
    {
        part.Id = NextMessage();
        if (part.IsReasoning)
        {
            BeginMessage("REASONING_START"u8, part.Id);
            End();
            BeginMessage("REASONING_MESSAGE_START"u8, part.Id).WriteString("role"u8, "reasoning"u8);
            End();
            return;
        }

        voice.Message = part.Id;
        var json = BeginMessage("TEXT_MESSAGE_START"u8, part.Id);
        json.WriteString("role"u8, "assistant"u8);
        if (voice.Agent is { } agent)
        {
            json.WriteString("name"u8, agent);
        }

        End();
    }

    protected override void WritePiece(Part part, string piece)
    {
        BeginMessage(part.IsReasoning ? "REASONING_MESSAGE_CONTENT"u8 : "TEXT_MESSAGE_CONTENT"u8, part.Id).WriteString("delta"u8, piece);
        End();
    }

    protected override void ClosePart(Part part)
    {
        BeginMessage(part.IsReasoning ? "REASONING_MESSAGE_END"u8 : "TEXT_MESSAGE_END"u8, part.Id);
        End();
        if (part.IsReasoning)
        {
            BeginMessage("REASONING_END"u8, part.Id);
            End();
        }
    }

    protected override void OpenStep(Voice voice, int index)
    {
        voice.Message = null;
        WriteStep("STEP_STARTED"u8, voice, index);
    }

    protected override void CloseStep(Voice voice, int index)
    {
        voice.Message = null;
        WriteStep("STEP_FINISHED"u8, voice, index);
    }

    // All calls of a step belong to one message: a provider wants them together, with their results behind them.
    protected override void OpenCall(Voice voice, Call call)
    {
        _hasCalls = true;
        var json = BeginCall("TOOL_CALL_START"u8, call);
        json.WriteString("toolCallName"u8, call.Name);
        json.WriteString("parentMessageId"u8, voice.Message ??= NextMessage());
        End();
    }

    protected override void WriteFragment(Call call, string fragment)
    {
        BeginCall("TOOL_CALL_ARGS"u8, call).WriteString("delta"u8, fragment);
        End();
    }

    protected override void CompleteCall(Voice voice, Call call, JsonElement arguments)
    {
        if (call.Arguments.Length == 0)
        {
            WriteFragment(call, arguments.GetRawText());
        }

        if (call.IsForClient)
        {
            _unanswered.Add(call.Id);
        }

        EndCall(call);
    }

    protected override void CutCall(Call call) => EndCall(call);

    protected override void WriteResult(Call call, ToolResultEvent result)
    {
        _unanswered.Remove(call.Id);
        var json = BeginMessage("TOOL_CALL_RESULT"u8, NextMessage());
        json.WriteString("toolCallId"u8, call.Id);
        json.WriteString("content"u8, result.Content);
        json.WriteString("role"u8, "tool"u8);
        json.WriteStartObject("metadata"u8);
        json.WriteBoolean("isError"u8, result.IsError);
        json.WriteNumber("ms"u8, result.Ms);
        if (call.IsDenied)
        {
            json.WriteBoolean("denied"u8, value: true);
        }

        json.WriteEndObject();
        End();
    }

    // Said at the end of the stream: an interrupt is an outcome.
    protected override void WriteApproval(Call call, ApprovalRequestEvent request)
    {
    }

    protected override void WriteWaiting(IReadOnlyList<(Call Call, ApprovalRequestEvent Request)> waiting)
    {
        var json = Begin("RUN_FINISHED"u8);
        json.WriteString("threadId"u8, threadId);
        json.WriteString("runId"u8, clientRunId);
        json.WriteStartObject("outcome"u8);
        json.WriteString("type"u8, "interrupt"u8);
        json.WriteStartArray("interrupts"u8);
        foreach (var (call, request) in waiting)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, ApprovalIds.Of(InterruptPrefix, Run, request.Id));
            json.WriteString("reason"u8, "tool_call"u8);
            json.WriteString("message"u8, $"May {request.Name} be called?");
            json.WriteString("toolCallId"u8, call.Id);
            json.WritePropertyName("responseSchema"u8);
            Answer.WriteTo(json);
            json.WriteStartObject("metadata"u8);
            json.WriteBoolean("once"u8, request.IsOnce);
            if (request.Agent is { } agent)
            {
                json.WriteString("agent"u8, agent);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        End();
    }

    protected override void WriteEnd(DoneEvent done, RunProblem? problem)
    {
        var json = BeginCustom("metrics"u8, done);
        NativeEvents.WriteMetrics(json, done.Metrics);
        NativeEvents.WriteUsage(json, done.Usage);
        EndCustom();

        if (problem is not null)
        {
            WriteError(problem, done.Usage);
            return;
        }

        json = Begin("RUN_FINISHED"u8);
        json.WriteString("threadId"u8, threadId);
        json.WriteString("runId"u8, clientRunId);
        WriteOutcome(json, done);
        WriteUsage(json, done.Usage);
        End();
    }

    protected override void WriteShutdown(RunProblem problem) => WriteError(problem, usage: null);

    private void WriteOutcome(Utf8JsonWriter json, DoneEvent done)
    {
        if (done.Reason == RunState.Cancelled)
        {
            // Not an error: somebody wanted it. The protocol has this outcome for a run that was stopped and did not fail, and it takes no result.
            json.WriteStartObject("outcome"u8);
            json.WriteString("type"u8, "cancelled"u8);
            json.WriteEndObject();
            return;
        }

        json.WriteStartObject("result"u8);
        json.WriteString("state"u8, done.Reason.ToWire());
        if (done.Finish is { } finish)
        {
            json.WriteString("finishReason"u8, finish.Value);
        }

        json.WriteEndObject();
        if (_hasCalls)
        {
            // Said, since a client left to itself waits for an answer to a call that was cut, too.
            json.WriteStartObject("outcome"u8);
            json.WriteString("type"u8, "success"u8);
            json.WriteStartArray("pendingToolCallIds"u8);
            foreach (var id in _unanswered)
            {
                json.WriteStringValue(id);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private void WriteStart(ConnectedEvent connected)
    {
        var json = Begin("RUN_STARTED"u8);
        json.WriteString("threadId"u8, threadId);
        json.WriteString("runId"u8, clientRunId);
        End();

        // Our own id stops the run and reads it again; the client shows its application no headers.
        json = BeginCustom("run"u8, connected);
        json.WriteString("runId"u8, connected.RunId);
        json.WriteString("model"u8, connected.Model);
        if (connected.ConversationId is { } conversation)
        {
            json.WriteString("conversationId"u8, conversation);
        }

        EndCustom();
    }

    private void WriteError(RunProblem problem, RunUsage? usage)
    {
        var json = Begin("RUN_ERROR"u8);
        json.WriteString("message"u8, problem.Detail);
        json.WriteString("code"u8, problem.Type);
        if (usage is not null)
        {
            WriteUsage(json, usage);
        }

        End();
    }

    // A list with one entry for each model.
    private void WriteUsage(Utf8JsonWriter json, RunUsage usage)
    {
        json.WriteStartArray("usage"u8);
        json.WriteStartObject();
        json.WriteString("model"u8, Run.Model);
        json.WriteNumber("inputTokens"u8, usage.InputTokens);
        json.WriteNumber("outputTokens"u8, usage.OutputTokens);
        json.WriteNumber("totalTokens"u8, usage.TotalTokens);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    // No two open steps have one name.
    private void WriteStep(ReadOnlySpan<byte> type, Voice voice, int index)
    {
        Begin(type).WriteString("stepName"u8, voice.Agent is { } agent ? $"{agent}: step {index}" : $"step {index}");
        End();
    }

    private string NextMessage() => $"{Run.Id}-{++_messages}";

    private Utf8JsonWriter BeginMessage(ReadOnlySpan<byte> type, string id)
    {
        var json = Begin(type);
        json.WriteString("messageId"u8, id);
        return json;
    }

    private Utf8JsonWriter BeginCall(ReadOnlySpan<byte> type, Call call)
    {
        var json = Begin(type);
        json.WriteString("toolCallId"u8, call.Id);
        return json;
    }

    private void EndCall(Call call)
    {
        BeginCall("TOOL_CALL_END"u8, call);
        End();
    }

    private Utf8JsonWriter BeginCustom(ReadOnlySpan<byte> name, RunEvent @event)
    {
        var json = Begin("CUSTOM"u8);
        json.WriteString("name"u8, name);
        json.WriteStartObject("value"u8);
        if (@event.Agent is { } agent)
        {
            json.WriteString("agent"u8, agent);
        }

        return json;
    }

    private void EndCustom()
    {
        Frame.WriteEndObject();
        End();
    }

    /// <summary>The format by its name, <c>ag-ui</c>.</summary>
    public sealed class Kind : IRunFormatKind
    {
        public string Name => "ag-ui";

        public bool StartsAnywhere => true;

        public IRunFormat Create(Run run, IQueryCollection query) => new AgUiFormat(run, run.ConversationId ?? run.Id, run.Id, []);
    }
}
