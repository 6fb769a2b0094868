using System.Net;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Tests.Api;

public sealed class NativeStreamTests
{
    private static readonly object Hello = new { messages = new[] { new { role = "user", content = "hello" } } };

    private static object Ask(string model, string? onDisconnect = null) => new { model, onDisconnect, messages = new[] { new { role = "user", content = "hello" } } };

    private static Run RunOf(TestApp app, SseClient stream) =>
        app.Services.GetRequiredService<RunHost>().FindOwn(stream.Response.Headers.GetValues("X-Run-Id").Single(), Caller.Local)!;

    private static Task LeftAsync(TestApp app, Run run)
    {
        var host = app.Services.GetRequiredService<RunHost>();
        return Eventually.Holds(() => host.ReadersOf(run) == 0, "the reader's leave");
    }

    [Fact]
    public async Task Post_Answer_StreamsEveryEventInOrderWithIds()
    {
        var model = new FakeChatClient();
        model.Say("Hel");
        model.Say("lo\r\n\nevent: done\u2028\"");
        model.Finish();
        await using var app = await TestApp.StartAsync(model);
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        var frames = await stream.AllAsync();

        var response = stream.Response;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-transform, no-cache", response.Headers.CacheControl!.ToString().Split(", ").Order().Reverse().Aggregate((a, b) => $"{a}, {b}"));
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        var run = response.Headers.GetValues("X-Run-Id").Single();
        Assert.All(frames, frame => Assert.Equal($"{run}:{frame.Seq}", frame.Id));
        Assert.Equal("connected", frames[0].Type);
        Assert.Equal(1, frames[0].Seq);
        Assert.Equal("Hello\r\n\nevent: done\u2028\"", string.Concat(frames.Where(f => f.Type == "token").Select(f => f.Content)));
        Assert.Equal(["step", "done", "complete"], frames[^3..].Select(f => f.Type));
        Assert.Equal("completed", frames[^2].Data.GetProperty("reason").GetString());
        Assert.DoesNotContain(frames, f => f.Data.EnumerateObject().Any(p => p.Value.ValueKind == JsonValueKind.Null));
    }

    [Fact]
    public async Task Post_FailureUpstream_IsErrorThenDoneThenComplete()
    {
        var model = new FakeChatClient();
        model.Break(new ProviderException(ProviderFault.RateLimited, "Too many requests. Wait, then retry.") { RetryAfter = TimeSpan.FromSeconds(3) });
        await using var app = await TestApp.StartAsync(model);
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        var frames = await stream.AllAsync();

        var error = frames.Single(f => f.Type == "error").Data;
        Assert.Equal("Too many requests. Wait, then retry.", error.GetProperty("message").GetString());
        Assert.Equal(error.GetProperty("message").GetString(), error.GetProperty("error").GetString());
        Assert.EndsWith("upstream-rate-limited", error.GetProperty("problem").GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal("failed", frames[^2].Data.GetProperty("reason").GetString());
        Assert.Equal("complete", frames[^1].Type);
    }

    [Theory]
    [InlineData("", "Hello\n\n---\n✅ Complete: 1 tokens in ")]
    [InlineData("&footer=false", "Hello")]
    public async Task Get_AsText_IsTheTextAndAFooter(string query, string start)
    {
        var model = new FakeChatClient();
        model.Say("Hello");
        model.Finish();
        await using var app = await TestApp.StartAsync(model);
        var text = await app.Client.GetStringAsync($"/api/stream?q=hi&format=text{query}");

        Assert.StartsWith(start, text, StringComparison.Ordinal);
        Assert.Equal(query.Length == 0, text.EndsWith("s\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_TextOfARunThatFailed_SaysSo()
    {
        var model = new FakeChatClient();
        model.Break(new ProviderException("It burns."));
        await using var app = await TestApp.StartAsync(model);
        var text = await app.Client.GetStringAsync("/api/stream?q=hi&format=text");

        Assert.Contains("❌ Failed: 0 tokens in ", text, StringComparison.Ordinal);
        Assert.Contains("It burns.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F61_EmojiSplitOverTwoChunksOfAnUpstream_ArrivesWhole()
    {
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendEventAsync("""{"choices":[{"delta":{"reasoning_content":"hm \ud83e"}}]}""");
            await x.SendEventAsync("""{"choices":[{"delta":{"reasoning_content":"\udd14"}}]}""");
            await x.SendEventAsync("""{"choices":[{"delta":{"content":"\"a\"\t\\\ud83d"}}]}""");
            await x.SendEventAsync("""{"choices":[{"delta":{"content":"\ude00b\ud83d"}}]}""");
            await x.SendEventAsync("""{"choices":[{"delta":{},"finish_reason":"stop"}]}""");
            await x.SendAsync("data: [DONE]\n\n");
        });
        await using var app = await TestApp.StartAsync(
            settings: [("ChatApp:Providers:up:Kind", "openai"), ("ChatApp:Providers:up:Endpoint", upstream.Endpoint.ToString()), ("ChatApp:Providers:up:Models:0", "*")]);
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Ask("up/m"));
        var frames = await stream.AllAsync();

        Assert.Equal("hm 🤔", string.Concat(frames.Where(f => f.Type == "reasoning").Select(f => f.Content)));
        Assert.Equal("\"a\"\t\\😀b\ufffd", string.Concat(frames.Where(f => f.Type == "token").Select(f => f.Content)));
    }

    [Fact]
    public async Task Get_EventSourceReconnects_ContinuesItsRunAndStopsAtTheEnd()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        string last;
        using (var first = await SseClient.GetAsync(app.Client, "/api/stream?q=hi"))
        {
            model.Say("one ");
            while ((await first.NextAsync())! is var frame && frame.Type != "token")
            {
            }

            last = $"{RunOf(app, first).Id}:{RunOf(app, first).Seq}";
        }

        model.Say("two");
        model.Finish();
        using var second = await SseClient.GetAsync(app.Client, "/api/stream?q=hi", last);
        var rest = await second.AllAsync();
        Assert.Equal("two", string.Concat(rest.Select(f => f.Content)));
        Assert.DoesNotContain(rest, f => f.Type == "connected");
        Assert.Equal(1, model.Calls);

        using var third = await SseClient.GetAsync(app.Client, "/api/stream?q=hi", rest[^1].Id);
        Assert.Equal(HttpStatusCode.NoContent, third.Response.StatusCode);
    }

    [Fact]
    public async Task Get_SameSession_ContinuesTheConversation()
    {
        var models = new List<FakeChatClient>();
        await using var app = await TestApp.StartAsync(() =>
        {
            var model = new FakeChatClient();
            model.Say($"answer {models.Count}");
            model.Finish();
            models.Add(model);
            return model;
        });
        await app.Client.GetStringAsync("/api/stream?q=first&session=me&format=text");
        await app.Client.GetStringAsync("/api/stream?q=second&session=me&format=text&system=brief");
        await app.Client.GetStringAsync("/api/stream?q=third&session=you&format=text");

        Assert.Equal(["brief", "first", "answer 0", "second"], models[1].Asked.Select(m => m.Text));
        Assert.Equal(["third"], models[2].Asked.Select(m => m.Text));
    }

    [Fact]
    public async Task Post_StoreThenConversationId_ContinuesAndRefusesWhileBusy()
    {
        var (one, two) = (new FakeChatClient(), new FakeChatClient());
        await using var app = await TestApp.StartAsync(new FakeChatClients(one, two));
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { store = true, messages = new[] { new { role = "user", content = "a" } } });
        var conversationId = (await first.NextAsync())!.Data.GetProperty("conversationId").GetString();
        object next = new { conversationId, messages = new[] { new { role = "assistant", content = "ignored" }, new { role = "user", content = "b" } } };
        using (var busy = await SseClient.PostAsync(app.Client, "/api/chat/stream", next))
        {
            Assert.Equal(HttpStatusCode.Conflict, busy.Response.StatusCode);
            var problem = await busy.JsonAsync();
            Assert.EndsWith("conversation-busy", problem.GetProperty("type").GetString(), StringComparison.Ordinal);
            Assert.Equal($"/api/runs/{RunOf(app, first).Id}", problem.GetProperty("run").GetString());
        }

        one.Say("answer");
        one.Finish();
        await first.AllAsync();
        two.Finish();
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", next);
        await second.AllAsync();
        Assert.Equal(["a", "answer", "b"], two.Asked.Select(m => m.Text));
    }

    [Theory]
    [InlineData("false")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task Post_NoTools_IsNoProblem(string tools)
    {
        await using var app = await TestApp.StartAsync();
        var body = $$"""{"tools":{{tools}},"parentMessageId":null,"messages":[{"role":"user","content":"hi"}]}""";
        using var response = await app.Client.PostAsync("/api/chat/stream", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Get_SessionWhoseReaderLeft_StopsItsAnswerAndAnswers()
    {
        var (one, two) = (new FakeChatClient(), new FakeChatClient());
        await using var app = await TestApp.StartAsync(new FakeChatClients(one, two));
        one.Say("half");
        two.Finish();
        Run left;
        using (var first = await SseClient.GetAsync(app.Client, "/api/stream?q=first&session=me"))
        {
            left = RunOf(app, first);
            using var busy = await SseClient.GetAsync(app.Client, "/api/stream?q=second&session=me");
            Assert.Equal(HttpStatusCode.Conflict, busy.Response.StatusCode);
            await left.Reaches(run => run.TextLength == 4);
        }

        await LeftAsync(app, left);
        Assert.False(left.IsEnded);
        using var second = await SseClient.GetAsync(app.Client, "/api/stream?q=second&session=me");

        Assert.Equal(HttpStatusCode.OK, second.Response.StatusCode);
        Assert.Equal(RunState.Cancelled, left.State);
        Assert.True(one.Closed.IsCompleted);
        await RunOf(app, second).Ended();
        Assert.Equal(["first", "half", "second"], two.Asked.Select(m => m.Text));
    }

    [Theory]
    [InlineData("continue", "60s", HttpStatusCode.Conflict)]
    [InlineData(null, "continue", HttpStatusCode.Conflict)]
    [InlineData("5s", "continue", HttpStatusCode.OK)]
    public async Task Post_ConversationWhoseReaderLeft_IsBusyWhereItsAnswerGoesOn(string? onDisconnect, string configured, HttpStatusCode status)
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient(), null, ("ChatApp:Runs:OnDisconnect", configured));
        string conversationId;
        Run left;
        using (var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { store = true, onDisconnect, messages = new[] { new { role = "user", content = "a" } } }))
        {
            left = RunOf(app, first);
            conversationId = (await first.NextAsync())!.Data.GetProperty("conversationId").GetString()!;
        }

        await LeftAsync(app, left);
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { conversationId, messages = new[] { new { role = "user", content = "b" } } });

        Assert.Equal(status, second.Response.StatusCode);
        Assert.Equal(status == HttpStatusCode.OK, left.IsEnded);
    }

    [Fact]
    public async Task Post_ConversationOfThePage_LetsItsAnswerGoOn()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var session = app.Services.OpenSession();
        await session.SendAsync("a");
        var run = session.Snapshot.Turns.Single().Run!;
        using var busy = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { conversationId = run.ConversationId, messages = new[] { new { role = "user", content = "b" } } });

        Assert.Equal(HttpStatusCode.Conflict, busy.Response.StatusCode);
        Assert.False(run.IsEnded);
    }

    [Fact]
    public async Task Get_AsChatCompletionsARunThatFailed_IsAStreamThatSaysSo()
    {
        var model = new FakeChatClient();
        model.Break(new ProviderException(ProviderFault.RateLimited, "Too many requests. Wait, then retry."));
        await using var app = await TestApp.StartAsync(model);
        using var stream = await app.Client.GetAsync("/api/stream?q=hi&format=chat-completions");
        var body = await stream.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (stream.StatusCode, stream.Content.Headers.ContentType!.MediaType));
        Assert.StartsWith("data: {\"error\":", body, StringComparison.Ordinal);
        Assert.Contains("Too many requests.", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_SameKeyTwice_AttachesToTheRunAndRefusesAnotherBody()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello, "key-1");
        using var second = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello, "key-1");
        using var other = await SseClient.PostAsync(app.Client, "/api/chat/stream", Ask("fake/model"), "key-1");
        model.Say("text");
        model.Finish();

        Assert.Equal("text", string.Concat((await first.AllAsync()).Select(f => f.Content)));
        Assert.Equal("text", string.Concat((await second.AllAsync()).Select(f => f.Content)));
        Assert.Equal("true", second.Response.Headers.GetValues("Idempotent-Replay").Single());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Response.StatusCode);
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Post_SilentModel_GetsHeadersAtOnceAndHeartbeats()
    {
        var time = new FakeTime();
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model, time, ("ChatApp:Runs:StallAfter", "0s"));
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        Assert.Equal("connected", (await stream.NextAsync())!.Type);
        Assert.Equal("step", (await stream.NextAsync())!.Type);
        await Eventually.Holds(() => time.ArmedTimers >= 3, "the heartbeat's timer");
        time.Advance(RunStream.Heartbeat);

        Assert.Equal("ping", (await stream.NextAsync())!.Comment);
    }

    [Fact]
    public async Task Post_PausingModel_HeartbeatComesWhenTheSilenceIsThatLong()
    {
        var time = new FakeTime();
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model, time);
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        await Eventually.Holds(() => time.ArmedTimers >= 3, "the heartbeat's timer");
        time.Advance(TimeSpan.FromSeconds(4));
        model.Say("word");
        while ((await stream.NextAsync())!.Type != "token")
        {
        }

        // 15 s after the start there was no silence that long yet; the heartbeat comes 15 s after the last piece.
        time.Advance(TimeSpan.FromSeconds(14));
        model.Say("x");
        SseFrame frame;
        while ((frame = (await stream.NextAsync())!).Comment is not null || frame.Type != "token")
        {
            Assert.Null(frame.Comment);
        }

        time.Advance(RunStream.Heartbeat);
        while ((frame = (await stream.NextAsync())!).Comment is null)
        {
            Assert.Equal("metrics", frame.Type);
        }

        Assert.Equal("ping", frame.Comment);
    }

    [Fact]
    public async Task Get_AsText_GetsHeadersBeforeTheFirstWord()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var stream = await SseClient.GetAsync(app.Client, "/api/stream?q=hi&format=text").WaitAsync(Eventually.Limit);

        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Equal(0, RunOf(app, stream).TextLength);
    }

    [Fact]
    public async Task Get_ResumedAtTheLastEvent_GetsHeadersAtOnce()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        var run = RunOf(app, first);
        await run.Reaches(r => r.Seq >= 2);
        using var second = await SseClient.GetAsync(app.Client, $"/api/runs/{run.Id}/events?after={run.Seq}").WaitAsync(Eventually.Limit);

        Assert.Equal(HttpStatusCode.OK, second.Response.StatusCode);
    }

    [Fact]
    public async Task F03_ReaderThatReadsNothing_IsCutAndHarmsNobody()
    {
        var time = new FakeTime();
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model, time, ("ChatApp:Runs:MaxCharacters", "100000000"));
        using var stalled = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        var run = RunOf(app, stalled);
        using var healthy = await SseClient.GetAsync(app.Client, $"/api/runs/{run.Id}/events");
        // More than all buffers between the two hold.
        var piece = new string('x', 64 * 1024);
        for (var i = 0; i < 400; i++)
        {
            model.Say(piece);
        }

        var read = 0;
        while (read < 400 * piece.Length)
        {
            read += (await healthy.NextAsync())!.Content.Length;
        }

        // Two of the run, a heartbeat for each reader, one of the node itself, and the deadline of the write that does not end.
        await Eventually.Holds(() => time.ArmedTimers == 6, "the stalled write's deadline");
        time.Advance(RunStream.WriteDeadline);
        var host = app.Services.GetRequiredService<RunHost>();
        await Eventually.Holds(() => host.ReadersOf(run) == 1, "the stalled reader cut");
        model.Finish();

        Assert.Equal("complete", (await healthy.AllAsync())[^1].Type);
        Assert.Equal(RunState.Completed, run.State);
    }

    [Fact]
    public async Task F01_ReaderLeaves_RunEndsAsItsRequestAsked()
    {
        var (cancelled, continued) = (new FakeChatClient(), new FakeChatClient());
        await using var app = await TestApp.StartAsync(new FakeChatClients(cancelled, continued));
        Run gone, kept;
        using (var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Ask("m", "cancel")))
        {
            gone = RunOf(app, stream);
        }

        using (var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Ask("m", "continue")))
        {
            kept = RunOf(app, stream);
        }

        await gone.Ended();
        await cancelled.Closed.WaitAsync(Eventually.Limit);
        continued.Finish();
        await kept.Ended();

        Assert.Equal(RunState.Cancelled, gone.State);
        Assert.Equal(RunState.Completed, kept.State);
    }

    // Whatever sequence of disconnects: the pieces put together are the text, every event once and in order.
    [Fact]
    public async Task P01_AnySequenceOfDisconnects_ResumesExactly()
    {
        var model = new Func<FakeChatClient>(() =>
        {
            var client = new FakeChatClient();
            for (var i = 0; i < 40; i++)
            {
                client.Say($"{i}\n😀 ");
            }

            client.Finish();
            return client;
        });
        await using var app = await TestApp.StartAsync(model);
        var expected = string.Concat(Enumerable.Range(0, 40).Select(i => $"{i}\n😀 "));
        var cuts = Gen.Choose(1, 12).ListOf();
        foreach (var sequence in cuts.Sample(60, 8))
        {
            var (text, last) = ("", 0L);
            var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
            var url = $"/api/runs/{RunOf(app, stream).Id}/events";
            foreach (var cut in sequence)
            {
                await Take(cut);
                stream.Dispose();
                stream = await SseClient.GetAsync(app.Client, last % 2 == 0 ? $"{url}?after={last}" : url, last % 2 == 0 ? null : $"{RunOf(app, stream).Id}:{last}");
            }

            await Take(int.MaxValue);
            stream.Dispose();
            Assert.Equal(expected, text);

            async Task Take(int frames)
            {
                while (frames-- > 0 && stream.Response.StatusCode == HttpStatusCode.OK && await stream.NextAsync() is { } frame)
                {
                    Assert.True(frame.Seq > last);
                    (text, last) = (text + frame.Content, frame.Seq);
                }
            }
        }
    }

    [Fact]
    public async Task F10_TenReadersJoiningAnyTime_GetTheSame()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        var run = RunOf(app, first);
        var readers = new List<Task<List<SseFrame>>> { first.AllAsync() };
        var streams = new List<SseClient>();
        for (var i = 0; i < 9; i++)
        {
            model.Say($"{i} ");
            streams.Add(await SseClient.GetAsync(app.Client, $"/api/runs/{run.Id}/events"));
            readers.Add(streams[^1].AllAsync());
        }

        model.Finish();
        var all = await Task.WhenAll(readers);
        Assert.All(all, frames => Assert.Equal("0 1 2 3 4 5 6 7 8 ", string.Concat(frames.Select(f => f.Content))));
        streams.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task F20_ShutdownWithOpenStreams_SaysGoodbyeAndEnds()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Hello);
        await stream.NextAsync();
        await Eventually.Holds(() => model.Calls == 1, "the model is asked");
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var frames = await stream.AllAsync();

        Assert.Equal("shutdown", frames[^1].Type);
        Assert.Equal("2000", frames[^1].Retry);
        Assert.Null(frames[^1].Id);
        await model.Closed.WaitAsync(Eventually.Limit);
    }
}
