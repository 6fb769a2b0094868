using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The browser's own transports: every one of them gets the whole answer, and the page needs no particular one.</summary>
public sealed class TransportTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Text = "one two three four five six seven eight nine ten 😀 eleven twelve";

    [Fact]
    public async Task WebSocketAndEventSource_OfOneRun_GetTheSame()
    {
        await using var page = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        var texts = await page.Page.EvaluateAsync<string[]>(
            """
            (model) => new Promise((resolve, reject) => {
              const texts = { socket: '', source: '' };
              let ended = 0;
              const add = (name, event) => {
                if (event.type === 'token') texts[name] += event.content;
                if (event.type === 'complete' && ++ended === 2) resolve([texts.socket, texts.source, socket.protocol + socket.extensions]);
              };
              const socket = new WebSocket(`ws://${location.host}/api/ws`);
              socket.onopen = () => socket.send(JSON.stringify({ type: 'chat', requestId: 'mine', model, messages: [{ role: 'user', content: 'hi' }] }));
              socket.onclose = (event) => reject(new Error(`closed ${event.code} ${event.reason}`));
              socket.onmessage = (message) => {
                const event = JSON.parse(message.data);
                if (event.requestId !== 'mine') reject(new Error(message.data));
                add('socket', event);
                if (event.type !== 'connected') return;
                const source = new EventSource(`/api/runs/${event.runId}/events`);
                source.onmessage = (message) => {
                  const event = JSON.parse(message.data);
                  add('source', event);
                  if (event.type === 'complete') source.close();
                };
              };
            })
            """,
            $"scripted/rate=60;ttft=50;text={Text}");

        Assert.Equal([Text, Text, ""], texts);
        Assert.Empty(page.Errors);
    }

    [Fact]
    public async Task Page_WithoutWebSockets_AsksAndAnswers()
    {
        await using var chat = await chromium.OpenAsync("/demo.html", waitInteractive: false);
        await chat.Page.AddInitScriptAsync("delete window.WebSocket");
        await chat.GoToAsync($"/?model=scripted/rate=60;ttft=50;text={Uri.EscapeDataString(Text)}");
        await chat.AskAsync("Does it work?");
        await chat.AnswerIsAsync("completed");

        Assert.Equal("undefined", await chat.Page.EvaluateAsync<string>("typeof WebSocket"));
        Assert.Equal(Text, (await chat.AnswerText.InnerTextAsync()).Trim());
    }
}
