using Bunit;
using ChatApp.Components.Sidebar;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Components.Sidebar;

// What is clicked is found and clicked with no render in between: InvokeAsync.
public sealed class ChatSidebarTests : PageTest
{
    [Fact]
    public async Task Sidebar_WithNothingStored_SaysWhatWillBeThere()
    {
        var sidebar = Sidebar(current: null);
        await Shows(() => sidebar.FindAll(".nothing").Count == 1, "that there is nothing");
        Assert.Empty(sidebar.FindAll(".skeleton, [role=alert]"));
    }

    [Fact]
    public async Task Sidebar_OfWhatWasAsked_ListsItUnderTodayAndMarksTheOpenOne()
    {
        var tea = await AskAsync("all about tea");
        await AskAsync("all about coffee");
        var sidebar = Sidebar(tea);
        await Shows(() => Titles(sidebar).Count() == 2, "both");
        Assert.Equal(["all about coffee", "all about tea"], Titles(sidebar));
        Assert.Equal("Today", Assert.Single(sidebar.FindAll(".day")).TextContent);
        Assert.Equal($"/c/{tea}", Assert.Single(sidebar.FindAll("[aria-current=page]")).GetAttribute("href"));
        Assert.Single(sidebar.FindAll(".live"));
    }

    [Fact]
    public async Task Search_Typed_IsAskedForOnceThePauseIsOver()
    {
        await AskAsync("all about tea");
        await AskAsync("all about coffee");
        var sidebar = Sidebar(current: null);
        await Shows(() => Titles(sidebar).Count() == 2, "both");
        await sidebar.InvokeAsync(() => sidebar.Find("[data-testid=search]").InputAsync("cof"));
        Time.Advance(TimeSpan.FromMilliseconds(149));
        Assert.Equal(2, Titles(sidebar).Count());
        await Shows(() => Titles(sidebar).SequenceEqual(["all about coffee"]), "what was found");
        await sidebar.InvokeAsync(() => sidebar.Find("[data-testid=search]").InputAsync("milk"));
        await Shows(() => sidebar.FindAll(".nothing").Count == 1, "that nothing was found");
        Assert.Contains("milk", sidebar.Find(".nothing").TextContent, StringComparison.Ordinal);
        await sidebar.InvokeAsync(() => sidebar.Find("[data-testid=search]").InputAsync(""));
        await Shows(() => Titles(sidebar).Count() == 2, "both again");
    }

    [Fact]
    public async Task Delete_TheOpenOne_LeavesItAndUndoComesBack()
    {
        var tea = await AskAsync("all about tea");
        var sidebar = Sidebar(tea);
        await Shows(() => Titles(sidebar).Any(), "it");
        await sidebar.InvokeAsync(() => sidebar.Find("[data-testid=delete]").ClickAsync());
        await Shows(() => !Titles(sidebar).Any() && sidebar.FindAll("[data-testid=undo]").Count == 1, "that it is gone");
        Assert.Equal("/", Address);
        await sidebar.InvokeAsync(() => sidebar.Find("[data-testid=undo]").ClickAsync());
        await Shows(() => Titles(sidebar).Any() && sidebar.FindAll("[data-testid=undo]").Count == 0, "that it is back");
        Assert.Equal($"/c/{tea}", Address);
    }

    [Fact]
    public async Task Rename_Submitted_IsShown()
    {
        await AskAsync("all about tea");
        var sidebar = Sidebar(current: null);
        await Shows(() => Titles(sidebar).Any(), "it");
        await sidebar.InvokeAsync(() => sidebar.Find("[data-testid=rename]").ClickAsync());
        await sidebar.InvokeAsync(() => sidebar.Find(".rename").ChangeAsync("Tea"));
        await sidebar.InvokeAsync(() => sidebar.Find("form").SubmitAsync());
        await Shows(() => Titles(sidebar).SequenceEqual(["Tea"]), "the new title");
    }

    private string Address => new Uri(Services.GetRequiredService<NavigationManager>().Uri).AbsolutePath;

    private static IEnumerable<string> Titles(IRenderedComponent<ChatSidebar> sidebar) => sidebar.FindAll(".title").Select(title => title.TextContent);

    private IRenderedComponent<ChatSidebar> Sidebar(string? current) => Render<ChatSidebar>(p => p.Add(s => s.Current, current));

    private async Task<string> AskAsync(string text)
    {
        Assert.True(Session.TryOpen(null));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await Session.SendAsync(text));
        if (Models.Count > 1)
        {
            // The last one runs on.
            return Session.Snapshot.ConversationId!;
        }

        Models[0].Finish();
        await Shows(() => !Session.Snapshot.IsRunning, "the end");
        return Session.Snapshot.ConversationId!;
    }
}
