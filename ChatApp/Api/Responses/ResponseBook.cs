using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary>What was asked for as a response: its settings, and what it was asked, for the response that continues it.</summary>
/// <param name="Settings">What its response object repeats.</param>
/// <param name="Context">The messages the model was sent, without the instructions: those are not carried on.</param>
/// <param name="After">The run's event that it begins after: it goes on where an earlier response waited for a person. 0 for the run's beginning.</param>
internal sealed record KeptResponse(ResponseSettings Settings, IReadOnlyList<ChatMessage> Context, long After = 0);

/// <summary>The responses of the runs there are, in memory. A run that is forgotten takes its entries with it.</summary>
internal sealed class ResponseBook(RunHost host)
{
    // Weak on the run: how long one is kept is the run host's alone.
    private readonly ConditionalWeakTable<Run, ConcurrentDictionary<long, KeptResponse>> _kept = [];

    public void Add(Run run, KeptResponse response) => _kept.GetOrCreateValue(run)[response.After] = response;

    /// <summary>What was asked for with that run, or with its part after an event; null for one that was asked for in another protocol.</summary>
    public KeptResponse? Find(Run run, long after = 0) => _kept.TryGetValue(run, out var kept) ? kept.GetValueOrDefault(after) : null;

    /// <summary>The response of that id; null where there is none, it was not to be stored, it has been forgotten, or it is somebody else's.</summary>
    public (Run Run, KeptResponse Response)? Find(string id, Caller caller) =>
        ResponseIds.Read(id) is var (runId, after) && host.FindOwn(runId, caller) is { } run && Find(run, after) is { Settings.Store: true } kept ? (run, kept) : null;
}
