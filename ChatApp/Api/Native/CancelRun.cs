using System.Text.Json.Serialization;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.AspNetCore.Http.Features;

namespace ChatApp.Api.Native;

/// <summary>Stopping a run. The answer comes once the provider's connection is closed and the text is frozen.</summary>
internal static class CancelRun
{
    // A body is not needed and not read: a stop must not fail for what came with it, only what is no stop any more is refused.
    private const int MaxBodyBytes = 4 * 1024;

    private static readonly Problem BodyTooLarge =
        new("body-too-large", "The body is too large", StatusCodes.Status413PayloadTooLarge, "Stopping a run needs no body, and takes one of at most 4 KB.");

    public static async Task<IResult> PostAsync(string id, HttpContext context, RunHost host)
    {
        if (await host.FindAsync(id, context.GetCaller()) is not { } run)
        {
            return Problem.NotFound;
        }

        if (await HasTooLargeBodyAsync(context))
        {
            return BodyTooLarge;
        }

        RunHeaders.Set(context.Response, run);
        var stopped = await host.StopAsync(run);
        if (stopped.IsSignalled)
        {
            return Results.Json(new Answer(stopped.State.ToWire(), stopped.Seq, stopped.AlreadyEnded ? true : null, StopSignalled: null));
        }

        // Another node makes it, and has not said that it heard.
        context.Response.Headers.Location = $"/api/runs/{run.Id}";
        return Results.Json(new Answer(stopped.State.ToWire(), stopped.Seq, AlreadyEnded: null, StopSignalled: false), statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<bool> HasTooLargeBodyAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is { } length)
        {
            return length > MaxBodyBytes;
        }

        try
        {
            // Chunks: only reading tells how much there is.
            return context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true
                && await JsonBody.ReadBytesAsync(request, MaxBodyBytes, context.RequestAborted) is null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private sealed record Answer(
        string State,
        long Seq,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? AlreadyEnded,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? StopSignalled);
}
