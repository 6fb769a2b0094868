using System.Text.Json;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.Native;

/// <summary>Reading a run: its events from a cursor on, or where it stands.</summary>
internal static class ReadRun
{
    public static async Task<IResult> EventsAsync(string id, HttpContext context, RunHost host) =>
        await host.FindAsync(id, context.GetCaller()) is { } run ? Events(context, run) : Problem.NotFound;

    public static IResult Events(HttpContext context, Run run)
    {
        var (after, problem) = EventCursor.Read(context.Request, run);
        if (problem is not null)
        {
            return problem;
        }

        var (format, unfit) = context.RequestServices.GetRequiredService<RunFormats>().Pick(context.Request.Query["format"], context.Request);
        if (unfit is not null)
        {
            return unfit;
        }

        if (after > 0 && !format!.StartsAnywhere)
        {
            return Problem.Validation("after", $"The format {format.Name} is read from the start. To go on after an event, read sse or text.");
        }

        if (run.IsEnded && after == run.Seq)
        {
            // 204 tells an EventSource to stop coming back.
            RunHeaders.Set(context.Response, run);
            return Results.NoContent();
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            // Says whether there is something to read, without being a reader.
            RunHeaders.Set(context.Response, run);
            context.Response.ContentType = format!.ContentType;
            return Results.Empty;
        }

        return new RunStreamResult(run, after, format!.Create(run, context.Request.Query));
    }

    public static async Task<IResult> StatusAsync(string id, HttpContext context, RunHost host)
    {
        if (await host.FindAsync(id, context.GetCaller()) is not { } run)
        {
            return Problem.NotFound;
        }

        if (Accept.Check(context.Request, "application/json") is { } unfit)
        {
            return unfit;
        }

        RunHeaders.Set(context.Response, run);
        return Results.Stream(body => WriteAsync(body, run, run.Snapshot()), "application/json");
    }

    private static async Task WriteAsync(Stream body, Run run, RunSnapshot now)
    {
        await using var json = new Utf8JsonWriter(body, NativeEvents.WriterOptions);
        json.WriteStartObject();
        json.WriteString("id"u8, run.Id);
        json.WriteString("state"u8, now.State.ToWire());
        json.WriteString("model"u8, run.Model);
        if (run.ConversationId is { } conversation)
        {
            json.WriteString("conversationId"u8, conversation);
        }

        if (run.MessageId is { } message)
        {
            json.WriteString("messageId"u8, message);
        }

        json.WriteNumber("seq"u8, now.Seq);
        json.WriteString("text"u8, now.Text);
        if (now.Reasoning.Length > 0)
        {
            json.WriteString("reasoning"u8, now.Reasoning);
        }

        WriteLanes(json, run);
        WriteCalls(json, run.Calls);
        json.WriteStartObject("metrics"u8);
        NativeEvents.WriteMetrics(json, now.Metrics);
        json.WriteEndObject();
        NativeEvents.WriteUsage(json, now.Usage);
        if (now.Problem is { } problem)
        {
            NativeEvents.WriteProblem(json, problem);
        }

        json.WriteEndObject();
    }

    // Where agents answer: what each of them has, since all of it in one text says nothing of whose it is.
    private static void WriteLanes(Utf8JsonWriter json, Run run)
    {
        var lanes = run.Lanes;
        if (lanes.All(lane => lane.Agent is null))
        {
            return;
        }

        json.WriteStartArray("lanes"u8);
        foreach (var lane in lanes)
        {
            json.WriteStartObject();
            json.WriteString("agent"u8, lane.Agent);
            json.WriteString("text"u8, run.ReadLane(lane.Index, 0, lane.TextLength));
            if (lane.ReasoningLength > 0)
            {
                json.WriteString("reasoning"u8, run.ReadLaneReasoning(lane.Index));
            }

            json.WriteBoolean("done"u8, lane.IsDone);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCalls(Utf8JsonWriter json, IReadOnlyList<RunCall> calls)
    {
        if (calls.Count == 0)
        {
            return;
        }

        json.WriteStartArray("calls"u8);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, call.CallId);
            json.WriteString("name"u8, call.Name);
            WriteText(json, "agent"u8, call.Agent);
            WriteArguments(json, call);
            json.WriteString("state"u8, call.State switch
            {
                RunCallState.Writing => "writing"u8,
                RunCallState.Running => "running"u8,
                RunCallState.Waiting => "waiting"u8,
                RunCallState.Done => "done"u8,
                RunCallState.Failed => "failed"u8,
                RunCallState.Denied => "denied"u8,
                RunCallState.Passed => "passed"u8,
                _ => "cut"u8,
            });
            WriteText(json, "approvalId"u8, call.ApprovalId);
            WriteText(json, "result"u8, call.Result);
            if (call.Ms is { } ms)
            {
                json.WriteNumber("ms"u8, ms);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // An object once it is whole, as in tool_call; until then there is no telling what it will be.
    private static void WriteArguments(Utf8JsonWriter json, RunCall call)
    {
        if (call.State == RunCallState.Writing || !JsonBody.IsWellFormed(System.Text.Encoding.UTF8.GetBytes(call.Arguments)))
        {
            return;
        }

        json.WritePropertyName("arguments"u8);
        json.WriteRawValue(call.Arguments, skipInputValidation: true);
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
