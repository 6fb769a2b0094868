using ChatApp.Api.OpenAI;
using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>What the database did not do, as an answer: whatever route asked it, and as long as nothing was sent.</summary>
public static partial class StorageProblems
{
    public static IApplicationBuilder UseStorageProblems(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(StorageProblems).FullName!);
        return app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Exception exception) when (!context.Response.HasStarted && RunProblem.FromStorage(exception) is { } problem)
            {
                Log.NotAnswered(logger, problem.Type, exception.InnerException?.GetType().Name);
                IResult answer = context.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase) ? OpenAIErrors.Of(problem) : Problem.From(problem);
                await answer.ExecuteAsync(context);
            }
        });
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A request was refused as {Problem}, since the database did not do its part ({Cause})")]
        public static partial void NotAnswered(ILogger logger, string problem, string? cause);
    }
}
