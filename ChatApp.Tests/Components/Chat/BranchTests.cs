using Bunit;
using ChatApp.Components.Chat;
using ChatApp.Conversations;

namespace ChatApp.Tests.Components.Chat;

public sealed class BranchTests : PageTest
{
    [Theory]
    [InlineData("a", "1 / 3", true, false)]
    [InlineData("b", "2 / 3", false, false)]
    [InlineData("c", "3 / 3", false, true)]
    public void BranchSwitch_OfThree_SaysWhichAndEndsAtBothEnds(string shown, string words, bool isFirst, bool isLast)
    {
        var branch = Render<BranchSwitch>(p => p.Add(b => b.Id, shown).Add(b => b.All, ["a", "b", "c"]));
        Assert.Equal(words, branch.Find(".branches").TextContent.Trim());
        Assert.Equal(isFirst, branch.Find("[data-testid=branch-prev]").HasAttribute("disabled"));
        Assert.Equal(isLast, branch.Find("[data-testid=branch-next]").HasAttribute("disabled"));
    }

    [Theory]
    [InlineData("a", new[] { "a" })]
    [InlineData("x", new[] { "a", "b" })]
    [InlineData(null, new[] { "a", "b" })]
    public void BranchSwitch_WithNoOther_ShowsNothing(string? shown, string[] all) =>
        Assert.Equal("", Render<BranchSwitch>(p => p.Add(b => b.Id, shown).Add(b => b.All, all)).Markup.Trim());

    [Fact]
    public void UserMessage_Edited_OffersItsVersions()
    {
        var message = Render<UserMessage>(p => p.Add(m => m.Turn, new ChatTurn("b", "hi") { Questions = ["a", "b"] }));
        Assert.Equal("2 / 2", message.Find(".branches").TextContent.Trim());
        Assert.Equal("b", message.Find(".user").GetAttribute("data-turn"));
        Assert.Single(message.FindAll("[data-testid=edit]"));
    }

    [Fact]
    public async Task Calls_OfTurnsThatAreNotThere_DoNothing()
    {
        var list = Render<TurnList>(p => p.Add(l => l.Turns, Session.Snapshot.Turns));
        await list.Instance.Regenerate("nowhere");
        await list.Instance.Continue("nowhere");
        await list.Instance.Select("nowhere", ofAnswer: true, 1);
        Assert.False(await list.Instance.EditText("nowhere", "text"));
        Assert.Equal("", list.Instance.ReadAnswer("nowhere"));
        Assert.Contains("Reload", list.Instance.WhyRefused(), StringComparison.Ordinal);
        Assert.Empty(Models);
    }

    [Fact]
    public async Task Calls_WhileAnAnswerIsMade_AskForNoOther()
    {
        Assert.True(await Session.SendAsync("hi"));
        var list = Render<TurnList>(p => p.Add(l => l.Turns, Session.Snapshot.Turns).Add(l => l.IsRunning, true));
        Assert.True(list.Find(".turns").HasAttribute("data-busy"));
        await list.Instance.Regenerate(LastTurn.Id);
        await list.Instance.Continue(LastTurn.Id);
        Assert.Single(Models);
        Assert.False(await list.Instance.EditText(LastTurn.Id, "something else"));
        Assert.NotEqual("", list.Instance.WhyRefused());
    }
}
