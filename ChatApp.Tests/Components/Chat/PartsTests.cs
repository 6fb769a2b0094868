using Bunit;
using ChatApp.Components.Chat;
using ChatApp.Conversations;
using ChatApp.Runs;

namespace ChatApp.Tests.Components.Chat;

public sealed class PartsTests : PageTest
{
    [Theory]
    [InlineData(false, "send", "stop")]
    [InlineData(true, "stop", "send")]
    public void Composer_WhileRunningOrNot_OffersOneOfSendAndStop(bool isRunning, string offered, string other)
    {
        var composer = Composer(isRunning);
        Assert.Single(composer.FindAll($"[data-testid={offered}]"));
        Assert.Empty(composer.FindAll($"[data-testid={other}]"));
    }

    [Fact]
    public async Task SendText_Refused_SaysSoToTheBrowser()
    {
        var composer = Composer(isRunning: false);
        Assert.False(await composer.Instance.SendText(" "));
        Assert.True(await composer.Instance.SendText("hi"));
        Assert.False(await composer.Instance.SendText("while it answers"));
    }

    [Theory]
    [InlineData("https://example.org/a", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("//example.org", false)]
    [InlineData("data:text/html,x", false)]
    public void SourceList_OfAnyAddress_LinksOnlyToTheWeb(string url, bool isLink)
    {
        var list = Render<SourceList>(p => p.Add(s => s.Sources, [new RunSource("Source", url)]));
        Assert.Equal(isLink ? 1 : 0, list.FindAll("a").Count);
        Assert.Contains("Source", list.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("guide/guide", 1)]
    [InlineData("openai/gpt-5-mini", 0)]
    public void EmptyState_OfTheGuide_SaysThatItIsNoAI(string model, int notes) =>
        Assert.Equal(notes, Render<EmptyState>(p => p.Add(e => e.Model, model).Add(e => e.Ask, _ => Task.CompletedTask)).FindAll(".note").Count);

    [Fact]
    public void UserMessage_OfMarkup_ShowsItAsWritten() =>
        Assert.Equal("<b>hi</b>\n", Render<UserMessage>(p => p.Add(m => m.Turn, new ChatTurn("1", "<b>hi</b>\n"))).Find("[data-testid=message-content]").TextContent);

    private IRenderedComponent<Composer> Composer(bool isRunning) => Render<Composer>(p => p
        .Add(c => c.IsRunning, isRunning)
        .Add(c => c.Key, "c1")
        .Add(c => c.Send, text => Session.SendAsync(text))
        .Add(c => c.Stop, () => Session.StopAsync()));
}
