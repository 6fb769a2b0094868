using System.Text.Json.Serialization;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.Native;

/// <summary>Stopping a run. The answer comes once the provider's connection is closed and the text is frozen.</summary>
internal static class CancelRun
{
    public static async Task<IResult> PostAsync(string id, HttpContext context, RunHost host)
    {
        if (host.Find(id, context.GetCaller()) is not { } run)
        {
            return Problem.NotFound;
        }

        context.Response.Headers["X-Run-Id"] = run.Id;
        var stopped = await host.StopAsync(run);
        return Results.Json(new Answer(stopped.State.ToWire(), stopped.Seq, stopped.AlreadyEnded ? true : null));
    }

    private sealed record Answer(
        string State,
        long Seq,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? AlreadyEnded);
}
