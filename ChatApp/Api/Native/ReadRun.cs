using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.Native;

/// <summary>Reading a run: its events from a cursor on, or where it stands.</summary>
internal static class ReadRun
{
    public static IResult EventsAsync(string id, HttpContext context, RunHost host) =>
        host.Find(id) is { } run ? Events(context, run) : Problem.NotFound;

    public static IResult Events(HttpContext context, Run run)
    {
        var (after, problem) = EventCursor.Read(context.Request, run);
        if (problem is not null)
        {
            return problem;
        }

        if (context.Request.Query["format"].ToString() is not ("" or "sse" or "text"))
        {
            return Problem.Validation("format", "format is sse or text.");
        }

        if (run.IsEnded && after == run.Seq)
        {
            // 204 tells an EventSource to stop coming back.
            context.Response.Headers["X-Run-Id"] = run.Id;
            return Results.NoContent();
        }

        return new RunStreamResult(run, after, Format(context, run, context.Request.Query["format"]));
    }

    public static IResult Status(string id, HttpContext context, RunHost host)
    {
        if (host.Find(id) is not { } run)
        {
            return Problem.NotFound;
        }

        context.Response.Headers["X-Run-Id"] = run.Id;
        return Results.Stream(body => WriteAsync(body, run), "application/json");
    }

    public static IRunFormat Format(HttpContext context, Run run, string? format) =>
        format == "text" ? new TextFormat(footer: context.Request.Query["footer"] != "false") : new SseFormat(run.Id);

    private static async Task WriteAsync(Stream body, Run run)
    {
        await using var json = new Utf8JsonWriter(body, NativeEvents.WriterOptions);
        json.WriteStartObject();
        json.WriteString("id"u8, run.Id);
        json.WriteString("state"u8, run.State.ToWire());
        json.WriteString("model"u8, run.Model);
        if (run.ConversationId is { } conversation)
        {
            json.WriteString("conversationId"u8, conversation);
        }

        json.WriteNumber("seq"u8, run.Seq);
        json.WriteString("text"u8, run.ReadText());
        if (run.ReasoningLength > 0)
        {
            json.WriteString("reasoning"u8, run.ReadReasoning());
        }

        json.WriteStartObject("metrics"u8);
        NativeEvents.WriteMetrics(json, run.GetMetrics());
        json.WriteEndObject();
        NativeEvents.WriteUsage(json, run.GetUsage());
        if (run.Problem is { } problem)
        {
            NativeEvents.WriteProblem(json, problem);
        }

        json.WriteEndObject();
    }
}
