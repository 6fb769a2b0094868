using Bunit;
using ChatApp.Components.Chat;
using ChatApp.Components.Pages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Components.Pages;

public sealed class ChatPageTests : PageTest
{
    [Fact]
    public void Link_WithModelAndQuestion_FillsTheComposerAndSendsNothing()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("/?model=fake%2Fother&q=What%20now%3F");
        var page = Render<ChatPage>();
        Assert.Equal("What now?", page.Find("[data-testid=composer]").GetAttribute("value"));
        Assert.Equal("fake/other", Session.Snapshot.Model);
        Assert.Empty(Session.Snapshot.Turns);
    }

    [Fact]
    public async Task Example_Clicked_IsAskedAndShownAtOnce()
    {
        var page = Render<ChatPage>();
        await page.Find(".example").ClickAsync();
        await page.WaitForAssertionAsync(() => Assert.Single(page.FindAll("[data-role=user]")));
        Assert.Single(page.FindAll("[data-testid=stop]"));
        Assert.Equal("Answering", page.Find(".page > .visually-hidden[role=status]").TextContent);
    }

    [Fact]
    public async Task Question_TheFirst_GivesThePageItsAddressAndTitle()
    {
        var page = Render<ChatPage>();
        await page.Find(".example").ClickAsync();
        await page.WaitForAssertionAsync(() => Assert.Equal($"/c/{Session.Snapshot.ConversationId}", Address.AbsolutePath));
        Assert.Equal(Session.Snapshot.ConversationId, page.Find(".composer").GetAttribute("data-key"));
        Assert.Equal(Session.Snapshot.Title, page.Find("h1").TextContent);

        // The address comes back to the page as its parameter: the same chat goes on.
        page.Render(p => p.Add(c => c.Id, Session.Snapshot.ConversationId));
        Assert.Single(page.FindAll("[data-role=user]"));
        Assert.Single(Models);
    }

    [Fact]
    public async Task Text_Grows_ThePageDoesNotRender()
    {
        var page = await AskAsync();
        Models[0].Say("one ");
        await Shows(() => page.Markup.Contains("one", StringComparison.Ordinal), "the first text");
        // A part that renders with the page, and whose count has nothing of the answer's in it.
        var composer = page.FindComponent<Composer>();
        var renders = composer.RenderCount;
        Models[0].Say("two");
        await Shows(() => page.Markup.Contains("two", StringComparison.Ordinal), "the second text");
        Assert.Equal(renders, composer.RenderCount);
        Models[0].Finish();
        await Shows(() => page.FindAll("[data-testid=send]").Count == 1, "the end");
        Assert.Equal("The answer is complete", page.Find(".page > .visually-hidden[role=status]").TextContent);
    }

    [Fact]
    public async Task Address_WithoutAConversation_BeginsAnEmptyOne()
    {
        var page = await AskAsync();
        Assert.Equal("/", page.Find("[data-testid=new-chat]").GetAttribute("href"));
        page.Render(p => p.Add(c => c.Id, null));
        Assert.Empty(page.FindAll("[data-testid=message]"));
        Assert.NotEmpty(page.FindAll(".example"));
        Assert.Equal("", page.Find(".composer").GetAttribute("data-key"));
    }

    [Fact]
    public async Task Address_OfNoConversation_SaysSoCalmly()
    {
        var page = Render<ChatPage>(p => p.Add(c => c.Id, "nowhere"));
        await page.WaitForAssertionAsync(() => Assert.Contains("no such conversation", page.Find(".no-chat").TextContent, StringComparison.Ordinal));
        Assert.Equal("/", page.Find(".no-chat a").GetAttribute("href"));
        Assert.Empty(page.FindAll("[data-testid=composer], .example"));
    }

    private Uri Address => new(Services.GetRequiredService<NavigationManager>().Uri);

    private async Task<IRenderedComponent<ChatPage>> AskAsync()
    {
        var page = Render<ChatPage>();
        await Session.SendAsync("hi");
        await page.WaitForAssertionAsync(() => Assert.Single(page.FindAll("[data-role=user]")));
        page.Render(p => p.Add(c => c.Id, Session.Snapshot.ConversationId));
        return page;
    }
}
