using System.Text;
using System.Text.Json;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>What has been done of a run, as its events tell: what is needed to go on with it in another process.</summary>
internal sealed class RunHistory
{
    private readonly List<LaneHistory> _lanes = [];

    /// <summary>Those who have begun, in that order.</summary>
    public IReadOnlyList<LaneHistory> Lanes => _lanes;

    /// <summary>Finds the model that took another's place.</summary>
    public Func<string, ResolvedModel>? Resolve { get; init; }

    /// <summary>The definitions of tools as they were when the run was asked, by name.</summary>
    public IReadOnlyDictionary<string, string> Fingerprints { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What else the models said that goes back to them, by agent and round.</summary>
    public IReadOnlyList<KeptContents> Kept { get; init; } = [];

    /// <summary>What is asked and not answered.</summary>
    public IEnumerable<StepCall> Waiting => _lanes.Where(lane => !lane.IsDone).SelectMany(lane => lane.Rounds is [.., { } last] ? last.Calls : []).Where(call => call.IsWaiting);

    /// <summary>What was said yes to, for good.</summary>
    public IEnumerable<string> ApprovedNames => _lanes.SelectMany(lane => lane.Rounds).SelectMany(round => round.Calls).Where(call => call is { IsApproved: true, Request.IsOnce: true }).Select(call => call.Call.Name);

    /// <summary>Whether all who have not finished wait for somebody's yes or no, and nothing else is being done.</summary>
    /// <param name="clients">The names of the asker's own tools, whose calls nobody here makes.</param>
    public bool IsBlocked(IReadOnlyCollection<string> clients) => _lanes.Exists(lane => !lane.IsDone) && _lanes.TrueForAll(lane => lane.IsDone || lane.IsBlocked(clients));

    public LaneHistory? Find(string? agent) => _lanes.Find(lane => lane.Agent == agent);

    /// <summary>What the models said in a round beside text and calls.</summary>
    public IReadOnlyList<AIContent> KeptIn(string? agent, int round) => Kept.FirstOrDefault(kept => kept.Agent == agent && kept.Round == round)?.Contents ?? [];

    public void Take(RunEvent @event)
    {
        var lane = Find(@event.Agent);
        switch (@event)
        {
            case AgentStartEvent or StepEvent { State: RunStep.Model } when lane is null:
                lane = new LaneHistory(@event.Agent);
                _lanes.Add(lane);
                lane.Take(@event);
                break;
            default:
                lane?.Take(@event);
                break;
        }
    }
}

/// <summary>The same of one agent, or of a run without agents.</summary>
internal sealed class LaneHistory(string? agent)
{
    private readonly List<StepRound> _rounds = [];

    public string? Agent => agent;

    /// <summary>Each time that the model was asked, what it said and called.</summary>
    public IReadOnlyList<StepRound> Rounds => _rounds;

    /// <summary>Whether it has finished.</summary>
    public bool IsDone => End is not null;

    /// <summary>How it ended; null where it has not.</summary>
    public AgentEndEvent? End { get; private set; }

    /// <summary>The model that took the place of the one that was asked; null where none did.</summary>
    public string? Model { get; private set; }

    public bool IsBlocked(IReadOnlyCollection<string> clients)
    {
        if (_rounds is not [.., { IsAtTools: true } last])
        {
            return false;
        }

        var ours = last.Calls.Where(call => !clients.Contains(call.Call.Name)).ToList();
        // Of several calls that one yes would do for, one asks at a time.
        return ours.Exists(call => call.IsWaiting)
            && ours.TrueForAll(call => call.IsWaiting || call.Result is not null
                || (call.Request is null && ours.Exists(other => other is { IsWaiting: true, Request.IsOnce: true } && other.Call.Name == call.Call.Name)));
    }

    public void Take(RunEvent @event)
    {
        var round = _rounds is [.., { } last] ? last : null;
        switch (@event)
        {
            case StepEvent { State: RunStep.Model }:
                if (round is { IsAtTools: false })
                {
                    // Asked anew: the first gave no answer.
                    _rounds.Remove(round);
                }

                _rounds.Add(new StepRound());
                break;
            case StepEvent { State: RunStep.Tools } when round is not null:
                round.IsAtTools = true;
                break;
            case TokenEvent token when round is { IsAtTools: false }:
                round.Text.Append(token.Content);
                break;
            case ToolCallEvent call:
                round?.Calls.Add(new StepCall(new FunctionCallContent(call.Id, call.Name, Arguments(call.Arguments))));
                break;
            case ApprovalRequestEvent request:
                if (round?.Calls.Find(call => call.Call.CallId == request.CallId && call.Result is null && !call.IsWaiting && !call.IsApproved) is { } asking
                    || (asking = round?.Calls.Find(call => call.Call.CallId == request.CallId && call.Result is null)) is not null)
                {
                    (asking.Request, asking.Answer) = (request, null);
                }

                break;
            case ApprovalResponseEvent response when round?.Calls.Find(call => call.Request?.Id == response.Id) is { } answered:
                answered.Answer = new ApprovalAnswer(response.IsApproved, response.Reason);
                break;
            case ToolResultEvent result when (round?.Calls.Find(call => call.Call.CallId == result.Id && call.Result is null && !call.IsWaiting)
                ?? round?.Calls.Find(call => call.Call.CallId == result.Id && call.Result is null)) is { } made:
                made.Result = result.Content;
                break;
            case FailOverEvent failOver:
                Model = failOver.To;
                break;
            case AgentEndEvent end:
                End = end;
                break;
            default:
                break;
        }
    }

    private static Dictionary<string, object?> Arguments(JsonElement arguments) => arguments.ValueKind != JsonValueKind.Object ? []
        : arguments.EnumerateObject().GroupBy(one => one.Name, StringComparer.Ordinal).ToDictionary(one => one.Key, one => (object?)one.Last().Value, StringComparer.Ordinal);
}

/// <summary>What a model said and called when it was asked once.</summary>
internal sealed class StepRound
{
    public StringBuilder Text { get; } = new();

    public List<StepCall> Calls { get; } = [];

    /// <summary>Whether it has said all, and its calls are being made.</summary>
    public bool IsAtTools { get; set; }

    /// <summary>What is put to the model again with the results.</summary>
    public IList<AIContent> Contents(IEnumerable<AIContent> kept, bool isLater)
    {
        // What parts its text from that of the round before is none of its own.
        var text = Text.ToString();
        text = isLater && text.StartsWith("\n\n", StringComparison.Ordinal) ? text[2..] : text;
        return [.. kept, .. text.Length > 0 ? [new TextContent(text)] : (AIContent[])[], .. Calls.Select(call => call.Call)];
    }
}

/// <summary>A call as far as it has come.</summary>
/// <param name="call">The call.</param>
internal sealed class StepCall(FunctionCallContent call)
{
    public FunctionCallContent Call => call;

    /// <summary>What was asked last about it; null where nothing was.</summary>
    public ApprovalRequestEvent? Request { get; set; }

    /// <summary>The answer to that; null where there is none yet.</summary>
    public ApprovalAnswer? Answer { get; set; }

    public string? Result { get; set; }

    public bool IsWaiting => Request is not null && Answer is null && Result is null;

    public bool IsApproved => Answer is { IsApproved: true };
}

/// <summary>What a model said in a round beside text and calls, and wants back with the results: no event tells of it.</summary>
/// <param name="Agent">The agent; null without agents.</param>
/// <param name="Round">How often the model had been asked by then.</param>
/// <param name="Contents">What it said.</param>
internal sealed record KeptContents(string? Agent, int Round, IReadOnlyList<AIContent> Contents);
