using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Tests.Api.AiSdk;

public sealed class AiSdkStreamTests
{
    private const string Url = "/api/ai-sdk/chat";

    private static object Ask(string chat = "chat-1", string trigger = "submit-message", bool? store = null, string text = "hello") =>
        new { id = chat, trigger, store, messages = new[] { new { id = "u1", role = "user", parts = new[] { new { type = "text", text } } } } };

    [Fact]
    public async Task Post_Answer_HasTheProtocolsHeadersAndFrames()
    {
        await using var app = await TestApp.StartAsync(() => Saying("Hello"));
        var response = await PostAsync(app, Ask());
        var frames = RandomRuns.Read(await response.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("v1", response.Headers.GetValues("x-vercel-ai-ui-message-stream").Single());
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        var run = response.Headers.GetValues("X-Run-Id").Single();
        Assert.Equal(run, frames[0].GetProperty("messageMetadata").GetProperty("runId").GetString());
        AiSdkRules.Check(frames, cut: false);
    }

    [Fact]
    public async Task Post_SilentModel_GetsAComment()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(new FakeChatClient(), time, ("ChatApp:Runs:StallAfter", "0s"));
        using var stream = await SseClient.PostAsync(app.Client, Url, Ask());
        Assert.Equal("start", (await stream.NextAsync())!.Type);
        Assert.Equal("start-step", (await stream.NextAsync())!.Type);
        await Eventually.Holds(() => time.ArmedTimers >= 3, "the heartbeat's timer");
        time.Advance(RunStream.Heartbeat);

        Assert.Equal("ping", (await stream.NextAsync())!.Comment);
    }

    [Fact]
    public async Task Post_Shutdown_ClosesWhatIsOpenAndSaysSo()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        await using var app = await TestApp.StartAsync(model);
        using var stream = await SseClient.PostAsync(app.Client, Url, Ask());
        while ((await stream.NextAsync())!.Type != "text-delta")
        {
        }

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var frames = await stream.AllAsync();

        Assert.Equal(["text-end", "finish-step", "error"], frames.Where(frame => frame.Comment is null).Select(frame => frame.Type));
        Assert.Contains("restarted", frames[^1].Data.GetProperty("errorText").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_SameKeyTwice_AttachesToTheRun()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await SseClient.PostAsync(app.Client, Url, Ask(), "key-1");
        using var second = await SseClient.PostAsync(app.Client, Url, Ask(), "key-1");
        using var other = await SseClient.PostAsync(app.Client, Url, Ask(text: "other"), "key-1");
        model.Say("Hello");
        model.Finish();

        Assert.Equal("true", second.Response.Headers.GetValues("Idempotent-Replay").Single());
        Assert.Equal((await first.NextAsync())!.Data.GetRawText(), (await second.NextAsync())!.Data.GetRawText());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Response.StatusCode);
        await Eventually.Holds(() => model.Calls == 1, "the one call");
    }

    [Fact]
    public async Task Resume_Chat_IsItsLastRunWhileItRuns()
    {
        var models = new List<FakeChatClient>();
        await using var app = await TestApp.StartAsync(() =>
        {
            models.Add(new FakeChatClient());
            return models[^1];
        });
        using var first = await SseClient.PostAsync(app.Client, Url, Ask());
        using var second = await SseClient.PostAsync(app.Client, Url, Ask(trigger: "regenerate-message"));
        models[1].Say("second");

        using var resumed = await SseClient.GetAsync(app.Client, $"{Url}/chat-1/stream");
        Assert.Equal(RunOf(second), RunOf(resumed));
        Assert.Equal("v1", resumed.Response.Headers.GetValues("x-vercel-ai-ui-message-stream").Single());
        using var byRun = await SseClient.GetAsync(app.Client, $"{Url}/{RunOf(first)}/stream");
        Assert.Equal(RunOf(first), RunOf(byRun));

        models[0].Finish();
        models[1].Finish();
        Assert.Equal(await TextAsync(second), await TextAsync(resumed));
        foreach (var id in new[] { "chat-1", RunOf(first), "unknown" })
        {
            var over = await app.Client.GetAsync($"{Url}/{id}/stream");
            Assert.Equal(HttpStatusCode.NoContent, over.StatusCode);
            Assert.Equal(id != "unknown", over.Headers.Contains("X-Run-Id"));
        }
    }

    [Fact]
    public async Task Post_Store_KeepsTheChatAsAConversation()
    {
        var models = new Queue<FakeChatClient>([Saying("one"), Saying("two"), Saying("three")]);
        var asked = new List<FakeChatClient>();
        await using var app = await TestApp.StartAsync(() =>
        {
            asked.Add(models.Dequeue());
            return asked[^1];
        });
        await PostAsync(app, Ask(store: true, text: "first"));
        await PostAsync(app, Ask(store: true, text: "second"));
        var frames = RandomRuns.Read(await (await PostAsync(app, Ask(trigger: "regenerate-message", store: true, text: "second"))).Content.ReadAsStringAsync());

        Assert.Equal(["first", "one", "second"], asked[1].Asked.Select(message => message.Text));
        Assert.Equal(["first", "one", "second"], asked[2].Asked.Select(message => message.Text));
        var id = frames[0].GetProperty("messageMetadata").GetProperty("conversationId").GetString()!;
        Assert.Equal(["one", "three"], (await app.Services.GetRequiredService<ConversationBook>().OpenAsync(id, Caller.Local))!.Turns.Select(turn => turn.Run!.ReadText()));
    }

    [Fact]
    public async Task Post_StoreRegenerateEarlier_AsksThatQuestionAgainWithTheSystemPrompt()
    {
        var asked = new List<FakeChatClient>();
        await using var app = await TestApp.StartAsync(() =>
        {
            asked.Add(Saying($"answer {asked.Count + 1}"));
            return asked[^1];
        });
        await AnswerAsync(app, Stored("submit-message", "same"));
        await AnswerAsync(app, Stored("submit-message", "same", "answer 1", "same"));
        await AnswerAsync(app, Stored("submit-message", "same", "answer 1", "same", "answer 2", "last"));
        await AnswerAsync(app, Stored("regenerate-message", "same", "answer 1", "same"));
        var id = await AnswerAsync(app, Stored("regenerate-message", "same"));

        Assert.Equal(["Be brief.", "same", "answer 1", "same"], asked[3].Asked.Select(message => message.Text));
        Assert.Equal(["Be brief.", "same"], asked[4].Asked.Select(message => message.Text));
        Assert.Equal(["answer 5"], (await app.Services.GetRequiredService<ConversationBook>().OpenAsync(id, Caller.Local))!.Turns.Select(turn => turn.Run!.ReadText()));
    }

    [Fact]
    public async Task Post_StoreRegenerateWhatWasRefused_AsksIt()
    {
        var asked = new List<FakeChatClient>();
        await using var app = await TestApp.StartAsync(() =>
        {
            asked.Add(Saying($"answer {asked.Count + 1}"));
            return asked[^1];
        });
        await AnswerAsync(app, Stored("submit-message", "first"));
        var refused = await PostAsync(app, Stored("submit-message", "down", "first", "answer 1", "second"));
        await AnswerAsync(app, Stored("regenerate-message", "first", "answer 1", "second"));

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(["Be brief.", "first", "answer 1", "second"], asked[1].Asked.Select(message => message.Text));
    }

    [Theory]
    [InlineData("submit-message")]
    [InlineData("regenerate-message")]
    public async Task Post_StoreAfterAStop_StopsTheAnswerThatWasLeftAndAnswers(string trigger)
    {
        var (one, two) = (new FakeChatClient(), Saying("two"));
        await using var app = await TestApp.StartAsync(new FakeChatClients(one, two));
        var host = app.Services.GetRequiredService<RunHost>();
        one.Say("half");
        Run left;
        using (var first = await SseClient.PostAsync(app.Client, Url, Stored("submit-message", "first")))
        {
            left = host.FindOwn(RunOf(first), Caller.Local)!;
            Assert.Equal(HttpStatusCode.Conflict, (await PostAsync(app, Stored(trigger, "first"))).StatusCode);
            await left.Reaches(run => run.TextLength == 4);
        }

        await Eventually.Holds(() => host.ReadersOf(left) == 0, "the reader's leave");
        Assert.False(left.IsEnded);
        await AnswerAsync(app, trigger == "submit-message" ? Stored(trigger, "first", "half", "second") : Stored(trigger, "first"));

        Assert.Equal(RunState.Cancelled, left.State);
        Assert.Equal(trigger == "submit-message" ? ["Be brief.", "first", "half", "second"] : ["Be brief.", "first"], two.Asked.Select(message => message.Text));
    }

    [Fact]
    public async Task Post_StoreSameKeyManyTimesAtOnce_IsOneRun()
    {
        await using var app = await TestApp.StartAsync(() => Saying("ok"));
        await AnswerAsync(app, Stored("submit-message", "first"));
        for (var round = 0; round < 20; round++)
        {
            var key = $"key-{round}";
            var streams = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SseClient.PostAsync(app.Client, Url, Stored("regenerate-message", "first"), key)));
            Assert.All(streams, stream => Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode));
            Assert.Single(streams.Select(RunOf).Distinct());
            foreach (var stream in streams)
            {
                await TextAsync(stream);
                stream.Dispose();
            }
        }
    }

    [Fact]
    public async Task Post_CallIdOfTheChat_IsNotGivenToAnotherCall()
    {
        const string Body = """
            {"id":"c","messages":[{"id":"u","role":"user","parts":[{"type":"text","text":"time?"}]},
              {"id":"mine","role":"assistant","parts":[{"type":"tool-clock","toolCallId":"call_0","state":"output-available","input":{},"output":"12:00"}]}]}
            """;
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
        using var stream = new SseClient(await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        using var resumed = await SseClient.GetAsync(app.Client, $"{Url}/c/stream");
        model.Send(new FunctionCallContent("call_0", "clock", new Dictionary<string, object?>(StringComparer.Ordinal)));
        model.Finish(ChatFinishReason.ToolCalls);

        Assert.Equal(("call_0_2", "call_0_2"), (await CallIdAsync(stream), await CallIdAsync(resumed)));

        static async Task<string?> CallIdAsync(SseClient stream)
        {
            while (await stream.NextAsync() is { } frame)
            {
                if (frame.Type == "tool-input-available")
                {
                    return frame.Data.GetProperty("toolCallId").GetString();
                }
            }

            return null;
        }
    }

    [Fact]
    public async Task Post_WholeHistory_IsWhatTheModelGets()
    {
        const string Body = """
            {"id":"c","system":"Be brief.","messages":[
              {"id":"1","role":"user","parts":[{"type":"text","text":"time?"},{"type":"file","mediaType":"image/png","url":"data:image/png;base64,AAAA"},{"type":"data-x","data":{}}]},
              {"id":"2","role":"assistant","metadata":null,"parts":[
                {"type":"step-start"},
                {"type":"reasoning","text":"Hm","state":"done"},
                {"type":"text","text":"Let me look.","state":"done"},
                {"type":"tool-clock","toolCallId":"a","state":"output-available","input":{"zone":"UTC"},"output":{"time":"12:00"}},
                {"type":"dynamic-tool","toolName":"other","toolCallId":"b","state":"output-error","input":null,"errorText":"It failed."},
                {"type":"tool-clock","toolCallId":"c","state":"input-streaming"},
                {"type":"step-start"},
                {"type":"text","text":"Noon."},
                {"type":"source-url","sourceId":"s","url":"https://example.org/"}]},
              {"id":"3","role":"user","parts":[{"type":"text","text":"thanks"}]}]}
            """;
        var model = Saying("ok");
        await using var app = await TestApp.StartAsync(model);
        var response = await app.Client.PostAsync(Url, new StringContent(Body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["system", "user", "assistant", "tool", "assistant", "user"], model.Asked.Select(message => message.Role.Value));
        Assert.Equal(["Be brief.", "time?", "Let me look.", "", "Noon.", "thanks"], model.Asked.Select(message => message.Text));
        Assert.Equal("image/png", Assert.Single(model.Asked[1].Contents.OfType<DataContent>()).MediaType);
        var calls = model.Asked[2].Contents.OfType<FunctionCallContent>().ToList();
        Assert.Equal(["a clock", "b other"], calls.Select(call => $"{call.CallId} {call.Name}"));
        Assert.Equal("UTC", calls[0].Arguments!["zone"]!.ToString());
        Assert.Equal(["a {\"time\":\"12:00\"}", "b It failed."], model.Asked[3].Contents.OfType<FunctionResultContent>().Select(result => $"{result.CallId} {result.Result}"));
    }

    [Fact]
    public async Task Post_Options_ReachTheModel()
    {
        var model = new OptionsClient(Saying("ok"));
        await using var app = await TestApp.StartAsync(model);
        var body = new { id = "c", options = new { temperature = 0.5, maxTokens = 7 }, messages = new[] { new { role = "user", parts = new[] { new { type = "text", text = "hi" } } } } };
        await PostAsync(app, body);

        Assert.Equal((0.5f, 7), (model.Options!.Temperature, model.Options.MaxOutputTokens));
    }

    [Fact]
    public async Task Post_ToolsAnswered_GoesOnInTheSameMessage()
    {
        const string Body = """
            {"id":"c","messages":[{"id":"u","role":"user","parts":[{"type":"text","text":"time?"}]},
              {"id":"mine","role":"assistant","parts":[{"type":"tool-clock","toolCallId":"a","state":"output-available","input":{},"output":"12:00"}]}]}
            """;
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
        using var stream = new SseClient(await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        using var resumed = await SseClient.GetAsync(app.Client, $"{Url}/c/stream");

        Assert.Equal("mine", (await stream.NextAsync())!.Data.GetProperty("messageId").GetString());
        Assert.Equal("mine", (await resumed.NextAsync())!.Data.GetProperty("messageId").GetString());
    }

    [Theory]
    [InlineData("{}", "validation")]
    [InlineData("""{"messages":[]}""", "validation")]
    [InlineData("""{"messages":[null]}""", "validation")]
    [InlineData("""{"messages":[{"role":"tool","parts":[]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[null]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":" "}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":7}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"file","mediaType":"image/png","url":"https://example.org/a.png"}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"file","mediaType":"image/png","url":"data:image/png;base64,%"}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"file","mediaType":"nonsense","url":"data:image/png;base64,AAAA"}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":"hi"}]}],"trigger":"resume"}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":"hi"}]}],"store":true}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":"hi"}]}],"options":{"temperature":9}}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":"hi"}]}],"model":"unknown"}""", "unknown-model")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":"hi"},{"type":"tool-a","input":{"a":"\ud83d"}}]}]}""", "invalid-json")]
    [InlineData("""{"messages":[{"role":"user","parts":[{"type":"text","text":"hi"},{"type":"tool-a","input":{"\uD83D":1}}]}]}""", "invalid-json")]
    public async Task Post_BadInput_IsRefusedWithTheReason(string body, string type)
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var response = await app.Client.PostAsync(Url, new StringContent(body, Encoding.UTF8, "application/json"));
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.EndsWith($":{type}", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, model.Calls);
    }

    [Fact]
    public async Task Get_ChatAddress_TakesPostOnly()
    {
        await using var app = await TestApp.StartAsync(new FakeChatClient());
        var response = await app.Client.GetAsync(Url);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Chats_OfManyAndForgottenRuns_AreSweptAndNobodyElses()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(() => Saying("ok"), time);
        var host = app.Services.GetRequiredService<RunHost>();
        var chats = app.Services.GetRequiredService<ChatApp.Api.AiSdk.AiSdkChats>();
        var run = host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] }).Run;
        var (local, other) = (Caller.Local, new Caller("other", "other"));
        for (var i = 0; i < 100; i++)
        {
            chats.Remember(local, $"chat-{i}", new(run, null, []));
        }

        Assert.NotNull(chats.Find(local, "chat-0"));
        Assert.Null(chats.Find(other, "chat-0"));
        await run.Ended();
        await Eventually.Holds(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(5));
                return host.FindOwn(run.Id, local) is null;
            },
            "the run's end of life");
        var next = host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] }).Run;
        for (var i = 100; i < 200; i++)
        {
            chats.Remember(local, $"chat-{i}", new(next, null, []));
        }

        Assert.Null(chats.Find(local, "chat-0"));
        Assert.InRange(chats.Count, 100, 150);
    }

    private static FakeChatClient Saying(string text)
    {
        var model = new FakeChatClient();
        model.Say(text);
        model.Finish();
        return model;
    }

    // Of the chat the questions and answers in turn; the model may stand before them.
    private static object Stored(string trigger, params string[] texts)
    {
        var model = texts[0] == "down" ? "down" : null;
        var messages = texts.Skip(model is null ? 0 : 1).Select((text, i) => new { role = i % 2 == 0 ? "user" : "assistant", parts = new[] { new { type = "text", text } } });
        return new { id = "chat-1", trigger, store = true, model, system = "Be brief.", messages };
    }

    // The id of the conversation the answer was kept in.
    private static async Task<string> AnswerAsync(TestApp app, object body)
    {
        var response = await PostAsync(app, body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return RandomRuns.Read(await response.Content.ReadAsStringAsync())[0].GetProperty("messageMetadata").GetProperty("conversationId").GetString()!;
    }

    private static Task<HttpResponseMessage> PostAsync(TestApp app, object body) => app.Client.PostAsJsonAsync(Url, body);

    private static string RunOf(SseClient stream) => stream.Response.Headers.GetValues("X-Run-Id").Single();

    private static async Task<string> TextAsync(SseClient stream)
    {
        var text = new StringBuilder();
        while (await stream.NextAsync() is { } frame && frame.Type != "finish")
        {
            text.Append(frame.Type == "text-delta" ? frame.Data.GetProperty("delta").GetString() : "");
        }

        return text.ToString();
    }
}
