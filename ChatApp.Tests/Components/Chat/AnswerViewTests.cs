using Bunit;
using ChatApp.Components.Chat;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Components.Chat;

public sealed class AnswerViewTests : PageTest
{
    [Fact]
    public async Task Text_Grows_OnlyTheMarkdownRenders()
    {
        var answer = await AskAsync();
        Assert.Equal("waiting", State(answer));
        Models[0].Say("one ");
        await Shows(() => State(answer) == "streaming", "the first text");
        // A part that renders with the answer, and whose count has nothing of the Markdown's in it.
        var footer = answer.FindComponent<AnswerFooter>();
        var renders = footer.RenderCount;
        Models[0].Say("**two**");
        await Shows(() => answer.FindAll("strong").Count == 1, "the second text");
        Assert.Equal(renders, footer.RenderCount);
    }

    [Fact]
    public async Task Run_Completes_ShowsItsFiguresAndOffersCopy()
    {
        var answer = await AskAsync();
        Models[0].Say("All of it.");
        Models[0].Finish();
        await Shows(() => State(answer) == "completed", "the end");
        Assert.Equal("All of it.", answer.Find("[data-testid=message-content]").TextContent);
        Assert.Equal("0 ms · 1 token", answer.Find(".line").TextContent);
        Assert.Single(answer.FindAll("[data-testid=copy]"));
        Assert.Single(answer.FindAll("[data-testid=regenerate]"));
        Assert.Empty(answer.FindAll("[data-testid=retry], [data-testid=continue], .branches"));
    }

    [Fact]
    public async Task Text_VeryLong_LeavesAllButTheLastChunkToTheBrowser()
    {
        var answer = await AskAsync();
        Models[0].Say(string.Concat(Enumerable.Repeat("A line of forty characters, more or less.\n\n", 1_000)));
        await Shows(() => answer.FindAll("[data-testid=message-content] > p").Count == 1_000, "a long answer");
        Models[0].Say(string.Concat(Enumerable.Repeat("A line of forty characters, more or less.\n\n", 300)));
        await Shows(() => answer.FindAll("chat-settled").Count == 1_300 / 64, "what settles while it streams");
        Models[0].Say("The end.");
        Models[0].Finish();
        await Shows(() => State(answer) == "completed", "the end");
        answer.Render(p => p.Add(a => a.Turn, LastTurn));
        Assert.Equal(1_300 / 64, answer.FindAll("chat-settled:empty").Count);
        Assert.Equal((1_300 % 64) + 1, answer.FindAll("[data-testid=message-content] > p").Count);
        Assert.EndsWith("The end.", answer.Find("[data-testid=message-content]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StoppedByHand_KeepsItsTextAndSaysHowLongItTook()
    {
        var answer = await AskAsync();
        Models[0].Say("Half");
        await Shows(() => State(answer) == "streaming", "the first text");
        await Session.StopAsync();
        answer.Render(p => p.Add(a => a.Turn, LastTurn));
        await Shows(() => State(answer) == "cancelled", "the end");
        Assert.Contains("Half", answer.Markup, StringComparison.Ordinal);
        Assert.StartsWith("Stopped by you in ", answer.Find(".ending").TextContent.Trim(), StringComparison.Ordinal);
        Assert.Single(answer.FindAll("[data-testid=continue]"));
        Assert.Single(answer.FindAll("[data-testid=regenerate]"));
        Assert.Empty(answer.FindAll("[data-testid=retry]"));
    }

    [Fact]
    public async Task Run_Fails_SaysWhyAndRetryAsksAgain()
    {
        var answer = await AskAsync();
        Models[0].Break(new ProviderException(ProviderFault.Error, "The key was refused."));
        await Shows(() => State(answer) == "failed", "the end");
        Assert.Contains("The key was refused.", answer.Find(".problem").TextContent, StringComparison.Ordinal);
        Assert.Single(answer.FindAll("[data-testid=retry]"));
        var list = Render<TurnList>(p => p.Add(l => l.Turns, Session.Snapshot.Turns));
        await list.Instance.Regenerate(LastTurn.Id);
        Assert.Equal(2, Models.Count);
        Assert.Single(Session.Snapshot.Turns);
    }

    [Fact]
    public async Task Turn_Refused_IsShownAsFailedWithItsReason()
    {
        Session.PickModel("down");
        var answer = await AskAsync();
        Assert.Equal("failed", State(answer));
        Assert.Contains("The provider is down.", answer.Find(".problem").TextContent, StringComparison.Ordinal);
        Assert.Single(answer.FindAll("[data-testid=retry]"));
    }

    [Fact]
    public async Task Turns_Added_DrawNoOtherFooterAgain()
    {
        Assert.True(await Session.SendAsync("hi"));
        var list = Render<TurnList>(p => p.Add(l => l.Turns, Session.Snapshot.Turns));
        Models[0].Say("Hello.");
        Models[0].Finish();
        await Shows(() => list.FindAll("[data-testid=copy]").Count == 1, "the end");
        list.Render(p => p.Add(l => l.Turns, Session.Snapshot.Turns));
        var footer = list.FindComponents<AnswerFooter>()[0];
        var renders = footer.RenderCount;
        Assert.True(await Session.SendAsync("and then?"));
        list.Render(p => p.Add(l => l.Turns, Session.Snapshot.Turns));
        Assert.Equal(2, list.FindAll("[data-role=user]").Count);
        Assert.Equal(renders, footer.RenderCount);
    }

    [Fact]
    public async Task Run_EndsAtOnceAfterItsText_IsShownWhole()
    {
        // However the end falls between the reads of a render: nothing may be left unfinished.
        for (var i = 0; i < 30; i++)
        {
            Session.TryOpen(null);
            var answer = await AskAsync();
            Models[i].Say("`whole");
            Models[i].Finish();
            await Shows(() => State(answer) == "completed" && answer.FindAll("[data-testid=copy]").Count == 1, "the end");
            Assert.Equal("`whole", answer.Find("[data-testid=message-content]").TextContent);
        }
    }

    [Fact]
    public async Task Reasoning_Closed_IsNotSentUntilItIsOver()
    {
        var answer = await AskAsync();
        Models[0].Send(new TextReasoningContent("Let me see."));
        await Shows(() => answer.FindAll("[data-testid=reasoning]").Count == 1, "that it thinks");
        Assert.DoesNotContain("Let me see.", answer.Markup, StringComparison.Ordinal);
        Models[0].Say("Seen.");
        await Shows(() => answer.Markup.Contains("Let me see.", StringComparison.Ordinal), "the thoughts, once they are over");
        Assert.True(answer.Find(".thoughts").HasAttribute("hidden"));
    }

    [Fact]
    public async Task Reasoning_Open_GrowsAsItComes()
    {
        var answer = await AskAsync();
        Models[0].Send(new TextReasoningContent("One."));
        await Shows(() => answer.FindAll("[data-testid=reasoning]").Count == 1, "that it thinks");
        await answer.Find("[data-testid=reasoning] button").ClickAsync();
        Assert.Contains("One.", answer.Find(".thoughts").TextContent, StringComparison.Ordinal);
        Models[0].Send(new TextReasoningContent(" Two."));
        await Shows(() => answer.Markup.Contains(" Two.", StringComparison.Ordinal), "the second thought");
    }

    [Fact]
    public async Task Dispose_WhileItStreams_StopsListening()
    {
        await AskAsync();
        await DisposeComponentsAsync();
        Models[0].Say("nobody sees this");
        await LastTurn.Run!.Reaches(run => run.TextLength > 0);
        Assert.False(LastTurn.Run!.IsEnded);
    }

    private static string? State(IRenderedComponent<AnswerView> answer) => answer.Find("[data-role=assistant]").GetAttribute("data-state");

    private async Task<IRenderedComponent<AnswerView>> AskAsync()
    {
        Assert.True(await Session.SendAsync("hi"));
        return Render<AnswerView>(p => p.Add(a => a.Turn, LastTurn));
    }
}
