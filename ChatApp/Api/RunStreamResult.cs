using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>The answer to a request that starts or reads a run: its stream, from a cursor on, in a format.</summary>
internal sealed class RunStreamResult(Run run, long after, IRunFormat format) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using (format)
        {
            await httpContext.RequestServices.GetRequiredService<RunStream>().WriteAsync(httpContext, run, after, format);
        }
    }
}
