using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using ChatApp.Api;
using ChatApp.Api.Native.Sockets;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatApp.Tests.Api.Native;

public sealed class WebSocketTests
{
    [Fact]
    public async Task Chat_SeveralAtOnce_EveryEventSaysWhoseItIs()
    {
        var models = new Dictionary<string, FakeChatClient>(StringComparer.Ordinal) { ["a"] = new(), ["b"] = new() };
        var order = new Queue<FakeChatClient>(models.Values);
        await using var app = await TestApp.StartAsync(() => order.Dequeue());
        using var socket = await SocketClient.OpenAsync(app);
        await socket.ChatAsync("a");
        await socket.UntilAsync("connected");
        await socket.ChatAsync("b\n\"😀");
        await socket.UntilAsync("connected");
        var events = new List<SocketEvent>();
        for (var i = 0; i < 5; i++)
        {
            foreach (var (name, model) in models)
            {
                model.Say($"{name}{i} ");
                events.AddRange(await socket.UntilAsync("token"));
            }
        }

        models["b"].Finish();
        events.AddRange(await socket.UntilAsync("complete"));
        models["a"].Finish();
        events.AddRange(await socket.UntilAsync("complete"));

        Assert.Equal("a0 a1 a2 a3 a4 ", string.Concat(events.Where(e => e.RequestId == "a").Select(e => e.Content)));
        Assert.Equal("b0 b1 b2 b3 b4 ", string.Concat(events.Where(e => e.RequestId == "b\n\"😀").Select(e => e.Content)));
        Assert.All(events, e => Assert.True(e.Data.TryGetProperty("t", out _)));
        foreach (var run in events.GroupBy(e => e.RunId))
        {
            Assert.Single(run.Select(e => e.RequestId).Distinct());
            Assert.Equal(run.Select(e => e.Seq).Order().Distinct(), run.Select(e => e.Seq));
        }
    }

    [Fact]
    public async Task Chat_Events_AreThoseOfHttp()
    {
        await using var app = await TestApp.StartAsync();
        using var socket = await SocketClient.OpenAsync(app);
        await socket.ChatAsync("x", "scripted/text=one two three;tools=2;reasoning=5");
        var events = await socket.UntilAsync("complete");
        using var stream = await SseClient.GetAsync(app.Client, $"/api/runs/{events[0].RunId}/events");
        var frames = await stream.AllAsync();

        // Deltas may come merged differently: compare what is not one.
        static bool IsWhole(string type) => type is not ("token" or "reasoning");
        var expected = frames.Where(f => IsWhole(f.Type)).Select(f => f.Data).ToList();
        var actual = events.Where(e => IsWhole(e.Type)).Select(e => e.Data).ToList();
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (http, ws) in expected.Zip(actual))
        {
            var properties = ws.EnumerateObject().Where(p => p.Name is not "requestId" && (p.Name != "runId" || http.TryGetProperty("runId", out _)));
            Assert.Equal(http.EnumerateObject().Select(p => (p.Name, p.Value.GetRawText())).Order(), properties.Select(p => (p.Name, p.Value.GetRawText())).Order());
            Assert.Equal(["type", "seq", "t", "runId", "requestId"], ws.EnumerateObject().Take(5).Select(p => p.Name));
        }
    }

    [Fact]
    public async Task Chat_SameKey_FindsTheRunOfTheFirst_AlsoOverHttp()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await SocketClient.OpenAsync(app);
        using var second = await SocketClient.OpenAsync(app);
        static object Ask(string text, string requestId) => new { type = "chat", requestId, idempotencyKey = "k", messages = new[] { new { role = "user", content = text } } };
        await first.SendAsync(Ask("hi", "1"));
        var run = (await first.NextAsync())!.RunId;
        await second.SendAsync(Ask("hi", "2"));
        var again = await second.NextAsync();
        using var http = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { messages = new[] { new { role = "user", content = "hi" } } }, "k");
        await second.SendAsync(Ask("something else", "3"));
        var refused = await second.UntilAsync("error");

        Assert.Equal((run, "2"), (again!.RunId, again.RequestId));
        Assert.Equal(run, http.Response.Headers.GetValues("X-Run-Id").Single());
        Assert.Equal(("3", "idempotency-mismatch"), (refused[^1].RequestId, refused[^1].Problem));
        await Eventually.Holds(() => model.Calls == 1, "the one call");
    }

    [Fact]
    public async Task Chat_SameKeyOnOneSocket_IsToldThatItReadsTheRun()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var socket = await SocketClient.OpenAsync(app);
        static object Ask(string requestId) => new { type = "chat", requestId, idempotencyKey = "k", messages = new[] { new { role = "user", content = "hi" } } };
        await socket.SendAsync(Ask("1"));
        var run = (await socket.NextAsync())!.RunId;
        await socket.SendAsync(Ask("2"));
        var error = (await socket.UntilAsync("error"))[^1];
        model.Finish();
        var rest = await socket.UntilAsync("complete");
        await socket.SendAsync(Ask("3"));
        var replay = await socket.UntilAsync("complete");

        var problem = error.Data.GetProperty("problem");
        Assert.Equal(("2", "already-reading", 409), (error.RequestId, error.Problem, problem.GetProperty("status").GetInt32()));
        Assert.Equal($"/api/runs/{run}", problem.GetProperty("run").GetString());
        Assert.All(rest, e => Assert.Equal("1", e.RequestId));
        Assert.All(replay, e => Assert.Equal((run, "3"), (e.RunId, e.RequestId)));
        Assert.Equal("connected", replay[0].Type);
    }

    [Fact]
    public async Task Chat_ConversationThatWasLeft_StopsItsAnswerAndAnswers()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await SocketClient.OpenAsync(app);
        await socket.SendAsync(new { type = "chat", requestId = "1", store = true, messages = new[] { new { role = "user", content = "a" } } });
        var connected = await socket.NextAsync();
        var (left, conversationId) = (RunOf(app, connected!.RunId!), connected.Data.GetProperty("conversationId").GetString());
        await socket.SendAsync(new { type = "detach", runId = left.Id });
        await socket.SendAsync(new { type = "chat", requestId = "2", conversationId, messages = new[] { new { role = "user", content = "b" } } });
        await socket.UntilAsync(e => e.Type == "connected" && e.RequestId == "2");

        Assert.Equal(RunState.Cancelled, left.State);
    }

    [Fact]
    public async Task Cancel_NameUsedAgain_StopsTheRunningOneOnly()
    {
        var models = new Queue<FakeChatClient>([new(), new(), new()]);
        models.Peek().Finish();
        await using var app = await TestApp.StartAsync(() => models.Dequeue());
        using var socket = await SocketClient.OpenAsync(app);
        await socket.ChatAsync("same");
        await socket.UntilAsync("complete");
        await socket.ChatAsync("same");
        var second = (await socket.NextAsync())!.RunId;
        await socket.SendAsync(new { type = "cancel", requestId = "same" });
        await socket.ChatAsync("other");
        var events = await socket.UntilAsync(e => e.Type == "connected" && e.RequestId == "other");
        await Eventually.Holds(() => RunOf(app, second!).IsEnded, "the stop");
        // All have ended: the newest is named.
        await socket.SendAsync(new { type = "cancel", requestId = "same" });
        await socket.SendAsync(new { type = "cancel", requestId = "other" });
        events.AddRange(await socket.UntilAsync(e => e.Type == "cancelled" && e.RequestId == "other"));

        Assert.Equal([second, second], events.Where(e => e.Type == "cancelled" && e.RequestId == "same").Select(e => e.RunId));
    }

    [Theory]
    [InlineData("runId")]
    [InlineData("requestId")]
    [InlineData("neither")]
    public async Task Cancel_Running_StopsAndSaysSo(string by)
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var socket = await SocketClient.OpenAsync(app);
        await socket.ChatAsync("mine");
        var run = (await socket.NextAsync())!.RunId;
        await socket.SendAsync(by switch
        {
            "runId" => new { type = "cancel", runId = run },
            "requestId" => new { type = "cancel", requestId = "mine" },
            _ => (object)new { type = "cancel" },
        });
        var seen = new HashSet<string>();
        var events = await socket.UntilAsync(e => seen.Add(e.Type) && seen.Contains("complete") && seen.Contains("cancelled"));

        var cancelled = events.Single(e => e.Type == "cancelled");
        Assert.Equal((run, "mine"), (cancelled.RunId, cancelled.RequestId));
        Assert.Equal("cancelled", cancelled.Data.GetProperty("state").GetString());
        Assert.Equal(events.Single(e => e.Type == "complete").Seq, cancelled.Seq);
        Assert.False(cancelled.Data.TryGetProperty("alreadyEnded", out _));
        await model.Closed.WaitAsync(Eventually.Limit);

        // Again, now that it has ended; the socket still knows whose request it was.
        await socket.SendAsync(by == "requestId" ? new { type = "cancel", requestId = "mine" } : (object)new { type = "cancel", runId = run });
        Assert.True((await socket.NextAsync())!.Data.GetProperty("alreadyEnded").GetBoolean());
    }

    [Fact]
    public async Task Cancel_Neither_StopsEveryRunOfThisSocketOnly()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var other = await SocketClient.OpenAsync(app);
        await other.ChatAsync("other");
        var kept = (await other.NextAsync())!.RunId!;
        using var socket = await SocketClient.OpenAsync(app);
        foreach (var id in new[] { "1", "2", "3" })
        {
            await socket.ChatAsync(id);
            await socket.UntilAsync("connected");
        }

        await socket.SendAsync(new { type = "cancel" });
        var stopped = 0;
        var events = await socket.UntilAsync(e => e.Type == "cancelled" && ++stopped == 3);

        Assert.Equal(["1", "2", "3"], events.Where(e => e.Type == "cancelled").Select(e => e.RequestId).Order());
        Assert.False(RunOf(app, kept).IsEnded);
    }

    [Fact]
    public async Task Attach_AnyCursor_GetsTheRestOnceAlsoAfterTheEnd()
    {
        var model = new FakeChatClient();
        model.Say("hello");
        await using var app = await TestApp.StartAsync(model);
        using var http = await SseClient.GetAsync(app.Client, "/api/stream?q=hi");
        var run = RunOf(app, http.Response.Headers.GetValues("X-Run-Id").Single());
        await run.Reaches(r => r.TextLength == 5);
        using var socket = await SocketClient.OpenAsync(app);
        await socket.SendAsync(new { type = "attach", runId = run.Id, after = 2, requestId = "again" });
        await socket.SendAsync(new { type = "attach", runId = run.Id });
        var first = await socket.NextAsync();
        model.Finish();
        await socket.UntilAsync("complete");

        Assert.Equal(("token", 3L, "again"), (first!.Type, first.Seq, first.RequestId));
        // It has ended: attaching anew replays what is asked for.
        await socket.SendAsync(new { type = "attach", runId = run.Id });
        var replay = await socket.UntilAsync("complete");
        Assert.Equal(Enumerable.Range(1, (int)run.Seq).Select(i => (long)i), replay.Select(e => e.Seq));
        Assert.All(replay, e => Assert.Null(e.RequestId));
    }

    [Fact]
    public async Task Attach_LastEventOfAnEndedRun_IsToldThatNothingFollows()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var socket = await SocketClient.OpenAsync(app);
        await socket.ChatAsync("x");
        model.Finish();
        var complete = (await socket.UntilAsync("complete"))[^1];
        await socket.SendAsync(new { type = "attach", runId = complete.RunId, after = complete.Seq, requestId = "again" });
        var named = await socket.NextAsync();
        await socket.SendAsync(new { type = "attach", runId = complete.RunId, after = complete.Seq });
        var unnamed = await socket.NextAsync();

        Assert.Equal($$"""{"type":"detached","runId":"{{complete.RunId}}","requestId":"again","state":"completed"}""", named!.Data.GetRawText());
        Assert.Equal($$"""{"type":"detached","runId":"{{complete.RunId}}","state":"completed"}""", unnamed!.Data.GetRawText());
    }

    [Fact]
    public async Task Attach_WhatCantBeRead_IsTheProblemOfHttp()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        var host = app.Services.GetRequiredService<RunHost>();
        var own = host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] }).Run;
        var foreign = host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")], Caller = new Caller("other", "other") }).Run;
        using var socket = await SocketClient.OpenAsync(app);
        foreach (var (message, problem) in new[]
        {
            ("""{"type":"attach","runId":"unknown"}""", "not-found"),
            ($$"""{"type":"attach","runId":"{{foreign.Id}}"}""", "not-found"),
            ($$"""{"type":"cancel","runId":"{{foreign.Id}}"}""", "not-found"),
            ("""{"type":"attach"}""", "validation"),
            ($$"""{"type":"attach","runId":"{{own.Id}}","after":-1}""", "invalid-cursor"),
            ($$"""{"type":"attach","runId":"{{own.Id}}","after":1.5}""", "invalid-cursor"),
            ($$"""{"type":"attach","runId":"{{own.Id}}","after":"1"}""", "invalid-cursor"),
            ($$"""{"type":"attach","runId":"{{own.Id}}","after":99}""", "cursor-ahead"),
        })
        {
            await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(message));
            var error = await socket.NextAsync();
            Assert.Equal(("error", problem), (error!.Type, error.Problem));
            Assert.DoesNotContain(foreign.Id, error.Data.GetRawText(), StringComparison.Ordinal);
        }

        await socket.SendAsync(new { type = "detach", runId = "unknown" });
        await socket.SendAsync(new { type = "attach", runId = own.Id });
        Assert.Equal("connected", (await socket.NextAsync())!.Type);
        Assert.False(foreign.IsEnded);
    }

    [Fact]
    public async Task Attach_MoreThanOneSocketReads_IsRefused()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        var host = app.Services.GetRequiredService<RunHost>();
        using var socket = await SocketClient.OpenAsync(app);
        var runs = Enumerable.Range(0, SocketWriter.MaxAttached + 1).Select(_ => host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] }).Run).ToList();
        foreach (var run in runs)
        {
            await socket.SendAsync(new { type = "attach", runId = run.Id, requestId = "r" });
        }

        var error = (await socket.UntilAsync("error"))[^1];
        Assert.Equal(("too-many-streams", 429), (error.Problem, error.Data.GetProperty("problem").GetProperty("status").GetInt32()));
        Assert.Equal("r", error.RequestId);
        // One that is read already is not one more, and one that is left makes room.
        await socket.SendAsync(new { type = "attach", runId = runs[0].Id });
        await socket.ChatAsync("chat");
        Assert.Equal("chat", (await socket.UntilAsync("error"))[^1].RequestId);
        await socket.SendAsync(new { type = "detach", runId = runs[0].Id });
        await socket.ChatAsync("chat");
        await socket.UntilAsync(e => e.Type == "connected" && e.RequestId == "chat");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task F01_ReaderLeaves_RunEndsAsItsRequestAsked(bool detach)
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var socket = await SocketClient.OpenAsync(app);
        await socket.ChatAsync("x", onDisconnect: "cancel");
        var run = RunOf(app, (await socket.NextAsync())!.RunId!);
        if (detach)
        {
            await socket.SendAsync(new { type = "detach", runId = run.Id });
        }
        else
        {
            await socket.Socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        await run.Ended();
        await model.Closed.WaitAsync(Eventually.Limit);
        Assert.Equal(RunState.Cancelled, run.State);
        Assert.Equal(detach ? WebSocketState.Open : WebSocketState.Closed, socket.Socket.State);
    }

    [Fact]
    public async Task Write_RunWithMuchToSay_KeepsNoOtherWaitingAndNoMessageIsHuge()
    {
        var (large, small) = (new FakeChatClient(), new FakeChatClient());
        var models = new Queue<FakeChatClient>([large, small]);
        await using var app = await TestApp.StartAsync(() => models.Dequeue(), null, ("ChatApp:Runs:MaxCharacters", "100000000"));
        var host = app.Services.GetRequiredService<RunHost>();
        var runs = Enumerable.Range(0, 2).Select(_ => host.Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] }).Run).ToList();
        for (var i = 0; i < 2000; i++)
        {
            large.Say(new string('x', 10_000));
        }

        small.Say("small");
        large.Finish();
        small.Finish();
        await Task.WhenAll(runs.Select(run => run.Ended()));
        using var socket = await SocketClient.OpenAsync(app);
        // The large one first; both have ended, so that all of it waits.
        var (bigRun, smallRun) = runs[0].TextLength > 5 ? (runs[0], runs[1]) : (runs[1], runs[0]);
        await socket.SendAsync(new { type = "attach", runId = bigRun.Id });
        await socket.SendAsync(new { type = "attach", runId = smallRun.Id });
        var completed = 0;
        var events = await socket.UntilAsync(e => e.Type == "complete" && ++completed == 2);

        Assert.Equal(bigRun.Id, events[^1].RunId);
        Assert.Equal(smallRun.Id, events.First(e => e.Type == "complete").RunId);
        Assert.Equal(20_000_000, events.Where(e => e.RunId == bigRun.Id).Sum(e => e.Content.Length));
        Assert.True(events.Max(e => e.Content.Length) <= RunLog.MaxMerged);
    }

    [Fact]
    public async Task F03_ClientThatReadsNothing_IsCutAndHarmsNobody()
    {
        var time = new FakeTime();
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model, time, ("ChatApp:Runs:MaxCharacters", "100000000"));
        using var stalled = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        await stalled.SendMessageAsync(new { type = "chat", requestId = "x", messages = new[] { new { role = "user", content = "hi" } } });
        var run = RunOf(app, (await stalled.NextMessageAsync())!.Value.GetProperty("runId").GetString()!);
        using var healthy = await SocketClient.OpenAsync(app);
        await healthy.SendAsync(new { type = "attach", runId = run.Id });
        var piece = new string('x', 64 * 1024);
        for (var i = 0; i < 400; i++)
        {
            model.Say(piece);
        }

        var read = 0;
        await healthy.UntilAsync(e => (read += e.Content.Length) == 400 * piece.Length);
        // Two of the run, and the deadline of the write that does not end.
        await Eventually.Holds(() => time.ArmedTimers == 3, "the stalled write's deadline");
        time.Advance(RunStream.WriteDeadline);
        var host = app.Services.GetRequiredService<RunHost>();
        await Eventually.Holds(() => host.ReadersOf(run) == 1, "the stalled client cut");
        model.Finish();

        await healthy.UntilAsync("complete");
        Assert.Equal(RunState.Completed, run.State);
    }

    [Fact]
    public async Task F20_ServerStops_SaysShutdownAndClosesWith1012()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        await socket.SendMessageAsync(new { type = "chat", requestId = "x", messages = new[] { new { role = "user", content = "hi" } } });
        await socket.NextMessageAsync();
        using var idle = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        foreach (var client in new[] { socket, idle })
        {
            Assert.Equal(1012, await client.CloseStatusAsync());
            Assert.Equal("""{"type":"shutdown","retryMs":2000}""", client.Messages()[^1].GetRawText());
            Assert.DoesNotContain(client.Messages(), e => e.GetProperty("type").GetString() == "done");
        }
    }

    [Fact]
    public async Task Write_LongestDuration_SaysReconnectAndClosesWith1012()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(() => new FakeChatClient(), time, ("ChatApp:Api:MaxStreamDuration", "1h"));
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        await Eventually.Holds(() => time.ArmedTimers == 1, "the longest duration");
        time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(1012, await socket.CloseStatusAsync());
        Assert.Equal("""{"type":"reconnect","retryMs":0}""", socket.Messages().Single().GetRawText());
    }

    [Fact]
    public async Task V10_KeyTakenAway_ClosesWith4401AndStopsWriting()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var key = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var far = await listener.AcceptTcpClientAsync();
        using var server = WebSocket.CreateFromStream(far.GetStream(), new WebSocketCreationOptions { IsServer = true });
        using var client = new SocketClient(WebSocket.CreateFromStream(near.GetStream(), new WebSocketCreationOptions()));
        var context = new DefaultHttpContext();
        context.SetCaller(new Caller("laptop", "laptop") { Revoked = key.Token });
        var (host, runs) = (app.Services.GetRequiredService<RunHost>(), app.Services.GetRequiredService<ConversationRuns>());
        await using var session = new SocketSession(server, context, host, app.Services.GetRequiredService<RunJournal>(), runs, new ApiOptions(), TimeProvider.System, NullLogger.Instance);
        var serving = session.RunAsync();
        await client.ChatAsync("x");
        var run = host.FindOwn((await client.NextAsync())!.RunId!, new Caller("laptop", "laptop"))!;
        await client.UntilAsync("step");
        await key.CancelAsync();

        Assert.Null(await client.NextAsync());
        Assert.Equal(4401, (int)client.Socket.CloseStatus!.Value);
        await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await serving.WaitAsync(Eventually.Limit);
        Assert.Equal(0, host.ReadersOf(run));
    }

    [Fact]
    public async Task F10_TenReadersOverBothTransportsJoiningAnyTime_GetTheSame()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await SseClient.PostAsync(app.Client, "/api/chat/stream", new { messages = new[] { new { role = "user", content = "hi" } } });
        var run = RunOf(app, first.Response.Headers.GetValues("X-Run-Id").Single());
        var random = new Random(7);
        var (readers, opened) = (new List<Task<List<(long Seq, string Text)>>>(), new List<IDisposable>());
        for (var i = 0; i < 200; i++)
        {
            model.Say($"{i} ");
            if (readers.Count < 10 && (random.Next(10) == 0 || i > 180))
            {
                if (readers.Count % 2 == 0)
                {
                    var stream = await SseClient.GetAsync(app.Client, $"/api/runs/{run.Id}/events");
                    opened.Add(stream);
                    readers.Add(ReadSse(stream));
                }
                else
                {
                    var socket = await SocketClient.OpenAsync(app);
                    opened.Add(socket);
                    await socket.SendAsync(new { type = "attach", runId = run.Id });
                    readers.Add(ReadSocket(socket));
                }
            }
        }

        model.Finish();
        var all = await Task.WhenAll(readers);
        Assert.Equal(10, all.Length);
        Assert.All(all, events =>
        {
            Assert.Equal(run.ReadText(), string.Concat(events.Select(e => e.Text)));
            Assert.Equal(events.Select(e => e.Seq).Order().Distinct(), events.Select(e => e.Seq));
            Assert.Equal(run.Seq, events[^1].Seq);
        });
        opened.ForEach(reader => reader.Dispose());

        static async Task<List<(long, string)>> ReadSse(SseClient stream) => [.. (await stream.AllAsync()).Select(f => (f.Seq, f.Content))];

        static async Task<List<(long, string)>> ReadSocket(SocketClient socket) => [.. (await socket.UntilAsync("complete")).Select(e => (e.Seq, e.Content))];
    }

    private static Run RunOf(TestApp app, string id) => app.Services.GetRequiredService<RunHost>().FindOwn(id, Caller.Local)!;
}
