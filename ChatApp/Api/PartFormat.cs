using System.Buffers;
using System.Text.Json;
using ChatApp.Api.Native;
using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>
/// What the formats share whose clients want each part of an answer opened before its first piece and closed before the end: it keeps what is
/// open, for each agent, and closes all of it whatever the end is. A format says how opening and closing are written, in frames of one JSON
/// object, <c>data: {"type":…}</c>.
/// </summary>
/// <param name="run">The run to write.</param>
/// <param name="takenCallIds">Ids of calls that the client has from before, so that no new call gets one of them.</param>
/// <remarks>Parts are counted, not named after their first event: where that is depends on what the reader got merged.</remarks>
internal abstract partial class PartFormat(Run run, IEnumerable<string> takenCallIds) : IRunFormat
{
    private readonly Dictionary<string, Voice> _voices = [];
    private readonly Dictionary<(string Agent, string Id), Call> _calls = [];
    private readonly HashSet<string> _callIds = [.. takenCallIds];
    private readonly RunPause _pause = new(run);
    private IBufferWriter<byte> _output = null!;
    private Utf8JsonWriter? _json;
    private RunProblem? _problem;
    private bool _begun;

    public string ContentType => "text/event-stream";

    // There is no cursor to come back with: a reader that comes back begins again.
    public bool CanComeBack => false;

    public bool IsPaused => _pause.IsPaused;

    /// <summary>The run to write.</summary>
    protected Run Run => run;

    /// <summary>Whether any agent is in a step.</summary>
    protected bool IsInStep => _voices.Values.Any(voice => voice.Step is not null);

    public virtual void SetHeaders(IHeaderDictionary headers)
    {
    }

    public void Write(RunEvent @event, IBufferWriter<byte> output)
    {
        _output = output;
        if (!_begun)
        {
            _begun = true;
            if (@event is not ConnectedEvent)
            {
                // Read from a cursor on: the stream has its beginning all the same.
                WriteOther(new ConnectedEvent(run.Id, run.Model, run.ConversationId));
            }
        }

        _pause.Take(@event);
        switch (@event)
        {
            case TokenEvent { Content.Length: > 0 } token:
                Say(VoiceOf(token), isReasoning: false, token.Content);
                break;
            case ReasoningEvent { Content.Length: > 0 } reasoning:
                Say(VoiceOf(reasoning), isReasoning: true, reasoning.Content);
                break;
            case TokenEvent or ReasoningEvent:
                break;
            case StepEvent step:
                Move(step);
                break;
            case ToolCallDeltaEvent delta:
                Take(VoiceOf(delta), delta);
                break;
            case ToolCallEvent call:
                Take(VoiceOf(call), call);
                break;
            case ToolResultEvent result:
                Take(VoiceOf(result), result);
                break;
            case ApprovalRequestEvent request when Find(request, request.CallId) is { State: CallState.Complete, HasResult: false } call:
                call.ApprovalId = request.Id;
                call.IsDenied = false;
                WriteApproval(call, request);
                break;
            case ApprovalResponseEvent response when Find(response, response.CallId) is { HasResult: false } call && call.ApprovalId == response.Id:
                call.IsDenied = !response.IsApproved;
                break;
            case ApprovalRequestEvent or ApprovalResponseEvent:
                break;
            case ErrorEvent error:
                // Said at the end, once everything is closed: clients stop reading at an error.
                _problem = error.Problem;
                break;
            case AgentEndEvent end:
                EndStep(VoiceOf(end));
                WriteOther(end);
                break;
            case DoneEvent done:
                CloseAll();
                WriteEnd(done, _problem ?? ProblemOf(done.Reason));
                break;
            default:
                WriteOther(@event);
                break;
        }
    }

    public void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed) => SseComments.WriteHeartbeat(output, isSavingDelayed);

    public void WriteGoodbye(Goodbye reason, TimeSpan retry, IBufferWriter<byte> output)
    {
        _output = output;
        CloseAll();
        WriteShutdown(Interrupted);
    }

    /// <summary>Goes on after an event at which the stream of an earlier request ended, since all waited for a person.</summary>
    /// <param name="seq">That event's number.</param>
    public void GoOnAfter(long seq)
    {
        var (events, nowhere) = (new List<RunEvent>(), new ArrayBufferWriter<byte>());
        run.Read(0, events, upTo: seq);
        foreach (var @event in events)
        {
            Write(@event, nowhere);
            nowhere.ResetWrittenCount();
        }

        WritePause(nowhere);
        // Its beginning is written with the first event that is new.
        _begun = false;
    }

    public void WritePause(IBufferWriter<byte> output)
    {
        _output = output;
        CloseAll();
        WriteWaiting([.. _pause.Waiting.Select(request => (Find(request, request.CallId)!, request)).Where(waiting => waiting.Item1 is not null)]);
    }

    public void Dispose() => _json?.Dispose();

    // What to say of a run that its server did not live to end.
    private static RunProblem Interrupted { get; } = new(
        "interrupted", "The server restarted", StatusCodes.Status503ServiceUnavailable, "The server restarted before the answer was whole. Send the message again.");

    /// <summary>Writes an event that opens and closes nothing.</summary>
    protected abstract void WriteOther(RunEvent @event);

    /// <summary>Opens a part.</summary>
    protected abstract void OpenPart(Voice voice, Part part);

    /// <summary>Writes a piece of an open part; never an empty one.</summary>
    protected abstract void WritePiece(Part part, string piece);

    /// <summary>Closes a part.</summary>
    protected abstract void ClosePart(Part part);

    /// <summary>An agent, or the answer without agents, begins a step; called before it counts as open.</summary>
    protected abstract void OpenStep(Voice voice, int index);

    /// <summary>A step has ended; called when it no longer counts as open, and after all of it was closed.</summary>
    protected abstract void CloseStep(Voice voice, int index);

    /// <summary>Opens a tool call.</summary>
    protected abstract void OpenCall(Voice voice, Call call);

    /// <summary>Writes a fragment of an open call's arguments; never an empty one.</summary>
    protected abstract void WriteFragment(Call call, string fragment);

    /// <summary>Closes a call with its complete arguments.</summary>
    protected abstract void CompleteCall(Voice voice, Call call, JsonElement arguments);

    /// <summary>Closes a call that will not be completed.</summary>
    protected abstract void CutCall(Call call);

    /// <summary>Writes what a tool answered to a completed call, once for each.</summary>
    protected abstract void WriteResult(Call call, ToolResultEvent result);

    /// <summary>Writes that a completed call waits for a yes or no.</summary>
    protected abstract void WriteApproval(Call call, ApprovalRequestEvent request);

    /// <summary>Writes the end of a stream whose run waits for a person; everything is closed.</summary>
    protected abstract void WriteWaiting(IReadOnlyList<(Call Call, ApprovalRequestEvent Request)> waiting);

    /// <summary>Writes how the run ended; everything is closed.</summary>
    protected abstract void WriteEnd(DoneEvent done, RunProblem? problem);

    /// <summary>Writes that the server goes away; everything is closed.</summary>
    protected abstract void WriteShutdown(RunProblem problem);

    /// <summary>Begins a frame; <see cref="End"/> ends it.</summary>
    protected Utf8JsonWriter Begin(ReadOnlySpan<byte> type)
    {
        _output.Write("data: "u8);
        if (_json is null)
        {
            _json = new Utf8JsonWriter(_output, NativeEvents.WriterOptions);
        }
        else
        {
            _json.Reset(_output);
        }

        _json.WriteStartObject();
        _json.WriteString("type"u8, type);
        return _json;
    }

    /// <summary>The frame that was begun.</summary>
    protected Utf8JsonWriter Frame => _json!;

    /// <summary>Ends a frame.</summary>
    protected void End()
    {
        Frame.WriteEndObject();
        Frame.Flush();
        WriteRaw("\n\n"u8);
    }

    /// <summary>Writes bytes that are no JSON frame.</summary>
    protected void WriteRaw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Closes every open part and call, of all agents.</summary>
    protected void CloseParts()
    {
        foreach (var voice in _voices.Values)
        {
            CloseParts(voice);
        }
    }

    private static RunProblem? ProblemOf(RunState state) => state switch
    {
        RunState.Interrupted => Interrupted,
        RunState.Failed => RunProblem.Internal(),
        _ => null,
    };

    private void CloseAll()
    {
        foreach (var voice in _voices.Values)
        {
            EndStep(voice);
        }
    }

    private Voice VoiceOf(RunEvent @event)
    {
        var agent = @event.Agent ?? "";
        if (!_voices.TryGetValue(agent, out var voice))
        {
            _voices[agent] = voice = new Voice(@event.Agent);
        }

        return voice;
    }

    private void Say(Voice voice, bool isReasoning, string piece)
    {
        if (voice.Part is not { } part || part.IsReasoning != isReasoning)
        {
            EndPart(voice);
            voice.Part = part = new Part(isReasoning);
            OpenPart(voice, part);
        }

        WritePiece(part, piece);
    }

    private void Move(StepEvent step)
    {
        var voice = VoiceOf(step);
        switch (step.State)
        {
            case RunStep.Model:
                EndStep(voice);
                OpenStep(voice, step.Index);
                voice.Step = step.Index;
                break;
            case RunStep.Tools:
                EndPart(voice);
                break;
            case RunStep.Done when step.Agent is null:
                CloseAll();
                break;
            case RunStep.Done:
                EndStep(voice);
                break;
        }
    }

    private void EndStep(Voice voice)
    {
        CloseParts(voice);
        voice.ByIndex.Clear();
        if (voice.Step is { } index)
        {
            voice.Step = null;
            CloseStep(voice, index);
        }
    }

    private void EndPart(Voice voice)
    {
        if (voice.Part is { } part)
        {
            voice.Part = null;
            ClosePart(part);
        }
    }

    private void CloseParts(Voice voice)
    {
        EndPart(voice);
        foreach (var call in voice.Open)
        {
            call.State = CallState.Cut;
            CutCall(call);
        }

        voice.Open.Clear();
    }

    private void Take(Voice voice, ToolCallDeltaEvent delta)
    {
        if (!voice.ByIndex.TryGetValue(delta.Index, out var call) || (delta.Id is not null && call.GivenId is not null && delta.Id != call.GivenId))
        {
            voice.ByIndex[delta.Index] = call = new Call();
        }

        call.GivenId ??= delta.Id;
        call.Name ??= delta.Name;
        call.Arguments.Append(delta.Arguments);
        if (call is { State: CallState.Unknown, GivenId: not null, Name: not null })
        {
            Open(voice, call);
            if (call.Arguments.Length > 0)
            {
                WriteFragment(call, call.Arguments.ToString());
            }
        }
        else if (call.State == CallState.Open && delta.Arguments.Length > 0)
        {
            WriteFragment(call, delta.Arguments);
        }
    }

    private void Take(Voice voice, ToolCallEvent whole)
    {
        var call = voice.Open.Find(call => call.GivenId == whole.Id);
        if (call is null)
        {
            if (voice.ByIndex.Values.Any(known => known.GivenId == whole.Id && known.State != CallState.Unknown))
            {
                // Said twice.
                return;
            }

            call = voice.ByIndex.Values.FirstOrDefault(held => held.GivenId == whole.Id) ?? new Call { GivenId = whole.Id };
            call.Name = whole.Name;
            call.Arguments.Clear();
            Open(voice, call);
        }

        Complete(voice, call, whole.Arguments);
    }

    private void Take(Voice voice, ToolResultEvent result)
    {
        EndPart(voice);
        if (Find(result, result.Id) is not { } call)
        {
            call = new Call { GivenId = result.Id, Name = result.Name };
            Open(voice, call);
        }

        if (call.State == CallState.Open)
        {
            Complete(voice, call, JsonElement.Parse("{}"));
        }

        if (call is { State: CallState.Complete, HasResult: false })
        {
            call.HasResult = true;
            WriteResult(call, result);
        }
    }

    /// <summary>The format's id of the call that an event is about; null where it is about none that was written.</summary>
    protected string? CallIdOf(RunEvent @event, string? callId) => callId is not null && Find(@event, callId) is { State: not CallState.Unknown } call ? call.Id : null;

    private Call? Find(RunEvent @event, string callId) => _calls.GetValueOrDefault((@event.Agent ?? "", callId));

    private void Open(Voice voice, Call call)
    {
        EndPart(voice);
        call.IsForClient = run.IsForClient(call.Name!);
        call.Id = Unused(call.GivenId!);
        call.State = CallState.Open;
        voice.Open.Add(call);
        _calls[(voice.Agent ?? "", call.GivenId!)] = call;
        OpenCall(voice, call);
    }

    private void Complete(Voice voice, Call call, JsonElement arguments)
    {
        voice.Open.Remove(call);
        call.State = CallState.Complete;
        CompleteCall(voice, call, arguments);
    }

    // Some providers count their calls anew in each answer; clients find a call by its id among all they have.
    private string Unused(string id)
    {
        var name = id.Length > 0 ? id : "call";
        var unused = name;
        for (var n = 2; !_callIds.Add(unused); n++)
        {
            unused = $"{name}_{n}";
        }

        return unused;
    }
}
