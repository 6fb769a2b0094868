using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api;

/// <summary>A run that a request goes on with: its stream ended where it waited for a person, and the request has what the person said.</summary>
/// <param name="Run">The run.</param>
/// <param name="After">The last event that the client has.</param>
/// <param name="Calls">How many calls it has by then.</param>
internal sealed record WaitingRun(Run Run, long After, int Calls)
{
    private static readonly Problem Gone = new(
        "not-found", "Nothing waits for this answer", StatusCodes.Status404NotFound, "What asked for this yes or no is gone, or was never there. Send the message again.");

    /// <summary>Finds the run and gives it the answers. One that was answered before, or elsewhere, is left as it is: the run goes on all the same.</summary>
    /// <param name="host">The runs.</param>
    /// <param name="caller">Who answers.</param>
    /// <param name="runId">The run.</param>
    /// <param name="known">The requests for a yes or no that the client knows of.</param>
    /// <param name="answers">The answers, by the request's id.</param>
    public static async Task<(WaitingRun? Waiting, Problem? Problem)> AnswerAsync(
        RunHost host, Caller caller, string runId, IReadOnlySet<string> known, IReadOnlyList<(string Id, ApprovalAnswer Answer)> answers)
    {
        if (await host.FindAsync(runId, caller) is not { } run)
        {
            return (null, Gone);
        }

        if (EventCursor.Check(0, run) is { } expired)
        {
            return (null, expired);
        }

        if (RunPause.Find(run, known) is not var (after, calls))
        {
            return (null, Gone);
        }

        foreach (var (id, answer) in answers)
        {
            await host.AnswerAsync(run, id, answer);
        }

        return (new WaitingRun(run, after, calls), null);
    }
}
