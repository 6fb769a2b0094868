using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.Native;

/// <summary>Says yes or no to a tool call that waits for it.</summary>
internal static class AnswerApproval
{
    private static readonly Problem Unknown = new(
        "not-found", "Not found", StatusCodes.Status404NotFound, "The run asks for no yes or no by that id. The id is that of an approval_request event.");

    private static readonly Problem Answered = new(
        "already-answered", "Already answered", StatusCodes.Status409Conflict, "Somebody has answered already, or the call does not wait any more. The run's events say what became of it.");

    public static async Task<IResult> PostAsync(string id, string approvalId, HttpContext context, RunHost host)
    {
        if (await host.FindAsync(id, context.GetCaller()) is not { } run)
        {
            return Problem.NotFound;
        }

        var (body, _, problem) = await JsonBody.ReadAsync<ApprovalBody>(context.Request, context.RequestAborted);
        if (problem is not null)
        {
            return problem;
        }

        RunHeaders.Set(context.Response, run);
        try
        {
            // An id may hold a slash, which routing leaves as it is.
            return await AnswerAsync(host, run, approvalId.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase), body!.Approved, body.Reason) ?? Results.Json(new { approved = body.Approved!.Value });
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return refused;
        }
    }

    /// <summary>Gives the answer, whichever way it came.</summary>
    /// <returns>The problem with it; null where it was taken.</returns>
    public static async Task<Problem?> AnswerAsync(RunHost host, Run run, string approvalId, bool? approved, string? reason)
    {
        if (approved is null)
        {
            return Problem.Validation("approved", "approved is missing: true or false.");
        }

        if (reason?.Length > WaitingRun.MaxReason)
        {
            return Problem.Validation("reason", $"reason has at most {WaitingRun.MaxReason} characters.");
        }

        return await host.AnswerAsync(run, approvalId, new ApprovalAnswer(approved.Value, reason)) ? null
            : run.Calls.Any(call => call.ApprovalId == approvalId) ? Answered
            : Unknown;
    }
}

/// <summary>The body of <c>POST /api/runs/{id}/approvals/{approvalId}</c>.</summary>
internal sealed record ApprovalBody
{
    public bool? Approved { get; init; }

    /// <summary>Why, for the model.</summary>
    public string? Reason { get; init; }
}
