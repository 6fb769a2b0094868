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
        Assert.Equal("Answering", page.Find("[role=status]").TextContent);
    }

    [Fact]
    public async Task Text_Grows_ThePageDoesNotRender()
    {
        Session.Send("hi");
        var page = Render<ChatPage>();
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
        Assert.Equal("The answer is complete", page.Find("[role=status]").TextContent);
    }

    [Fact]
    public async Task NewChat_Clicked_BeginsAnEmptyOne()
    {
        Session.Send("hi");
        var page = Render<ChatPage>();
        await page.Find("[data-testid=new-chat]").ClickAsync();
        await page.WaitForAssertionAsync(() => Assert.Empty(page.FindAll("[data-testid=message]")));
    }
}
