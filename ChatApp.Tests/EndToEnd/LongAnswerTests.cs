using ChatApp.Tests.Infrastructure;
using Microsoft.Playwright;

namespace ChatApp.Tests.EndToEnd;

/// <summary>A very long answer, most of which only the browser has in the end.</summary>
public sealed class LongAnswerTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Content = "[data-role=assistant] [data-testid=message-content]";

    [Fact]
    public async Task LongAnswer_StreamedAndEnded_HasAllOfItOnceInOrderAndMovesNobody()
    {
        await using var chat = await chromium.OpenAsync("/?model=scripted/rate=5000;tokens=30000;md=1;ttft=50");
        await chat.AskAsync("a very long one");
        await chat.Page.WaitForFunctionAsync($"document.querySelector('{Content}.long') !== null");
        // Somebody reads what has come last so far, which settles under their eyes.
        await chat.Page.EvaluateAsync($$"""
            () => {
              const viewport = document.querySelector('.viewport');
              viewport.dispatchEvent(new WheelEvent('wheel', { deltaY: -1 }));
              viewport.scrollTop -= 200;
              const blocks = [...document.querySelectorAll('{{Content}} > :not(chat-settled)')];
              window.block = blocks.find((block) => block.getBoundingClientRect().top > 300);
              window.furthest = 0;
              requestAnimationFrame(() => requestAnimationFrame(() => {
                const top = block.getBoundingClientRect().top;
                const look = () => {
                  furthest = Math.max(furthest, Math.abs(block.getBoundingClientRect().top - top));
                  requestAnimationFrame(look);
                };
                look();
              }));
            }
            """);
        await chat.AnswerIsAsync("completed");
        await chat.Page.WaitForFunctionAsync($"document.querySelectorAll('{Content} > :not(chat-settled)').length <= 64");
        Assert.True(await chat.Page.EvaluateAsync<bool>("block.isConnected && block.closest('chat-settled') !== null && furthest < 1"));

        // The page as it is first sent has nothing that a script has touched.
        Assert.Equal("", await chat.Page.EvaluateAsync<string>($$"""
            async () => {
              const html = (document) => document.querySelector('{{Content}}').innerHTML
                .replace(/<!--.*?-->|<\/?chat-settled>| tabindex="0"| checked=""/g, '');
              const sent = html(new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html'));
              const shown = html(document);
              const at = [...sent].findIndex((c, i) => c !== shown[i]);
              return sent === shown ? '' : `${sent.slice(at - 50, at + 50)} is ${shown.slice(at - 50, at + 50)}`;
            }
            """));

        var code = chat.Page.Locator("chat-settled .code-block").First;
        await code.ScrollIntoViewIfNeededAsync();
        await code.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Copy" }).ClickAsync();
        await Assertions.Expect(code.Locator("[data-outcome=copied]")).ToHaveCountAsync(1);
        Assert.Equal(await code.Locator("pre").TextContentAsync(), await chat.Page.EvaluateAsync<string>("navigator.clipboard.readText()"));

        // As a footnote's way back does.
        await chat.Page.EvaluateAsync($$"""
            () => {
              const paragraph = document.querySelectorAll('chat-settled p')[20];
              paragraph.id = 'there';
              document.querySelector('{{Content}} > :last-child').insertAdjacentHTML('beforeend', '<a href="#there" id="here">back</a>');
              document.getElementById('here').click();
            }
            """);
        await Assertions.Expect(chat.Page.Locator("#there")).ToBeInViewportAsync();
        Assert.Empty(chat.Errors);
    }
}
