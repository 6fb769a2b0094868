using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.Responses;

/// <summary>A response as one object, as far as it has come.</summary>
internal sealed class ResponseResult(Run run, ResponseSettings settings, long after = 0) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json";
        httpContext.Response.Headers["X-Run-Id"] = run.Id;
        await using var json = new Utf8JsonWriter(httpContext.Response.BodyWriter, ResponseFrames.WriterOptions);
        ResponsesFormat.WriteObject(json, run, settings, after);
        await json.FlushAsync(httpContext.RequestAborted);
    }
}
