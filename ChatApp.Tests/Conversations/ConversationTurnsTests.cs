using ChatApp.Conversations;
using ChatApp.Storage;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Conversations;

public sealed class ConversationTurnsTests
{
    private static MessageRow Row(string role, string text) => new() { Id = Guid.NewGuid().ToString("n"), Role = role, Text = text, Created = default };

    private static MessageRow Ask(string text) => Row(MessageRow.User, text);

    private static MessageRow Say(string text) => Row(MessageRow.Assistant, text);

    [Fact]
    public void Context_EarlierTurns_AreInOrderAfterTheSystemPrompt()
    {
        var sent = ConversationTurns.Context([Ask("one"), Say("first")], "two", "be brief", budget: 1000);
        Assert.Equal([(ChatRole.System, "be brief"), (ChatRole.User, "one"), (ChatRole.Assistant, "first"), (ChatRole.User, "two")], sent.Select(m => (m.Role, m.Text)));
    }

    [Fact]
    public void Context_MoreThanTheBudget_LeavesTheOldestOutAndKeepsTheQuestion()
    {
        var sent = ConversationTurns.Context([Ask("old"), Say(new string('x', 400)), Ask("new"), Say("short")], "question", null, budget: 100);
        Assert.Equal(["new", "short", "question"], sent.Select(m => m.Text));
    }

    [Fact]
    public void Context_TurnWithoutAnswer_IsNotSentAgain()
    {
        var sent = ConversationTurns.Context([Ask("failed"), Say(""), Ask("refused"), Ask("kept"), Say("answered")], "now", null, budget: 1000);
        Assert.Equal(["kept", "answered", "now"], sent.Select(m => m.Text));
    }

    [Fact]
    public void Of_QuestionWithoutAnswer_SaysThatItWasNotAnswered()
    {
        var turns = ConversationTurns.Of(new ConversationReading("t", [Ask("lost")], new Dictionary<string, ChatApp.Runs.Run>(), HasEarlier: false), [], new Dictionary<string, ChatApp.Runs.RunProblem>());
        Assert.Equal(("lost", "not-answered"), (turns.Single().Prompt, turns.Single().Refusal?.Type));
    }
}
