using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Conversations;

public sealed class ConversationTests
{
    private readonly FakeTime _time = new();

    private Run Answer(string text, bool ended = true)
    {
        var run = new Run("run", "fake/model", new RunRequest { Messages = [] }, _time);
        run.AppendToken(run.Whole, text, 1);
        if (ended)
        {
            run.TryEnd(RunState.Completed);
        }

        return run;
    }

    [Fact]
    public void Ask_WithEarlierTurns_SendsThemInOrder()
    {
        var conversation = new Conversation("c", contextTokens: 1000);
        conversation.Ask("one", null, _ => Answer("first"));
        IReadOnlyList<ChatMessage> sent = [];
        conversation.Ask("two", "be brief", messages =>
        {
            sent = messages;
            return Answer("second");
        });

        Assert.Equal([(ChatRole.System, "be brief"), (ChatRole.User, "one"), (ChatRole.Assistant, "first"), (ChatRole.User, "two")], sent.Select(m => (m.Role, m.Text)));
    }

    [Fact]
    public void Ask_MoreThanTheBudget_LeavesTheOldestOutAndKeepsTheQuestion()
    {
        var conversation = new Conversation("c", contextTokens: 100);
        conversation.Ask("old", null, _ => Answer(new string('x', 400)));
        conversation.Ask("new", null, _ => Answer("short"));
        IReadOnlyList<ChatMessage> sent = [];
        conversation.Ask("question", null, messages =>
        {
            sent = messages;
            return Answer("");
        });
        Assert.Equal(["new", "short", "question"], sent.Select(m => m.Text));
    }

    [Fact]
    public void Ask_TurnWithoutAnswer_IsNotSentAgain()
    {
        var conversation = new Conversation("c", contextTokens: 1000);
        conversation.Ask("failed", null, _ => Answer(""));
        conversation.Refuse(null, "refused", new RunProblem("unknown-model", "t", 400, "d"));
        IReadOnlyList<ChatMessage> sent = [];
        conversation.Ask("now", null, messages =>
        {
            sent = messages;
            return Answer("");
        });

        Assert.Equal(["now"], sent.Select(m => m.Text));
        Assert.Equal(["failed", "refused", "now"], conversation.Turns.Select(t => t.Prompt));
        Assert.Equal(3, conversation.Turns.Select(t => t.Id).Distinct().Count());
    }

    [Fact]
    public void Ask_WhileAnswering_IsBusy()
    {
        var conversation = new Conversation("c", 1000);
        conversation.Ask("one", null, _ => Answer("…", ended: false));
        var busy = Assert.Throws<ConversationBusyException>(() => conversation.Ask("two", null, _ => throw new InvalidOperationException("started")));
        Assert.Equal("run", busy.RunId);
        Assert.Single(conversation.Turns);
    }

    [Fact]
    public void AskAgain_EarlierTurn_ReplacesItAndDropsWhatFollows()
    {
        var conversation = new Conversation("c", 1000);
        var first = conversation.Ask("one", null, _ => Answer("first"));
        conversation.Ask("two", null, _ => Answer("second"));
        conversation.AskAgain(first!.Id, _ => Answer("other"));

        var turn = Assert.Single(conversation.Turns);
        Assert.Equal(("one", "other"), (turn.Prompt, turn.Run!.ReadText()));
    }

    [Fact]
    public void AskAgain_System_IsWhatTheModelIsToldFirst()
    {
        var conversation = new Conversation("c", 1000);
        var turn = conversation.Ask("one", null, _ => Answer("first"));
        IReadOnlyList<ChatMessage> sent = [];
        conversation.AskAgain(turn!.Id, messages =>
        {
            sent = messages;
            return Answer("other");
        }, "Be brief.");

        Assert.Equal(["Be brief.", "one"], sent.Select(message => message.Text));
    }

    [Fact]
    public void AskAgain_RunThatStandsInItsTurn_ChangesNothing()
    {
        var conversation = new Conversation("c", 1000);
        var first = conversation.Ask("one", null, _ => Answer("first"));
        conversation.Ask("two", null, _ => Answer("second"));

        Assert.Null(conversation.AskAgain(first!.Id, _ => null));
        Assert.Equal(["first", "second"], conversation.Turns.Select(turn => turn.Run!.ReadText()));
    }

    [Fact]
    public void Ask_MoreThanKept_DropsTheOldestTurn()
    {
        var conversation = new Conversation("c", 1000, keepTurns: 2);
        foreach (var prompt in (string[])["one", "two", "three"])
        {
            conversation.Ask(prompt, null, _ => Answer(prompt));
        }

        Assert.Equal([("2", "two"), ("3", "three")], conversation.Turns.Select(turn => (turn.Id, turn.Prompt)));
    }

    [Fact]
    public void Ask_AnsweredBefore_AppendsNothing()
    {
        var conversation = new Conversation("c", 1000);
        Assert.Null(conversation.Ask("one", null, _ => null));
        Assert.Empty(conversation.Turns);
        Assert.Equal("1", conversation.Ask("one", null, _ => Answer("first"))!.Id);
    }

    [Fact]
    public void Refuse_AnswerToBeMadeAgain_StaysAsItWas()
    {
        var conversation = new Conversation("c", 1000);
        var turn = conversation.Ask("one", null, _ => Answer("Half an answer"))!;
        conversation.Refuse(turn.Id, "one", new RunProblem("rate-limited", "t", 429, "Later."));

        Assert.Equal("Half an answer", Assert.Single(conversation.Turns).Run?.ReadText());
        Assert.Equal("Later.", conversation.Turns[0].Refusal?.Detail);
    }

    [Fact]
    public void Add_MoreThanKept_LeavesOthersAlone()
    {
        var book = new ConversationBook(Options.Create(new ConversationsOptions { Keep = 2 }), _time);
        var (ann, ben) = (new Caller("ann", "ann"), new Caller("ben", "ben"));
        var kept = book.Open("hers", ann);
        for (var i = 0; i < 5; i++)
        {
            book.Open($"his {i}", ben);
        }

        Assert.Same(kept, book.Get("hers", ann));
        Assert.Throws<UnknownConversationException>(() => book.Get("his 0", ben));
    }

    [Fact]
    public void Add_MoreThanKept_ForgetsTheOneUnusedForLongest()
    {
        var book = new ConversationBook(Options.Create(new ConversationsOptions { Keep = 2 }), _time);
        var (one, two) = (book.Create(Caller.Local), book.Create(Caller.Local));
        Assert.Throws<UnknownConversationException>(() => book.Get(one.Id, Caller.Local));
        book.Add(one);
        book.Add(two);
        book.Get(one.Id, Caller.Local);
        book.Add(book.Create(Caller.Local));

        Assert.Same(one, book.Get(one.Id, Caller.Local));
        Assert.Throws<UnknownConversationException>(() => book.Get(two.Id, Caller.Local));
    }
}
