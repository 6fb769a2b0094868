using System.Runtime.CompilerServices;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary>What was asked for as a response: its settings, and what it was asked, for the response that continues it.</summary>
/// <param name="Settings">What its response object repeats.</param>
/// <param name="Context">The messages the model was sent, without the instructions: those are not carried on.</param>
internal sealed record KeptResponse(ResponseSettings Settings, IReadOnlyList<ChatMessage> Context);

/// <summary>The responses of the runs there are, in memory. A run that is forgotten takes its entry with it.</summary>
internal sealed class ResponseBook(RunHost host)
{
    // Weak on the run: how long one is kept is the run host's alone.
    private readonly ConditionalWeakTable<Run, KeptResponse> _kept = [];

    public void Add(Run run, KeptResponse response) => _kept.AddOrUpdate(run, response);

    /// <summary>What was asked for with that run; null for one that was asked for in another protocol.</summary>
    public KeptResponse? Find(Run run) => _kept.TryGetValue(run, out var kept) ? kept : null;

    /// <summary>The response of that id; null where there is none, it was not to be stored, it has been forgotten, or it is somebody else's.</summary>
    public (Run Run, KeptResponse Response)? Find(string id, Caller caller) =>
        ResponseIds.RunOf(id) is { } runId && host.FindOwn(runId, caller) is { } run && Find(run) is { Settings.Store: true } kept ? (run, kept) : null;
}
