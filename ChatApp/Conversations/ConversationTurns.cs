using System.Collections.Immutable;
using ChatApp.Runs;
using ChatApp.Storage;
using Microsoft.Extensions.AI;

namespace ChatApp.Conversations;

/// <summary>Turns of messages: what people see as questions with their answers, and what a model is sent.</summary>
internal static class ConversationTurns
{
    private static readonly RunProblem NotAnswered = new("not-answered", "Not answered", 503, "This was not answered. Retry to ask again.");

    /// <summary>A branch as turns.</summary>
    /// <param name="reading">The branch.</param>
    /// <param name="before">The turns shown so far: what has not changed stays the very same object, so that nothing is drawn again.</param>
    /// <param name="refusals">Why questions were not answered.</param>
    public static ImmutableList<ChatTurn> Of(ConversationReading reading, ImmutableList<ChatTurn> before, IReadOnlyDictionary<string, RunProblem> refusals)
    {
        var known = new Dictionary<string, ChatTurn>(StringComparer.Ordinal);
        foreach (var turn in before)
        {
            known[turn.Id] = turn;
        }

        var turns = ImmutableList.CreateBuilder<ChatTurn>();
        foreach (var (question, answer) in Pairs(reading.Messages))
        {
            var id = question?.Id ?? answer!.Id;
            var old = known.GetValueOrDefault(id);
            var run = answer is null ? null : old?.Run is { } same && same.Id == RunId(answer) ? same : reading.Runs[RunId(answer)];
            var turn = new ChatTurn(id, question?.Text ?? "")
            {
                AnswerId = answer?.Id,
                Run = run,
                Refusal = answer is null ? refusals.GetValueOrDefault(id, NotAnswered) : null,
                StopTook = old is not null && old.Run == run ? old.StopTook : null,
                Questions = question?.Siblings ?? [],
                Answers = answer?.Siblings ?? [],
            };
            turns.Add(old is not null && IsSame(old, turn) ? old : turn);
        }

        return turns.ToImmutable();
    }

    /// <summary>The id of the run of an answer; an imported one has the message's.</summary>
    public static string RunId(MessageRow answer) => answer.Run?.Id ?? answer.Id;

    /// <summary>What a model is sent: the newest turns that fit the budget, whole; the question always, a turn without an answer never.</summary>
    public static List<ChatMessage> Context(IReadOnlyList<MessageRow> earlier, string prompt, string? system, int budget)
    {
        budget -= TokenEstimate.OfText(prompt.Length + (system?.Length ?? 0));
        var messages = new List<ChatMessage> { new(ChatRole.User, prompt) };
        foreach (var (question, answer) in Pairs(earlier).Reverse())
        {
            if (answer is not { Text.Length: > 0 })
            {
                continue;
            }

            budget -= TokenEstimate.OfText((question?.Text.Length ?? 0) + answer.Text.Length);
            if (budget < 0)
            {
                break;
            }

            messages.Add(new ChatMessage(ChatRole.Assistant, answer.Text));
            if (question is not null)
            {
                messages.Add(new ChatMessage(ChatRole.User, question.Text));
            }
        }

        if (!string.IsNullOrEmpty(system))
        {
            messages.Add(new ChatMessage(ChatRole.System, system));
        }

        messages.Reverse();
        return messages;
    }

    // Questions with their answers. Either may be missing: a question that was refused, an imported conversation that begins with an answer.
    private static IEnumerable<(MessageRow? Question, MessageRow? Answer)> Pairs(IReadOnlyList<MessageRow> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            var answer = messages[i].Role != MessageRow.User ? messages[i]
                : i + 1 < messages.Count && messages[i + 1].Role != MessageRow.User ? messages[i + 1] : null;
            var question = messages[i].Role == MessageRow.User ? messages[i] : null;
            i += question is not null && answer is not null ? 1 : 0;
            yield return (question, answer);
        }
    }

    private static bool IsSame(ChatTurn a, ChatTurn b) =>
        a.AnswerId == b.AnswerId && a.Run == b.Run && a.Refusal == b.Refusal && a.Prompt == b.Prompt && a.StopTook == b.StopTook
        && a.Questions.SequenceEqual(b.Questions, StringComparer.Ordinal) && a.Answers.SequenceEqual(b.Answers, StringComparer.Ordinal);
}
