using System.Collections.Immutable;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Conversations;

/// <summary>Turns, one after the other, with at most one answer being made. Safe from any thread.</summary>
public sealed class Conversation(string id, int contextTokens, int keepTurns = ConversationsOptions.DefaultKeepTurns)
{
    private readonly Lock _lock = new();
    private int _lastTurn;

    /// <summary>Its id, unique among its owner's.</summary>
    public string Id { get; } = id;

    /// <summary>The name of the API key it was made with; null where none was needed. Only that key's holder may see it.</summary>
    public string? Owner { get; init; }

    /// <summary>The turns, oldest first.</summary>
    public ImmutableList<ChatTurn> Turns { get; private set; } = [];

    /// <summary>The answer being made now.</summary>
    public Run? Running => Turns is [.., { Run: { IsEnded: false } run }] ? run : null;

    /// <summary>Asks: appends a turn and starts its run, unless an answer is being made.</summary>
    /// <param name="prompt">What the person wrote.</param>
    /// <param name="system">What the model is told before all else, if anything.</param>
    /// <param name="start">Starts the run for the messages to send; null where it was started before, and stands in its turn already.</param>
    /// <returns>The turn; null where none was appended.</returns>
    /// <exception cref="ConversationBusyException">An answer is being made.</exception>
    public ChatTurn? Ask(string prompt, string? system, Func<IReadOnlyList<ChatMessage>, Run?> start)
    {
        lock (_lock)
        {
            ThrowIfBusy();
            if (start(Messages(Turns, prompt, system)) is not { } run)
            {
                return null;
            }

            var turn = new ChatTurn($"{++_lastTurn}", prompt) { Run = run };
            Turns = Appended(turn);
            return turn;
        }
    }

    /// <summary>Asks a turn's question again; turns after it are dropped and its former answer is replaced.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="start">Starts the run for the messages to send; null where it was started before, and stands in its turn already.</param>
    /// <param name="system">What the model is told before all else, if anything.</param>
    /// <returns>The turn; null where nothing changed.</returns>
    /// <exception cref="ConversationBusyException">An answer is being made.</exception>
    public ChatTurn? AskAgain(string turnId, Func<IReadOnlyList<ChatMessage>, Run?> start, string? system = null)
    {
        lock (_lock)
        {
            ThrowIfBusy();
            var index = Turns.FindIndex(turn => turn.Id == turnId);
            if (index < 0)
            {
                return null;
            }

            var prompt = Turns[index].Prompt;
            if (start(Messages(Turns.GetRange(0, index), prompt, system)) is not { } run)
            {
                return null;
            }

            var turn = new ChatTurn(turnId, prompt) { Run = run };
            Turns = Turns.GetRange(0, index).Add(turn);
            return turn;
        }
    }

    /// <summary>Keeps a turn that could not be started, so that what was written is not lost.</summary>
    public void Refuse(string? turnId, string prompt, RunProblem problem)
    {
        lock (_lock)
        {
            var index = turnId is null ? -1 : Turns.FindIndex(turn => turn.Id == turnId);
            // An answer that was to be made again stays as it was, until another takes its place.
            var refused = (index < 0 ? new ChatTurn($"{++_lastTurn}", prompt) : Turns[index]) with { Refusal = problem };
            Turns = index < 0 ? Appended(refused) : Turns.SetItem(index, refused);
        }
    }

    /// <summary>Notes that a turn's answer was stopped.</summary>
    public void NoteStop(Run run, TimeSpan took)
    {
        lock (_lock)
        {
            var index = Turns.FindIndex(turn => turn.Run == run);
            if (index >= 0)
            {
                Turns = Turns.SetItem(index, Turns[index] with { StopTook = took });
            }
        }
    }

    private ImmutableList<ChatTurn> Appended(ChatTurn turn) => Turns.Count < keepTurns ? Turns.Add(turn) : Turns.RemoveAt(0).Add(turn);

    private void ThrowIfBusy()
    {
        if (Running is { } run)
        {
            throw new ConversationBusyException(run.Id);
        }
    }

    // The newest turns that fit the budget, whole: the question always, a turn without an answer never.
    private List<ChatMessage> Messages(ImmutableList<ChatTurn> earlier, string prompt, string? system)
    {
        var budget = contextTokens - TokenEstimate.OfText(prompt.Length + (system?.Length ?? 0));
        var messages = new List<ChatMessage> { new(ChatRole.User, prompt) };
        foreach (var turn in earlier.Reverse())
        {
            var answer = turn.Run?.ReadText() ?? "";
            budget -= TokenEstimate.OfText(turn.Prompt.Length + answer.Length);
            if (budget < 0)
            {
                break;
            }

            if (answer.Length > 0)
            {
                messages.Add(new ChatMessage(ChatRole.Assistant, answer));
                messages.Add(new ChatMessage(ChatRole.User, turn.Prompt));
            }
        }

        if (!string.IsNullOrEmpty(system))
        {
            messages.Add(new ChatMessage(ChatRole.System, system));
        }

        messages.Reverse();
        return messages;
    }
}

/// <summary>An answer is being made in this conversation.</summary>
/// <param name="runId">The run that makes it.</param>
public sealed class ConversationBusyException(string runId) : Exception("An answer is being made in this conversation. Wait for it, or stop it.")
{
    /// <summary>The run that makes it.</summary>
    public string RunId { get; } = runId;
}
