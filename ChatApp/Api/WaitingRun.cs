using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api;

/// <summary>A run that a request goes on with: its stream ended where it waited for a person, and the request has what the person said.</summary>
/// <param name="Run">The run.</param>
/// <param name="After">The last event that the client has.</param>
/// <param name="Calls">How many calls it has by then.</param>
internal sealed record WaitingRun(Run Run, long After, int Calls)
{
    /// <summary>How many characters of a reason are kept.</summary>
    public const int MaxReason = 2000;

    // What another server makes is heard of within that.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Problem Gone = new(
        "not-found", "Nothing waits for this answer", StatusCodes.Status404NotFound, "What asked for this yes or no is gone, or was never there. Send the message again.");

    /// <summary>Finds the run and gives it the answers. One that was answered before, or elsewhere, is left as it is: the run goes on all the same.</summary>
    /// <param name="host">The runs.</param>
    /// <param name="caller">Who answers.</param>
    /// <param name="runId">The run.</param>
    /// <param name="answers">The answers, by the request's id.</param>
    /// <param name="known">The requests that the client knows of; null for those it answers.</param>
    /// <param name="open">Those of them whose outcome it does not know; null for all.</param>
    public static async Task<(WaitingRun? Waiting, Problem? Problem)> AnswerAsync(
        RunHost host,
        Caller caller,
        string runId,
        IReadOnlyList<(string Id, ApprovalAnswer Answer)> answers,
        IReadOnlySet<string>? known = null,
        IReadOnlySet<string>? open = null)
    {
        if (await host.FindAsync(runId, caller) is not { } run)
        {
            return (null, Gone);
        }

        if (EventCursor.Check(0, run) is { } expired)
        {
            return (null, expired);
        }

        known ??= answers.Select(answer => answer.Id).ToHashSet(StringComparer.Ordinal);
        if (RunPause.Find(run, known, open ?? known) is not var (after, calls))
        {
            return (null, Gone);
        }

        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, answer) in answers)
        {
            if (await host.AnswerAsync(run, id, answer.Reason?.Length > MaxReason ? answer with { Reason = answer.Reason[..MaxReason] } : answer))
            {
                taken.Add(id);
            }
        }

        await WaitAsync(run, after, taken);
        return (new WaitingRun(run, after, calls), null);
    }

    // Until the run says of each that it was taken: a stream that begins before that would find the run waiting, and end.
    private static async Task WaitAsync(Run run, long after, HashSet<string> taken)
    {
        using var reader = new RunReader(run, after);
        using var patience = new CancellationTokenSource(Patience);
        var events = new List<RunEvent>();
        try
        {
            while (true)
            {
                reader.Read(events);
                taken.ExceptWith(events.OfType<ApprovalResponseEvent>().Select(response => response.Id));
                if (taken.Count == 0 || reader.IsAtEnd)
                {
                    return;
                }

                events.Clear();
                await reader.WaitAsync(patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The stream says what comes of it.
        }
    }
}
