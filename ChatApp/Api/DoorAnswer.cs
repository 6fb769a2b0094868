using ChatApp.Api.OpenAI;
using ChatApp.Security;

namespace ChatApp.Api;

/// <summary>The door's refusals in the words of the protocol that was asked in.</summary>
internal sealed class DoorAnswer : IDoorAnswer
{
    public Task WriteAsync(HttpContext context, DoorRefusal refusal)
    {
        var problem = refusal switch
        {
            DoorRefusal.CrossSite => Problem.CrossSite,
            DoorRefusal.ConflictingCredentials => Problem.ConflictingCredentials,
            _ => Problem.Unauthenticated,
        };
        IResult answer = context.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase) ? new OpenAIError(problem) : problem;
        return answer.ExecuteAsync(context);
    }
}
