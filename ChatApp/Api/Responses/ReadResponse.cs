using System.Globalization;
using ChatApp.Api.OpenAI;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.Responses;

/// <summary>A response that was asked for before: as it stands, as a stream from a cursor on, or stopped.</summary>
internal static class ReadResponse
{
    /// <summary><c>GET /v1/responses/{id}</c>, with <c>?stream=true</c> as a stream, after frame <c>starting_after</c>.</summary>
    public static IResult Get(string id, HttpContext context, ResponseBook book)
    {
        if (book.Find(id, context.GetCaller()) is not var (run, response))
        {
            return ResponseProblems.NotFound;
        }

        var stream = context.Request.Query["stream"].ToString();
        if (stream is not ("" or "true" or "false"))
        {
            return ResponseProblems.Invalid("stream", "stream is true or false.");
        }

        if (stream != "true")
        {
            return new ResponseResult(run, response.Settings, response.After);
        }

        var (after, problem) = Cursor(context.Request, run);
        return problem is null ? new RunStreamResult(run, 0, new ResponsesFormat(run, response.Settings, after, after: response.After)) : problem;
    }

    /// <summary><c>POST /v1/responses/{id}/cancel</c>. The answer comes once the provider's connection is closed.</summary>
    public static async Task<IResult> CancelAsync(string id, HttpContext context, ResponseBook book, RunHost host)
    {
        if (book.Find(id, context.GetCaller()) is not var (run, response))
        {
            return ResponseProblems.NotFound;
        }

        if (!response.Settings.Background)
        {
            return ResponseProblems.Invalid("background", "Only a response made with background: true is cancelled by its id. To stop another, close its connection.");
        }

        await host.StopAsync(run);
        return new ResponseResult(run, response.Settings, response.After);
    }

    private static (long After, OpenAIError? Problem) Cursor(HttpRequest request, Run run)
    {
        if (!request.Query.TryGetValue("starting_after", out var values))
        {
            return (0, null);
        }

        if (values.Count != 1 || !long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var after))
        {
            return (0, ResponseProblems.Invalid("starting_after", "starting_after is the sequence_number of the last event you have."));
        }

        return after / ResponsesFormat.Places <= run.Seq
            ? (after, null)
            : (0, ResponseProblems.Invalid("starting_after", "starting_after is ahead of the response. It is the sequence_number of the last event you have."));
    }
}
