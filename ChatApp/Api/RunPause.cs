using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>
/// Follows a run's events and says when all that goes on waits for a person: whoever answers is in its tools, each of its calls has its result or waits
/// for a yes or no, and at least one waits.
/// </summary>
/// <param name="run">The run; only whose its calls are is taken from it.</param>
/// <param name="after">The last event of what is over: a pause by then does not count.</param>
internal sealed class RunPause(Run run, long after = 0)
{
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly List<ApprovalRequestEvent> _waiting = [];

    /// <summary>What waits, in the order in which it was asked.</summary>
    public IReadOnlyList<ApprovalRequestEvent> Waiting => _waiting;

    /// <summary>Whether all that goes on waits.</summary>
    public bool IsPaused => _waiting.Count > 0 && _lanes.All(lane => !lane.Value.IsOpen || (lane.Value.IsInTools && lane.Value.Calls.TrueForAll(call => IsWaiting(lane.Key, call))));

    /// <summary>
    /// Where the stream of a reader ended who knows of these requests: the number of the first event after which all waited, and all of them had been
    /// asked, and how many calls there were by then. Null where it never came to that.
    /// </summary>
    public static (long Seq, int Calls)? Find(Run run, IReadOnlySet<string> known)
    {
        var (pause, events, calls) = (new RunPause(run), new List<RunEvent>(), 0);
        run.Read(0, events);
        var open = known.ToHashSet(StringComparer.Ordinal);
        foreach (var @event in events)
        {
            pause.Take(@event);
            calls += @event is ToolCallEvent ? 1 : 0;
            if (@event is ApprovalRequestEvent request)
            {
                open.Remove(request.Id);
            }

            if (open.Count == 0 && pause.IsPaused)
            {
                return (@event.Seq, calls);
            }
        }

        return null;
    }

    /// <summary>Takes events in turn, and stops once all waits.</summary>
    /// <returns>Whether all waits.</returns>
    public bool Take(IEnumerable<RunEvent> events)
    {
        foreach (var @event in events)
        {
            Take(@event);
            if (IsPaused && @event.Seq > after)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes the next event.</summary>
    public void Take(RunEvent @event)
    {
        switch (@event)
        {
            case AgentStartEvent:
                LaneOf(@event).IsOpen = true;
                break;
            case StepEvent { State: RunStep.Done, Agent: null } or DoneEvent:
                _lanes.Clear();
                _waiting.Clear();
                break;
            case AgentEndEvent or StepEvent { State: RunStep.Done }:
                _lanes.Remove(@event.Agent ?? "");
                _waiting.RemoveAll(request => request.Agent == @event.Agent);
                break;
            case StepEvent step:
                var lane = LaneOf(@event);
                (lane.IsOpen, lane.IsInTools) = (true, step.State == RunStep.Tools);
                if (!lane.IsInTools)
                {
                    lane.Calls.Clear();
                }

                break;
            case ToolCallEvent call when !run.IsForClient(call.Name):
                LaneOf(@event).Calls.Add(call.Id);
                break;
            case ApprovalRequestEvent request:
                _waiting.Add(request);
                break;
            case ApprovalResponseEvent response:
                _waiting.RemoveAll(request => request.Id == response.Id);
                break;
            case ToolResultEvent result:
                LaneOf(@event).Calls.Remove(result.Id);
                break;
        }
    }

    private bool IsWaiting(string agent, string call) => _waiting.Exists(request => request.CallId == call && (request.Agent ?? "") == agent);

    private Lane LaneOf(RunEvent @event)
    {
        var agent = @event.Agent ?? "";
        if (!_lanes.TryGetValue(agent, out var lane))
        {
            _lanes[agent] = lane = new Lane();
        }

        return lane;
    }

    private sealed class Lane
    {
        public bool IsOpen { get; set; }

        public bool IsInTools { get; set; }

        /// <summary>The ids of the step's calls that have no result.</summary>
        public List<string> Calls { get; } = [];
    }
}

/// <summary>The id that a request for a yes or no has outside the run's own addresses: it names the run too, since a client sends nothing else back.</summary>
internal static class ApprovalIds
{
    private const int RunLength = 32;

    /// <param name="prefix">What the protocol's ids begin with.</param>
    /// <param name="run">The run.</param>
    /// <param name="id">The request's own id.</param>
    public static string Of(string prefix, Run run, string id) => $"{prefix}{run.Id}_{id}";

    /// <summary>The run's id and the request's own; null for what is no such id.</summary>
    public static (string RunId, string Id)? Read(string prefix, string? text) =>
        text is not null && text.StartsWith(prefix, StringComparison.Ordinal) && text.Length > prefix.Length + RunLength && text[prefix.Length + RunLength] == '_'
            ? (text.Substring(prefix.Length, RunLength), text[(prefix.Length + RunLength + 1)..])
            : null;
}
