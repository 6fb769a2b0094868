using System.Buffers;
using System.Globalization;
using System.Text.Json;
using ChatApp.Api.OpenAI;
using ChatApp.Runs;

namespace ChatApp.Api.Responses;

/// <summary>
/// OpenAI's Responses stream, <see href="https://platform.openai.com/docs/api-reference/responses-streaming"/>: named server-sent events
/// whose <c>sequence_frames.Number</c> is the cursor a reader comes back with.
/// <code>
/// event: response.output_text.delta
/// data: {"type":"response.output_text.delta","sequence_frames.Number":500,"item_id":"msg_0197…_3","output_index":0,"content_index":0,"delta":"Hi","logprobs":[]}
/// </code>
/// </summary>
/// <remarks>
/// A number is the event's <see cref="RunEvent.Seq"/> times <see cref="Places"/> plus the frame's place among that event's frames. It must
/// not depend on how deltas were merged for one reader, or it would mean something else to the next: frames that a merged delta opens carry
/// the number of its first event, and the delta itself that of its last. So a reader with number N has the text of exactly the events whose
/// own delta would be numbered N or less. Numbers grow and have gaps.
/// </remarks>
/// <param name="run">The run; only its id, its model and when it was made are taken from it.</param>
/// <param name="settings">What its request said.</param>
/// <param name="startingAfter">The reader's cursor: frames up to it are not written again.</param>
/// <param name="holdsHeaders">Whether a failure before any content is answered with its status.</param>
/// <param name="after">The event that the response begins after: the last of the one that waited for a person. 0 for the run's beginning.</param>
internal sealed class ResponsesFormat(Run run, ResponseSettings settings, long startingAfter = 0, bool holdsHeaders = false, long after = 0) : IRunFormat
{
    /// <summary>What the ids of requests for a yes or no begin with.</summary>
    public const string ApprovalPrefix = "mcpr_";

    /// <summary>How many numbers an event has for its frames. Only the end of a run with many open items could need more, and no event after it has frames.</summary>
    public const int Places = 100;

    private readonly ResponseOutput _output = new(run.Id);
    private readonly string _created = run.Created.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    private readonly ResponseFrames _frames = new(startingAfter);
    private readonly RunPause _pause = new(run);
    private readonly Dictionary<(string Agent, string CallId), ApprovalRequestEvent> _asked = [];
    private bool _begun = after == 0;
    private long _seq;

    public string ContentType => "text/event-stream";

    // A run in the background goes on until its reader is back. Any other is cancelled when its reader leaves.
    public bool CanComeBack => settings.Background;

    public long ResumesAfter => Math.Max(after, startingAfter / Places);

    // A response that waits for a person is over, also once the run goes on: what follows is another response.
    public bool IsPaused => _output.IsPaused;

    public Func<RunProblem, IResult>? Refusal => holdsHeaders ? problem => new OpenAIError(Problem.From(problem)) : null;

    public void Write(RunEvent @event, IBufferWriter<byte> output)
    {
        _frames.Target = output;
        TakeNext(@event);
    }

    public void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed) => SseComments.WriteHeartbeat(output, isSavingDelayed);

    // A reader that is to come back does so on a stream that ends without response.completed; it needs no frame, and has one cursor less to mind.
    public void WriteGoodbye(Goodbye reason, TimeSpan retry, IBufferWriter<byte> output)
    {
        _frames.Target = output;
        _frames.Number = Math.Max(_frames.Number, startingAfter + 1);
        if (reason == Goodbye.Shutdown && _frames.Open("error"u8) is { } json)
        {
            json.WriteString("code"u8, "shutting_down"u8);
            json.WriteString("message"u8, "The server is shutting down, and the answer was cut here. Ask again in a moment."u8);
            json.WriteNull("param"u8);
            _frames.Close();
        }
    }

    public void Dispose() => _frames.Dispose();

    /// <summary>Writes the whole response object as of now.</summary>
    public static void WriteObject(Utf8JsonWriter json, Run run, ResponseSettings settings, long after = 0)
    {
        // Taken before the events, so that the object is never further in its status than in its output.
        var status = run.State == RunState.Queued ? "queued" : "in_progress";
        using var format = new ResponsesFormat(run, settings, long.MaxValue, after: after);
        var events = new List<RunEvent>();
        run.Read(0, events);
        foreach (var @event in events)
        {
            format.TakeNext(@event);
        }

        format.WriteResponse(json, status);
    }

    private void TakeNext(RunEvent @event)
    {
        if (!_output.IsPaused)
        {
            _pause.Take(@event);
            if (@event is ApprovalRequestEvent request)
            {
                _asked[(request.Agent ?? "", request.CallId)] = request;
            }

            if (@event.Seq > after)
            {
                Take(@event);
                EndAtPause();
            }
        }

        _seq = @event.Seq;
    }

    // Once all waits: the client is to answer in its next request.
    private void EndAtPause()
    {
        if (_pause.IsPaused)
        {
            _output.IsPaused = true;
            End(_output.AllOpen(), ResponseItem.Completed);
            WriteLifecycle("response.completed"u8);
        }
    }

    private void Take(RunEvent @event)
    {
        // The log has no gaps: a merged delta begins right after the event before it.
        _frames.Number = (@event is TokenEvent or ReasoningEvent ? _seq + 1 : @event.Seq) * Places;
        if (!_begun)
        {
            WriteBeginning();
        }

        switch (@event)
        {
            case ConnectedEvent:
                WriteBeginning();
                break;
            case TokenEvent token:
                TakeText(ResponseItemKind.Message, token, token.Content);
                break;
            case ReasoningEvent reasoning:
                TakeText(ResponseItemKind.Reasoning, reasoning, reasoning.Content);
                break;
            case ToolCallDeltaEvent delta:
                AppendArguments(CallOf(delta), delta.Arguments);
                break;
            case ToolCallEvent call:
                TakeCall(call);
                break;
            case ApprovalRequestEvent request:
                TakeRequest(request);
                break;
            case ToolResultEvent result:
                TakeResult(result);
                break;
            case SourceEvent source:
                TakeSource(source);
                break;
            case StepEvent { State: not RunStep.Done } or AgentEndEvent:
                End(_output.OpenOf(@event.Agent), ResponseItem.Completed);
                break;
            case ErrorEvent { Agent: null } error:
                _output.Problem = error.Problem;
                break;
            case DoneEvent done:
                TakeDone(done);
                break;
        }
    }

    private void TakeText(ResponseItemKind kind, RunEvent @event, string text)
    {
        var item = _output.Find(kind, @event.Agent);
        if (item is null)
        {
            item = Begin(kind, @event.Agent);
        }
        else if (kind == ResponseItemKind.Message)
        {
            EndReasoning(@event.Agent);
        }

        item.Text.Append(text);
        // A delta is numbered by its last event, whatever was merged into it.
        _frames.Number = Math.Max(_frames.Number, @event.Seq * Places);
        if (_frames.Open(kind == ResponseItemKind.Message ? "response.output_text.delta"u8 : "response.reasoning_text.delta"u8) is { } json)
        {
            WritePlace(json, item);
            json.WriteString("delta"u8, text);
            WriteLogprobs(json, item);
            _frames.Close();
        }
    }

    private void TakeSource(SourceEvent source)
    {
        var item = _output.Find(ResponseItemKind.Message, source.Agent) ?? Begin(ResponseItemKind.Message, source.Agent);
        item.Annotations.Add((source, item.Text.Length));
        if (_frames.Open("response.output_text.annotation.added"u8) is { } json)
        {
            WritePlace(json, item);
            json.WriteNumber("annotation_index"u8, item.Annotations.Count - 1);
            json.WritePropertyName("annotation"u8);
            ResponseItem.WriteAnnotation(json, source, item.Text.Length);
            _frames.Close();
        }
    }

    // Fragments of several calls may take turns; the first of each has its id and name.
    private ResponseItem CallOf(ToolCallDeltaEvent delta) =>
        _output.FindCall(delta.Agent, delta.Index, delta.Id) ?? Begin(KindOf(delta.Name), delta.Agent, delta.Id, delta.Name, delta.Index);

    private void TakeCall(ToolCallEvent call)
    {
        var item = _output.FindCall(call.Agent, call.Id);
        if (item is { IsBeingMade: true })
        {
            // Said twice.
            return;
        }

        item ??= Begin(KindOf(call.Name), call.Agent, call.Id, call.Name);
        if (item.Text.Length == 0)
        {
            AppendArguments(item, call.Arguments.GetRawText());
        }

        item.IsWhole = true;
        if (item.Kind == ResponseItemKind.Call)
        {
            End([item], ResponseItem.Completed);
            return;
        }

        // It is over with its result.
        WriteArgumentsDone(item);
    }

    private ResponseItemKind KindOf(string? tool) => run.IsForClient(tool ?? "") ? ResponseItemKind.Call : ResponseItemKind.ServerCall;

    // The call that the model wrote ends here; it is made under another item, if it is.
    private void TakeRequest(ApprovalRequestEvent request)
    {
        var id = ApprovalIds.Of(ApprovalPrefix, run, request.Id);
        if (_output.FindCall(request.Agent, request.CallId) is { IsBeingMade: true } call)
        {
            call.ApprovalId = id;
            End([call], ResponseItem.Incomplete);
        }

        var item = _output.AddApproval(id, request, settings.LabelOf(request.Name));
        if (_frames.Open("response.output_item.added"u8) is { } added)
        {
            WriteItem(added, item);
        }

        if (_frames.Open("response.output_item.done"u8) is { } done)
        {
            WriteItem(done, item);
        }
    }

    private void TakeResult(ToolResultEvent result)
    {
        var item = _output.FindCall(result.Agent, result.Id);
        if (item is not { IsBeingMade: true })
        {
            if (!_asked.Remove((result.Agent ?? "", result.Id), out var request))
            {
                return;
            }

            item = Begin(ResponseItemKind.ServerCall, result.Agent, result.Id, request.Name, approvalId: ApprovalIds.Of(ApprovalPrefix, run, request.Id));
            AppendArguments(item, request.Arguments.GetRawText());
            item.IsWhole = true;
            WriteArgumentsDone(item);
        }

        item.Output = result.IsError ? null : result.Content;
        item.Error = result.IsError ? result.Content : null;
        if (_frames.Open(result.IsError ? "response.mcp_call.failed"u8 : "response.mcp_call.completed"u8) is { } json)
        {
            WritePlace(json, item);
            _frames.Close();
        }

        End([item], result.IsError ? ResponseItem.Failed : ResponseItem.Completed);
    }

    private void WriteItem(Utf8JsonWriter json, ResponseItem item, bool withText = true)
    {
        json.WriteNumber("output_index"u8, item.Index);
        json.WritePropertyName("item"u8);
        item.Write(json, withText);
        _frames.Close();
    }

    private void WriteBeginning()
    {
        _begun = true;
        WriteLifecycle("response.created"u8);
        WriteLifecycle("response.in_progress"u8);
    }

    private void AppendArguments(ResponseItem item, string arguments)
    {
        item.Text.Append(arguments);
        if (arguments.Length > 0 && _frames.Open(item.Kind == ResponseItemKind.Call ? "response.function_call_arguments.delta"u8 : "response.mcp_call_arguments.delta"u8) is { } json)
        {
            WritePlace(json, item);
            json.WriteString("delta"u8, arguments);
            _frames.Close();
        }
    }

    private void TakeDone(DoneEvent done)
    {
        _output.Done = done;
        End(_output.AllOpen(), _output.Status == "completed" ? ResponseItem.Completed : ResponseItem.Incomplete);
        // There is no event of its own for a response that was cancelled, and clients throw at one they don't know; its status says it.
        WriteLifecycle(_output.Status switch
        {
            "completed" => "response.completed"u8,
            "failed" => "response.failed"u8,
            _ => "response.incomplete"u8,
        });
    }

    // The text of one agent in one step is one message, whatever it thinks in between. A call ends it, as it would at OpenAI.
    private ResponseItem Begin(ResponseItemKind kind, string? agent, string? callId = null, string? name = null, int callIndex = -1, string? approvalId = null)
    {
        EndReasoning(agent);
        var isCall = kind is ResponseItemKind.Call or ResponseItemKind.ServerCall;
        if (isCall)
        {
            End(_output.OpenMessageOf(agent), ResponseItem.Completed);
        }

        var item = _output.Add(kind, _frames.Number / Places, agent, callId, name, callIndex, kind == ResponseItemKind.ServerCall ? settings.LabelOf(name ?? "") : "");
        item.ApprovalId = approvalId;
        if (_frames.Open("response.output_item.added"u8) is { } json)
        {
            WriteItem(json, item, withText: false);
        }

        if (kind == ResponseItemKind.ServerCall && _frames.Open("response.mcp_call.in_progress"u8) is { } begun)
        {
            WritePlace(begun, item);
            _frames.Close();
        }

        if (!isCall && _frames.Open("response.content_part.added"u8) is { } part)
        {
            WritePlace(part, item);
            part.WritePropertyName("part"u8);
            item.WritePart(part, withText: false);
            _frames.Close();
        }

        return item;
    }

    private void EndReasoning(string? agent)
    {
        if (_output.Find(ResponseItemKind.Reasoning, agent) is { } reasoning)
        {
            End([reasoning], ResponseItem.Completed);
        }
    }

    private void End(IReadOnlyList<ResponseItem> items, string status)
    {
        foreach (var item in items)
        {
            // A call that the model did not finish is no call: its arguments are never said to be done, or a client would run it.
            var isCall = item.Kind is ResponseItemKind.Call or ResponseItemKind.ServerCall;
            item.Status = isCall && !item.IsWhole ? ResponseItem.Incomplete
                : item.IsBeingMade && item is { Output: null, Error: null } ? ResponseItem.Incomplete
                : status;
            if (!isCall)
            {
                WriteTextDone(item);
            }
            else if (item is { Kind: ResponseItemKind.Call, Status: ResponseItem.Completed })
            {
                WriteArgumentsDone(item);
            }

            if (_frames.Open("response.output_item.done"u8) is { } json)
            {
                WriteItem(json, item);
            }
        }
    }

    private void WriteArgumentsDone(ResponseItem item)
    {
        if (_frames.Open(item.Kind == ResponseItemKind.Call ? "response.function_call_arguments.done"u8 : "response.mcp_call_arguments.done"u8) is { } json)
        {
            WritePlace(json, item);
            if (item.Kind == ResponseItemKind.Call)
            {
                json.WriteString("name"u8, item.Name);
            }

            json.WriteString("arguments"u8, item.Text.ToString());
            _frames.Close();
        }
    }

    private void WriteTextDone(ResponseItem item)
    {
        if (_frames.Open(item.Kind == ResponseItemKind.Message ? "response.output_text.done"u8 : "response.reasoning_text.done"u8) is { } json)
        {
            WritePlace(json, item);
            json.WriteString("text"u8, item.Text.ToString());
            WriteLogprobs(json, item);
            _frames.Close();
        }

        if (_frames.Open("response.content_part.done"u8) is { } part)
        {
            WritePlace(part, item);
            part.WritePropertyName("part"u8);
            item.WritePart(part);
            _frames.Close();
        }
    }

    private void WriteLifecycle(ReadOnlySpan<byte> type)
    {
        if (_frames.Open(type) is { } json)
        {
            json.WritePropertyName("response"u8);
            WriteResponse(json, "in_progress");
            _frames.Close();
        }
    }

    private void WriteResponse(Utf8JsonWriter json, string statusSoFar)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, ResponseIds.Of(run, after));
        json.WriteString("object"u8, "response"u8);
        json.WritePropertyName("created_at"u8);
        json.WriteRawValue(_created);
        json.WriteString("status"u8, _output.IsOver ? _output.Status : statusSoFar);
        json.WriteString("model"u8, run.Model);
        _output.Write(json);
        settings.Write(json);
        json.WriteEndObject();
    }

    // Which item, and which part of its content: there is only one.
    private static void WritePlace(Utf8JsonWriter json, ResponseItem item)
    {
        json.WriteString("item_id"u8, item.Id);
        json.WriteNumber("output_index"u8, item.Index);
        if (item.Kind is ResponseItemKind.Message or ResponseItemKind.Reasoning)
        {
            json.WriteNumber("content_index"u8, 0);
        }
    }

    private static void WriteLogprobs(Utf8JsonWriter json, ResponseItem item)
    {
        if (item.Kind == ResponseItemKind.Message)
        {
            json.WriteStartArray("logprobs"u8);
            json.WriteEndArray();
        }
    }

    /// <summary>The format by its name, <c>responses</c>.</summary>
    public sealed class Kind(ResponseBook book) : IRunFormatKind
    {
        public string Name => "responses";

        public IRunFormat Create(Run run, IQueryCollection query) => new ResponsesFormat(run, book.Find(run)?.Settings ?? ResponseSettings.Default);
    }
}
