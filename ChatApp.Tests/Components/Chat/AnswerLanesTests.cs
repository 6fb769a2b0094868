using Bunit;
using ChatApp.Components.Chat;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Components.Chat;

/// <summary>Answers that are more than one text: tools in between, and agents.</summary>
public sealed class AnswerLanesTests : PageTest
{
    private readonly HeldTools _tools = new();

    public AnswerLanesTests() => Services.AddSingleton<IToolSource>(_tools);

    [Fact]
    public async Task Text_WithoutCalls_IsDrawnAsBefore()
    {
        var answer = await AskAsync();
        Models[0].Say("one ");
        await Shows(() => answer.FindAll(".markdown p").Count == 1, "the first text");
        Assert.Equal("markdown", answer.Find("[data-testid=message-content]").ClassName);
        var renders = answer.RenderCount;
        var own = answer.FindComponent<AnswerFooter>().RenderCount;
        for (var i = 0; i < 5; i++)
        {
            Models[0].Say($"word{i} ");
            await Shows(() => answer.Find(".markdown p").TextContent.Contains($"word{i}", StringComparison.Ordinal), "more text");
        }

        Assert.Empty(answer.FindComponents<LaneView>());
        Assert.Equal(own, answer.FindComponent<AnswerFooter>().RenderCount);
        // One render for each flush, of the text alone.
        Assert.InRange(answer.RenderCount - renders, 5, 10);
        Assert.Equal("<p>one word0 word1 word2 word3 word4</p>", answer.Find("[data-testid=message-content]").InnerHtml.Trim());
    }

    [Fact]
    public async Task Calls_BetweenTexts_StandWhereTheyWereMade()
    {
        var answer = await AskAsync();
        Models[0].Say("Let me look. ");
        await Shows(() => answer.FindAll(".markdown p").Count == 1, "the first text");
        Models[0].Call(Call("c1", "look", "here"), Call("c2", "look", "there"));
        await Shows(() => answer.FindAll("[data-state=running][data-testid=tool-call]").Count == 2, "two calls");
        Assert.Equal("look… 0 of 2", Doing(answer));
        Assert.Equal(["Look around", "Look around"], answer.FindAll(".call-name").Select(name => name.TextContent));
        await Eventually.Holds(() => _tools.Called == 2, "both are called");
        _tools.Report(0, new ToolProgress("searching", 50));
        await Shows(() => Doing(answer)?.EndsWith("… 0 of 2", StringComparison.Ordinal) == true && answer.FindAll("progress").Count == 1, "how far it is");
        _tools.Answer(0, "a chair");
        await Shows(() => answer.FindAll("[data-state=done][data-testid=tool-call]").Count == 1, "the first result");
        Assert.EndsWith("1 of 2", Doing(answer), StringComparison.Ordinal);
        _tools.Answer(1, "a table");
        await Shows(() => Doing(answer)?.StartsWith("waiting for model", StringComparison.Ordinal) == true, "that the model is asked again");
        Models[0].Say("A chair and a **table**.");
        Models[0].Finish();
        await Shows(() => answer.Find("[data-role=assistant]").GetAttribute("data-state") == "completed", "the end");
        Assert.Equal(["P", "DIV", "DIV"], answer.Find("[data-testid=message-content]").Children.Select(child => child.TagName));
        Assert.Equal("Let me look.", answer.Find(".markdown > p").TextContent);
        Assert.Equal("A chair and a table.", answer.Find(".calls + .said").TextContent);
        Assert.Null(Doing(answer));
    }

    [Fact]
    public async Task Approval_YesAndNo_AreAnsweredOnce()
    {
        var answer = await AskAsync();
        Models[0].Call(Call("c1", "send", "it"), Call("c2", "open", "it"));
        await Shows(() => answer.FindAll("[data-testid=approve]").Count == 2, "both questions");
        Assert.Equal("2 calls wait for your yes or no", Doing(answer));
        Assert.Equal(["Allow", "Allow in this chat"], answer.FindAll("[data-testid=approve]").Select(button => button.TextContent));
        var list = Render<TurnList>(p => p.Add(l => l.Turns, Session.Snapshot.Turns).Add(l => l.IsRunning, true));
        var ids = answer.FindAll("[data-approval]").Select(ask => ask.GetAttribute("data-approval")!).ToList();
        Assert.True(await list.Instance.AnswerCall(LastTurn.Id, ids[0], false, " too soon "));
        Assert.True(await list.Instance.AnswerCall(LastTurn.Id, ids[1], true, ""));
        Assert.False(await list.Instance.AnswerCall(LastTurn.Id, ids[0], true, null));
        Assert.Contains("does not wait any more", list.Instance.WhyRefused(), StringComparison.Ordinal);
        await Shows(() => answer.FindAll("[data-state=denied]").Count == 1 && answer.FindAll("[data-state=running]").Count == 1, "what became of them");
        Assert.Contains("too soon", answer.Find("[data-state=denied] .call-what").TextContent, StringComparison.Ordinal);
        Assert.Empty(answer.FindAll("[data-testid=approve]"));
        await Eventually.Holds(() => _tools.Called == 1, "the call that was allowed is made");
    }

    [Fact]
    public async Task Approval_Stopped_AsksNoMore()
    {
        var answer = await AskAsync();
        Models[0].Call(Call("c1", "send", "it"));
        await Shows(() => answer.FindAll("[data-testid=approve]").Count == 1, "the question");
        Assert.True(await Session.StopAsync());
        await Shows(() => answer.FindAll("[data-state=cut]").Count == 1, "that it is off");
        Assert.Empty(answer.FindAll("[data-testid=approve]"));
    }

    [Fact]
    public async Task Agents_AtOnce_HaveLanesOfTheirOwn()
    {
        var run = NewRun();
        var (one, two) = (run.AddPart("critic"), run.AddPart("<b>poet</b>"));
        run.Append(new AgentStartEvent { Agent = "critic" });
        run.Append(new AgentStartEvent { Agent = "<b>poet</b>" });
        run.AppendToken(one, "Too long. ", 2);
        run.AppendReasoning(two, "Hm.", 1);
        var answer = Render<AnswerView>(p => p.Add(a => a.Turn, new ChatTurn("t1", "hi") { Run = run }));
        Assert.Equal("markdown lanes beside", answer.Find("[data-testid=message-content]").ClassName);
        var lanes = answer.FindAll("[data-agent]");
        Assert.Equal(["critic", "<b>poet</b>"], lanes.Select(lane => lane.GetAttribute("data-agent")));
        Assert.Equal(["streaming", "thinking"], lanes.Select(lane => lane.GetAttribute("data-state")));
        Assert.Equal(["1", "2"], lanes.Select(lane => lane.GetAttribute("data-hue")));
        Assert.Empty(answer.FindAll(".hand-over"));

        run.AppendToken(two, "A *rose*. ", 2);
        run.AppendToken(one, "Still too long. ", 2);
        await SeesAsync(() => answer.FindAll("[data-agent] em").Count == 1 && answer.Find("[data-agent=critic]").TextContent.Contains("Still", StringComparison.Ordinal), "both texts");
        run.Append(new AgentEndEvent { Agent = "critic" });
        await SeesAsync(() => answer.Find("[data-agent=critic]").GetAttribute("data-state") == "done", "the first one's end");
        run.TryEnd(RunState.Completed);
        await SeesAsync(() => answer.Find("[data-role=assistant]").GetAttribute("data-state") == "completed", "the end");
        Assert.All(answer.FindAll("[data-agent]"), lane => Assert.Equal("done", lane.GetAttribute("data-state")));
    }

    [Fact]
    public async Task Agents_InTurn_SayWhoFollowsWhom()
    {
        var run = NewRun();
        var one = run.AddPart("researcher");
        run.Append(new AgentStartEvent { Agent = "researcher" });
        run.AppendToken(one, "Facts.", 1);
        var answer = Render<AnswerView>(p => p.Add(a => a.Turn, new ChatTurn("t1", "hi") { Run = run }));
        Assert.Equal("markdown lanes", answer.Find("[data-testid=message-content]").ClassName);
        run.Append(new AgentEndEvent { Agent = "researcher" });
        var two = run.AddPart("writer");
        run.Append(new AgentStartEvent { Agent = "writer" });
        run.Append(new ToolCallEvent("c1", "look", System.Text.Json.JsonElement.Parse("{}")) { Agent = "writer" });
        await SeesAsync(() => answer.FindAll("[data-agent=writer] [data-testid=tool-call]").Count == 1, "the second one's call");
        run.AppendToken(two, "A tale.", 1);
        await SeesAsync(() => answer.FindAll(".hand-over").Count == 1, "who follows");
        Assert.Equal("researcher → writer", System.Text.RegularExpressions.Regex.Replace(answer.Find(".hand-over").TextContent.Replace("hands over to", "", StringComparison.Ordinal), " +", " ", System.Text.RegularExpressions.RegexOptions.NonBacktracking));
        Assert.Equal("markdown lanes", answer.Find("[data-testid=message-content]").ClassName);
    }

    [Fact]
    public async Task Stall_UntilTheNextWord_IsSaid()
    {
        var run = NewRun();
        run.AppendToken(run.Whole, "Some text. ", 2);
        var answer = Render<AnswerView>(p => p.Add(a => a.Turn, new ChatTurn("t1", "hi") { Run = run }));
        Time.Advance(TimeSpan.FromSeconds(6));
        run.Append(new StallEvent(5000));
        await SeesAsync(() => Doing(answer) == "stalled", "that it stalls");
        Assert.InRange(double.Parse(answer.Find(".doing chat-elapsed").GetAttribute("data-since")!, System.Globalization.CultureInfo.InvariantCulture), 5000, 20_000);
        run.AppendToken(run.Whole, "More. ", 1);
        await SeesAsync(() => Doing(answer) is null && answer.Markup.Contains("More.", StringComparison.Ordinal), "that it goes on");
    }

    [Fact]
    public void FailOver_SaysWhoAnswersAndWhoDidNot()
    {
        var run = NewRun();
        run.Append(new FailOverEvent("openai/big", "local/small", "It did not answer."));
        run.AppendToken(run.Whole, "Hi.", 1);
        var answer = Render<AnswerView>(p => p.Add(a => a.Turn, new ChatTurn("t1", "hi") { Run = run }));
        Assert.Equal("answered by small: big did not answer", answer.Find("[data-testid=fail-over]").TextContent);
    }

    [Fact]
    public async Task Switches_ShowTheToolsAndSwitchThem()
    {
        var switches = Render<ToolSwitches>();
        Assert.Empty(switches.FindAll("[data-testid=tool-switch]"));
        await switches.Find("[data-testid=tools]").ClickAsync();
        Assert.Contains("Does look.", switches.Find("[data-tool=look]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Look around", switches.Find("[data-tool=look]").TextContent, StringComparison.Ordinal);
        Assert.Contains("asks first", switches.Find("[data-tool=open]").TextContent, StringComparison.Ordinal);
        Assert.Contains("asks each time", switches.Find("[data-tool=send]").TextContent, StringComparison.Ordinal);
        Assert.Equal("true", switches.Find("[data-tool=look]").GetAttribute("aria-checked"));
        await switches.Find("[data-tool=look]").ClickAsync();
        Assert.Equal("false", switches.Find("[data-tool=look]").GetAttribute("aria-checked"));
        Assert.False(Session.Tools.Single(choice => choice.Tool.Name == "look").IsOn);
    }

    private static FunctionCallContent Call(string id, string name, string what) => new(id, name, new Dictionary<string, object?> { ["what"] = what });

    private static string? Doing(IRenderedComponent<AnswerView> answer) => answer.FindAll("[data-testid=doing]").SingleOrDefault()?.TextContent.Trim();

    private Run NewRun()
    {
        var run = new Run("r1", "fake/model", new RunRequest { Messages = [] }, Time);
        run.Start();
        return run;
    }

    // The session tells of the runs it follows; of this one we do.
    private Task SeesAsync(Func<bool> condition, string what)
    {
        Session.PickModel("fake/model");
        return Shows(condition, what);
    }

    private async Task<IRenderedComponent<AnswerView>> AskAsync()
    {
        Assert.True(await Session.SendAsync("hi"));
        return Render<AnswerView>(p => p.Add(a => a.Turn, LastTurn));
    }
}
