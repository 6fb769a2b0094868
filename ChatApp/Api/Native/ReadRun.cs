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
}
