using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.OpenAI;

/// <summary>
/// Turns a run's events into what is added to a message, for the answer that is streamed and for the one that is sent whole: both say the same.
/// Several agents may speak at once, and one message can't hold that; so each gets a message, which is a choice, of its own, in the order in
/// which they begin to speak. An answer without agents is choice 0.
/// </summary>
/// <param name="run">The run; only whose its calls are is taken from it.</param>
internal sealed class ChatDeltas(Run run)
{
    private readonly List<Choice> _choices = [];
    private RunProblem? _problem;

    /// <summary>How the run ended; null while it has not.</summary>
    public ChatEnd? End { get; private set; }

    /// <summary>Adds what the event says to <paramref name="deltas"/>; many events say nothing here.</summary>
    public void Read(RunEvent @event, ICollection<ChatDelta> deltas)
    {
        switch (@event)
        {
            case TokenEvent token:
                deltas.Add(new ChatDelta(Speaker(token, deltas).Index, ChatDeltaKind.Content, token.Content));
                break;
            case ReasoningEvent reasoning:
                deltas.Add(new ChatDelta(Speaker(reasoning, deltas).Index, ChatDeltaKind.Reasoning, reasoning.Content));
                break;
            case ToolCallDeltaEvent fragment:
                Read(fragment, deltas);
                break;
            case ToolCallEvent call:
                Read(call, deltas);
                break;
            case ToolResultEvent result:
                Read(result, deltas);
                break;
            case StepEvent { State: RunStep.Model } step when Find(step.Agent) is { } choice:
                // The model is asked again, and counts its calls from 0 again.
                choice.Current.Clear();
                break;
            case ErrorEvent error:
                _problem = error.Problem;
                break;
            case DoneEvent done:
                End = Ending(done, deltas);
                break;
        }
    }

    private void Read(ToolCallDeltaEvent fragment, ICollection<ChatDelta> deltas)
    {
        var choice = Speaker(fragment, deltas);
        if (!choice.Current.TryGetValue(fragment.Index, out var call) || (fragment.Id is not null && fragment.Id != call.Id))
        {
            if (fragment.Id is null || fragment.Name is null)
            {
                // Nobody can make a call without these; the whole one has them.
                return;
            }

            if (!run.IsForClient(fragment.Name))
            {
                // It is made here, and said once it is whole.
                return;
            }

            call = choice.Begin(fragment.Id);
            choice.Current[fragment.Index] = call;
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Call, fragment.Arguments, call.Index, fragment.Id, fragment.Name));
        }
        else if (fragment.Arguments.Length > 0)
        {
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Call, fragment.Arguments, call.Index));
        }

        call.HasArguments |= fragment.Arguments.Length > 0;
    }

    private void Read(ToolCallEvent whole, ICollection<ChatDelta> deltas)
    {
        var choice = Speaker(whole, deltas);
        if (!run.IsForClient(whole.Name))
        {
            choice.Executed.Add((whole.Id, whole.Arguments.GetRawText(), IsDone: false));
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Executed, whole.Arguments.GetRawText(), choice.Executed.Count - 1, whole.Id, whole.Name));
            return;
        }

        var call = choice.Calls.Find(call => call.Id == whole.Id);
        if (call is null)
        {
            call = choice.Begin(whole.Id);
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Call, whole.Arguments.GetRawText(), call.Index, whole.Id, whole.Name));
        }
        else if (!call.HasArguments)
        {
            // Some models write nothing where a tool takes nothing; what clients parse is to be JSON all the same.
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Call, whole.Arguments.GetRawText(), call.Index));
        }

        call.HasArguments = true;
    }

    // With all that was said of the call: a client keeps the last that came under its number.
    private void Read(ToolResultEvent result, ICollection<ChatDelta> deltas)
    {
        if (Find(result.Agent) is { } choice && choice.Executed.FindIndex(call => call.Id == result.Id && !call.IsDone) is >= 0 and var index)
        {
            choice.Executed[index] = choice.Executed[index] with { IsDone = true };
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Executed, choice.Executed[index].Arguments, index, result.Id, result.Name) { Output = result.Content });
        }
    }

    private Choice? Find(string? agent)
    {
        foreach (var choice in _choices)
        {
            if (choice.Agent == agent)
            {
                return choice;
            }
        }

        return null;
    }

    private Choice Speaker(RunEvent @event, ICollection<ChatDelta> deltas)
    {
        if (Find(@event.Agent) is not { } choice)
        {
            choice = new Choice(_choices.Count, @event.Agent);
            _choices.Add(choice);
            deltas.Add(new ChatDelta(choice.Index, ChatDeltaKind.Role, "", Name: choice.Agent));
        }

        return choice;
    }

    private ChatEnd Ending(DoneEvent done, ICollection<ChatDelta> deltas)
    {
        var filtered = done.Finish == ChatFinishReason.ContentFilter;
        var problem = done.Reason switch
        {
            RunState.Completed or RunState.Cancelled => null,
            RunState.Incomplete when filtered || _problem is null => null,
            RunState.Interrupted => _problem ?? Interrupted,
            _ => _problem ?? RunProblem.Internal(),
        };
        if (problem is null && _choices.Count == 0)
        {
            // An answer of no words is a message all the same.
            Speaker(done, deltas);
        }

        var reason = filtered ? "content_filter"
            : done.Reason == RunState.Incomplete ? "length"
            : done.Reason == RunState.Completed && done.Finish == ChatFinishReason.ToolCalls ? "tool_calls"
            : "stop";
        return new ChatEnd(problem, done.Usage, [.. _choices.Select(choice => reason == "tool_calls" && choice.Calls.Count == 0 ? "stop" : reason)]);
    }

    /// <summary>The problem of a run whose process went away.</summary>
    internal static RunProblem Interrupted { get; } =
        new("shutting-down", "The server is shutting down", StatusCodes.Status503ServiceUnavailable, "The server was shut down before the answer was whole. Ask again in a moment.")
        {
            RetryAfter = 2,
        };

    private sealed class Choice(int index, string? agent)
    {
        public int Index { get; } = index;

        public string? Agent { get; } = agent;

        public List<Call> Calls { get; } = [];

        /// <summary>The calls that are made here.</summary>
        public List<(string Id, string Arguments, bool IsDone)> Executed { get; } = [];

        /// <summary>The calls of the answer that is being written, by their number in it.</summary>
        public Dictionary<int, Call> Current { get; } = [];

        public Call Begin(string id)
        {
            var call = new Call(Calls.Count, id);
            Calls.Add(call);
            return call;
        }
    }

    private sealed class Call(int index, string id)
    {
        public int Index { get; } = index;

        public string Id { get; } = id;

        public bool HasArguments { get; set; }
    }
}

/// <summary>Something that is added to a message.</summary>
/// <param name="Choice">Which message.</param>
/// <param name="Kind">What is added.</param>
/// <param name="Text">The next piece of text, or of a call's arguments.</param>
/// <param name="Call">Which call of the message, from 0.</param>
/// <param name="Id">A call's id, on its first delta.</param>
/// <param name="Name">A call's tool, on its first delta; with a role, the agent that speaks.</param>
internal readonly record struct ChatDelta(int Choice, ChatDeltaKind Kind, string Text, int Call = 0, string? Id = null, string? Name = null)
{
    /// <summary>What a call came to that was made here.</summary>
    public string? Output { get; init; }
}

/// <summary>What a delta adds.</summary>
internal enum ChatDeltaKind
{
    /// <summary>A message begins.</summary>
    Role,

    Content,

    Reasoning,

    /// <summary>A tool call, or a piece of its arguments.</summary>
    Call,

    /// <summary>A tool call that is made here, and what came of it. No client knows it for one that it has to make.</summary>
    Executed,
}

/// <summary>How a run ended, in OpenAI's words.</summary>
/// <param name="Problem">Why there is no whole answer; null where there is one, or one cut by a limit, a filter or its reader.</param>
/// <param name="Usage">What was used.</param>
/// <param name="FinishReasons">Each choice's <c>finish_reason</c>.</param>
internal sealed record ChatEnd(RunProblem? Problem, RunUsage Usage, IReadOnlyList<string> FinishReasons);
