using Bunit;
using ChatApp.Components.Sidebar;
using ChatApp.Conversations;

namespace ChatApp.Tests.Components.Sidebar;

public sealed class SidebarItemTests : PageTest
{
    private static readonly ConversationItem Tea = new("c1", "All about <tea>", DateTimeOffset.UnixEpoch, IsRunning: false);
    private readonly List<string> _done = [];

    [Fact]
    public void Item_OfAConversation_IsALinkWithItsWholeTitle()
    {
        var item = Item(Tea);
        var link = item.Find("a");
        Assert.Equal("/c/c1", link.GetAttribute("href"));
        Assert.Equal("All about <tea>", link.GetAttribute("title"));
        Assert.Equal("All about <tea>", link.TextContent.Trim());
        Assert.Null(link.GetAttribute("aria-current"));
        Assert.Equal("c1", item.Find("[data-testid=conversation-item]").GetAttribute("data-id"));
    }

    [Fact]
    public void Item_OpenAndRunning_SaysBothInWords()
    {
        var item = Item(Tea with { IsRunning = true }, isCurrent: true);
        Assert.Equal("page", item.Find("a").GetAttribute("aria-current"));
        Assert.Contains("answering", item.Find("a").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Item_Found_ShowsItsExcerptAsText()
    {
        var item = Item(Tea, excerpt: "green <b>tea</b>");
        Assert.Equal("green <b>tea</b>", item.Find(".excerpt").TextContent);
    }

    [Fact]
    public async Task Rename_Submitted_GivesTheNewTitleOnce()
    {
        var item = Item(Tea);
        await item.Find("[data-testid=rename]").ClickAsync();
        Assert.Equal("All about <tea>", item.Find(".rename").GetAttribute("value"));
        await item.Find(".rename").ChangeAsync("Tea");
        await item.Find("form").SubmitAsync();
        Assert.Empty(item.FindAll(".rename"));
        Assert.Equal(["rename c1 Tea"], _done);
    }

    [Fact]
    public async Task Rename_LeftAsItWas_AsksForNothing()
    {
        var item = Item(Tea);
        await item.Find("[data-testid=rename]").ClickAsync();
        await item.Find(".rename").FocusOutAsync();
        Assert.Empty(item.FindAll(".rename"));
        Assert.Empty(_done);
    }

    [Fact]
    public async Task Delete_Clicked_DeletesAtOnce()
    {
        await Item(Tea).Find("[data-testid=delete]").ClickAsync();
        Assert.Equal(["delete c1"], _done);
    }

    [Fact]
    public void Render_WithNothingNew_DrawsNothing()
    {
        var item = Item(Tea);
        var renders = item.RenderCount;
        item.Render(p => p.Add(i => i.Item, Tea with { }));
        Assert.Equal(renders, item.RenderCount);
        item.Render(p => p.Add(i => i.Item, Tea with { Title = "Tea" }));
        Assert.Equal(renders + 1, item.RenderCount);
    }

    [Fact]
    public void UndoToast_After10Seconds_IsOver()
    {
        var toast = Toast();
        Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Empty(_done);
        Time.Advance(TimeSpan.FromSeconds(0.2));
        toast.WaitForAssertion(() => Assert.Equal(["expired"], _done));
    }

    [Fact]
    public async Task UndoToast_Clicked_Undoes()
    {
        await Toast().Find("[data-testid=undo]").ClickAsync();
        Assert.Equal(["undone"], _done);
    }

    private IRenderedComponent<UndoToast> Toast() => Render<UndoToast>(p => p
        .Add(t => t.Title, "Tea")
        .Add(t => t.Undo, () => Note("undone"))
        .Add(t => t.Expired, () => _done.Add("expired")));

    private IRenderedComponent<SidebarItem> Item(ConversationItem item, bool isCurrent = false, string? excerpt = null) => Render<SidebarItem>(p => p
        .Add(i => i.Item, item)
        .Add(i => i.IsCurrent, isCurrent)
        .Add(i => i.Excerpt, excerpt)
        .Add(i => i.Rename, (id, title) => Note($"rename {id} {title}"))
        .Add(i => i.Delete, id => Note($"delete {id}")));

    private Task Note(string done)
    {
        _done.Add(done);
        return Task.CompletedTask;
    }
}
