using Bunit;
using ChatApp.Components.Chat;
using ChatApp.Runs;

namespace ChatApp.Tests.Components.Chat;

public sealed class ToolCardTests : PageTest
{
    [Theory]
    [InlineData(RunCallState.Writing, "writing", "is being written", true)]
    [InlineData(RunCallState.Running, "running", "running", true)]
    [InlineData(RunCallState.Waiting, "waiting", "waits for you", true)]
    [InlineData(RunCallState.Done, "done", "in 38 ms", false)]
    [InlineData(RunCallState.Failed, "failed", "failed in 38 ms", false)]
    [InlineData(RunCallState.Denied, "denied", "refused", false)]
    [InlineData(RunCallState.Cut, "cut", "cut off", false)]
    [InlineData(RunCallState.Passed, "passed", "passed on to the program that asked", false)]
    public void Card_OfAState_SaysItAndIsOpenWhileItIsMade(RunCallState state, string wire, string words, bool isOpen)
    {
        var card = Show(Call(state) with { Ms = 38, Result = state is RunCallState.Done or RunCallState.Failed ? "no such zone" : null });
        Assert.Equal(wire, card.Find("[data-testid=tool-call]").GetAttribute("data-state"));
        Assert.Equal(words, card.Find(".call-state").TextContent);
        Assert.Equal(isOpen ? "true" : "false", card.Find("button").GetAttribute("aria-expanded"));
        Assert.Equal(state == RunCallState.Failed ? "no such zone" : state == RunCallState.Writing ? null : state == RunCallState.Denied ? null : "Europe/Berlin", card.FindAll(".call-what").SingleOrDefault()?.TextContent);
    }

    [Fact]
    public async Task Card_Done_OpensByAClickAndClosesByAnother()
    {
        var card = Show(Call(RunCallState.Done) with { Ms = 12, Result = """{"time":"12:00","zone":{"name":"CET"}}""" });
        Assert.Empty(card.FindAll("pre"));
        await card.Find("button").ClickAsync();
        Assert.Equal("{\n  \"timeZone\": \"Europe/Berlin\"\n}", card.Find(".call-arguments").TextContent);
        Assert.Equal("{\n  \"time\": \"12:00\",\n  \"zone\": {\n    \"name\": \"CET\"\n  }\n}", card.Find(".call-result").TextContent);
        await card.Find("button").ClickAsync();
        Assert.Empty(card.FindAll("pre"));
    }

    [Fact]
    public void Card_BeingWritten_ShowsWhatIsThereAndThenThePrettyWhole()
    {
        var card = Show(Call(RunCallState.Writing) with { Arguments = "{\"timeZo" });
        Assert.Equal("{\"timeZo", card.Find(".call-arguments").TextContent);
        card.Render(p => p.Add(c => c.Call, Call(RunCallState.Writing) with { Arguments = "{\"timeZone\":\"Eur" }));
        Assert.Equal("{\"timeZone\":\"Eur", card.Find(".call-arguments").TextContent);
        card.Render(p => p.Add(c => c.Call, Call(RunCallState.Running)));
        Assert.Equal("{\n  \"timeZone\": \"Europe/Berlin\"\n}", card.Find(".call-arguments").TextContent);
    }

    [Fact]
    public void Card_Running_ShowsHowFarItIs()
    {
        var card = Show(Call(RunCallState.Running) with { Step = "reading page 3", Percent = 42.4 });
        Assert.Contains("reading page 3", card.Find(".call-progress").TextContent, StringComparison.Ordinal);
        Assert.Equal("42", card.Find("progress").GetAttribute("value"));
    }

    [Theory]
    [InlineData(true, "Allow in this chat")]
    [InlineData(false, "Allow")]
    public void Card_Waiting_ShowsAllOfItAndAsks(bool isOnce, string words)
    {
        var text = new string('x', 50_000);
        var card = Show(Call(RunCallState.Waiting) with { ApprovalId = "a1", IsOnce = isOnce, Arguments = $"{{\"text\":\"{text}\"}}" });
        Assert.Contains(text, card.Find(".call-arguments").TextContent, StringComparison.Ordinal);
        Assert.Equal(words, card.Find("[data-testid=approve]").TextContent);
        Assert.Single(card.FindAll("[data-testid=refuse]"));
        Assert.Equal("a1", card.Find("[data-approval]").GetAttribute("data-approval"));
        Assert.Equal("Clock waits for your yes or no.", card.Find("chat-say").GetAttribute("data-words"));
        Assert.Empty(card.FindAll("[autofocus]"));
    }

    [Fact]
    public void Card_ArgumentsThatHideSomething_ShowIt()
    {
        var card = Show(Call(RunCallState.Waiting) with { ApprovalId = "a1", Arguments = "{\"to\":\"a\u202Eb\u200Bc\U000E0041 😀 \\\\u202e\"}" });
        Assert.Equal("{\n  \"to\": \"a\\u202Eb\\u200Bc\\uDB40\\uDC41 😀 \\\\u202e\"\n}", card.Find(".call-arguments").TextContent);
    }

    [Theory]
    [InlineData("<script>alert(1)</script><img src=x onerror=alert(1)>", "<script>alert(1)</script><img src=x onerror=alert(1)>")]
    [InlineData("# not a heading **nor bold** [x](javascript:1)", "# not a heading **nor bold** [x](javascript:1)")]
    [InlineData("\u001b[31mred\u001b[0m", "[31mred[0m")]
    [InlineData("abc\u202Edef", "abcdef")]
    [InlineData("שלום עולם", "שלום עולם")]
    public async Task Card_HostileResult_IsText(string result, string shown)
    {
        var card = Show(Call(RunCallState.Done) with { Ms = 1, Result = result, Name = "<b>x</b>" });
        await card.Find("button").ClickAsync();
        Assert.Equal(shown, card.Find(".call-result").TextContent);
        Assert.Empty(card.FindAll("script, img, a, h1, b, strong"));
        Assert.Equal("<b>x</b>", card.Find(".call-name").TextContent);
    }

    [Fact]
    public async Task Card_ResultOfAMegabyte_IsShownInPartAndNeverWhole()
    {
        var card = Show(Call(RunCallState.Done) with { Ms = 1, Result = new string('y', 1_000_000) });
        await card.Find("button").ClickAsync();
        Assert.Equal(4000, card.Find(".call-result").TextContent.Length);
        Assert.Equal("Show all (1,000 kB)", card.Find("[data-testid=show-all]").TextContent);
        await card.Find("[data-testid=show-all]").ClickAsync();
        Assert.Equal(200_000, card.Find(".call-result").TextContent.Length);
        Assert.Contains("800 kB more", card.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Card_SameCall_DoesNotRenderAgain()
    {
        var call = Call(RunCallState.Running);
        var card = Show(call);
        var renders = card.RenderCount;
        card.Render(p => p.Add(c => c.Call, call));
        Assert.Equal(renders, card.RenderCount);
    }

    [Fact]
    public async Task List_OfAThousandCalls_DrawsTwentyAndThoseThatWait()
    {
        var calls = Enumerable.Range(0, 1000).Select(n => Call(n == 500 ? RunCallState.Waiting : RunCallState.Done, n)).ToList();
        var list = Render<CallList>(p => p.Add(l => l.Calls, calls));
        Assert.Equal(21, list.FindAll("[data-testid=tool-call]").Count);
        Assert.Equal("and 979 more", list.Find("[data-testid=more-calls]").TextContent);
        await list.Find("[data-testid=more-calls]").ClickAsync();
        Assert.Equal(121, list.FindAll("[data-testid=tool-call]").Count);
    }

    private IRenderedComponent<ToolCard> Show(RunCall call) => Render<ToolCard>(p => p.Add(c => c.Call, call));

    private static RunCall Call(RunCallState state, int number = 0) =>
        new(number, null, 0) { Name = "clock", CallId = $"c{number}", Arguments = """{"timeZone":"Europe/Berlin"}""", State = state };
}
