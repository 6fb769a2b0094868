using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Api.Responses;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Tests.Api.Responses;

public sealed class ResponsesTests
{
    private const string Url = "/v1/responses";

    private static readonly string[] HalfOfTheAnswer = ["one ", "two "];

    private static FakeChatClient Model(params string[] pieces)
    {
        var model = new FakeChatClient();
        foreach (var piece in pieces)
        {
            model.Say(piece);
        }

        model.Finish();
        return model;
    }

    private static async Task<JsonElement> JsonOf(HttpResponseMessage response) => JsonElement.Parse(await response.Content.ReadAsStringAsync());

    private static Run RunOf(TestApp app, HttpResponseMessage response) =>
        app.Services.GetRequiredService<RunHost>().FindOwn(response.Headers.GetValues("X-Run-Id").Single(), Caller.Local)!;

    private static async Task<HttpResponseMessage> PostAsync(TestApp app, object body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static string TextOf(JsonElement response) => string.Concat(
        from item in response.GetProperty("output").EnumerateArray()
        where item.GetProperty("type").GetString() == "message"
        select item.GetProperty("content")[0].GetProperty("text").GetString());

    [Fact]
    public async Task Post_WholeAnswer_IsTheResponseObject()
    {
        await using var app = await TestApp.StartAsync(Model("Hel", "lo"));
        using var response = await PostAsync(app, new
        {
            input = "hi",
            instructions = "Be short.",
            temperature = 0.1,
            top_p = 0.9,
            max_output_tokens = 50,
            metadata = new { a = "b" },
            tools = new[] { new { type = "function", name = "f", description = "d", parameters = new { type = "object" }, strict = true } },
            tool_choice = "auto",
            reasoning = new { effort = "low" },
            text = new { format = new { type = "json_object" } },
            parallel_tool_calls = false,
            user = "ignored",
        });
        var json = await JsonOf(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"resp_{RunOf(app, response).Id}", json.GetProperty("id").GetString());
        Assert.Equal("response", json.GetProperty("object").GetString());
        Assert.Equal(RunOf(app, response).Created.ToUnixTimeSeconds(), json.GetProperty("created_at").GetInt64());
        Assert.Equal("completed", json.GetProperty("status").GetString());
        Assert.Equal("fake/model", json.GetProperty("model").GetString());
        Assert.Equal("Hello", TextOf(json));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("error").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("incomplete_details").ValueKind);
        Assert.Equal("Be short.", json.GetProperty("instructions").GetString());
        Assert.Equal("0.1", json.GetProperty("temperature").GetRawText());
        Assert.Equal("0.9", json.GetProperty("top_p").GetRawText());
        Assert.Equal(50, json.GetProperty("max_output_tokens").GetInt32());
        Assert.Equal("b", json.GetProperty("metadata").GetProperty("a").GetString());
        Assert.Equal("f", json.GetProperty("tools")[0].GetProperty("name").GetString());
        Assert.Equal("low", json.GetProperty("reasoning").GetProperty("effort").GetString());
        Assert.Equal("json_object", json.GetProperty("text").GetProperty("format").GetProperty("type").GetString());
        Assert.False(json.GetProperty("parallel_tool_calls").GetBoolean());
        var usage = json.GetProperty("usage");
        Assert.Equal(usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("output_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public async Task Post_InstructionsAndItems_ReachTheModelInOrder()
    {
        var model = Model("ok");
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, JsonElement.Parse("""
            {"instructions":"Be short.","input":[
              {"role":"developer","content":"Rules."},
              {"role":"user","content":[{"type":"input_text","text":"What is "},{"type":"input_text","text":"this?"},{"type":"input_image","image_url":"data:image/png;base64,AQID"}]},
              {"type":"reasoning","id":"rs_1","summary":[]},
              {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look."}]},
              {"type":"function_call","call_id":"c1","name":"clock","arguments":"{\"zone\":\"UTC\"}"},
              {"type":"function_call","call_id":"c2","name":"clock","arguments":"{}"},
              {"type":"function_call_output","call_id":"c1","output":"12:00"},
              {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"13:00"}]}]}
            """));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["system", "system", "user", "assistant", "tool", "tool"], model.Asked.Select(message => message.Role.Value));
        Assert.Equal("What is this?", model.Asked[2].Text);
        Assert.Equal(new byte[] { 1, 2, 3 }, model.Asked[2].Contents.OfType<DataContent>().Single().Data.ToArray());
        Assert.Equal("Let me look.", model.Asked[3].Text);
        Assert.Equal(["c1", "c2"], model.Asked[3].Contents.OfType<FunctionCallContent>().Select(call => call.CallId));
        Assert.Equal("UTC", ((JsonElement)model.Asked[3].Contents.OfType<FunctionCallContent>().First().Arguments!["zone"]!).GetString());
        Assert.Equal(["12:00", "13:00"], model.Asked.Skip(4).Select(message => message.Contents.OfType<FunctionResultContent>().Single().Result));
    }

    [Fact]
    public async Task Post_PreviousResponse_ComesBeforeTheInputWithoutItsInstructions()
    {
        var models = new Queue<FakeChatClient>();
        var first = new FakeChatClient();
        first.Send(new TextReasoningContent("Hm."));
        first.Say("Let me look.");
        first.Send(new FunctionCallContent("c1", "clock", new Dictionary<string, object?> { ["zone"] = "UTC" }));
        first.Finish(ChatFinishReason.ToolCalls);
        var (second, third) = (Model("It is noon."), Model("You are welcome."));
        models.Enqueue(first);
        models.Enqueue(second);
        models.Enqueue(third);
        await using var app = await TestApp.StartAsync(models.Dequeue);
        var one = await JsonOf(await PostAsync(app, new { input = "What time?", instructions = "First.", tools = new[] { new { type = "function", name = "clock" } } }));
        var two = await JsonOf(await PostAsync(app, new
        {
            previous_response_id = one.GetProperty("id").GetString(),
            instructions = "Second.",
            tools = new[] { new { type = "function", name = "clock" } },
            input = new[] { new { type = "function_call_output", call_id = "c1", output = "12:00" } },
        }));
        var three = await JsonOf(await PostAsync(app, new { previous_response_id = two.GetProperty("id").GetString(), input = "Thanks" }));

        Assert.Equal(["reasoning", "message", "function_call"], one.GetProperty("output").EnumerateArray().Select(item => item.GetProperty("type").GetString()));
        Assert.Equal(["system:Second.", "user:What time?", "assistant:Let me look.", "tool:"], second.Asked.Select(message => $"{message.Role}:{message.Text}"));
        Assert.Equal("c1", second.Asked[2].Contents.OfType<FunctionCallContent>().Single().CallId);
        Assert.Equal(["user:What time?", "assistant:Let me look.", "tool:", "assistant:It is noon.", "user:Thanks"], third.Asked.Select(message => $"{message.Role}:{message.Text}"));
        Assert.Equal(two.GetProperty("id").GetString(), three.GetProperty("previous_response_id").GetString());
    }

    [Fact]
    public async Task Post_Stream_SendsNamedEventsAndNoIds()
    {
        await using var app = await TestApp.StartAsync(Model("Hel", "lo\r\n\nevent: x\u2028\""));
        using var response = await PostAsync(app, new { input = "hi", stream = true });
        var frames = ResponseFrame.ParseAll(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("response.created", frames[0].Type);
        Assert.Equal("response.completed", frames[^1].Type);
        Assert.Equal("Hello\r\n\nevent: x\u2028\"", string.Concat(frames.Where(frame => frame.IsDelta).Select(frame => frame.Delta)));
        Assert.Equal("Hello\r\n\nevent: x\u2028\"", TextOf(frames[^1].Response));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_FailureBeforeContent_IsItsStatus(bool stream)
    {
        var model = new FakeChatClient();
        model.Break(new ProviderException(ProviderFault.RateLimited, "Too many requests. Wait, then retry.") { RetryAfter = TimeSpan.FromSeconds(3) });
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, new { input = "hi", stream });
        var error = (await JsonOf(response)).GetProperty("error");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("3", response.Headers.GetValues("Retry-After").Single());
        Assert.True(response.Headers.Contains("X-Run-Id"));
        Assert.Equal("Too many requests. Wait, then retry.", error.GetProperty("message").GetString());
        Assert.Equal("rate_limit_exceeded", error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_FailureAfterContent_IsAFailedResponseWithTheText(bool stream)
    {
        var model = new FakeChatClient();
        model.Say("Half");
        model.Break(new ProviderException(ProviderFault.Error, "It burns."));
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, new { input = "hi", stream });
        var body = await response.Content.ReadAsStringAsync();
        var json = stream ? ResponseFrame.ParseAll(body)[^1].Response : JsonElement.Parse(body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("failed", json.GetProperty("status").GetString());
        Assert.Equal("It burns.", json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("Half", TextOf(json));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_CallerLeaves_CancelsAtOnce(bool stream)
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var left = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = JsonContent.Create(new { input = "hi", stream }) };
        var asking = app.Client.SendAsync(request, left.Token);
        model.Say("Half");
        await Eventually.Holds(() => model.Calls == 1, "the model is asked");
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await model.Closed.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Post_Background_AnswersAtOnceAndCanBeReadAndCancelled()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, new { input = "hi", background = true });
        var begun = await JsonOf(response);
        var id = begun.GetProperty("id").GetString();
        Assert.Contains(begun.GetProperty("status").GetString(), new[] { "queued", "in_progress" });
        Assert.True(begun.GetProperty("background").GetBoolean());
        Assert.False(begun.TryGetProperty("usage", out _));

        model.Say("Half");
        await RunOf(app, response).Reaches(run => run.TextLength == 4);
        var running = await JsonOf(await app.Client.GetAsync($"{Url}/{id}"));
        Assert.Equal("in_progress", running.GetProperty("status").GetString());
        Assert.Equal("in_progress", running.GetProperty("output")[0].GetProperty("status").GetString());
        Assert.Equal("Half", TextOf(running));

        using var cancel = await app.Client.PostAsync($"{Url}/{id}/cancel", null);
        var cancelled = await JsonOf(cancel);
        Assert.True(model.Closed.IsCompleted);
        Assert.Equal("cancelled", cancelled.GetProperty("status").GetString());
        Assert.Equal("Half", TextOf(cancelled));

        var again = await JsonOf(await app.Client.PostAsync($"{Url}/{id}/cancel", null));
        Assert.Equal(cancelled.GetRawText(), again.GetRawText());
        Assert.Equal(cancelled.GetRawText(), await app.Client.GetStringAsync($"{Url}/{id}"));
    }

    [Fact]
    public async Task Post_BackgroundFails_IsAFailedResponseAndNoStatus()
    {
        var model = new FakeChatClient();
        model.Break(new ProviderException(ProviderFault.Error, "It burns."));
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, new { input = "hi", background = true, stream = true });
        var frames = ResponseFrame.ParseAll(await response.Content.ReadAsStringAsync());

        Assert.Equal(["response.created", "response.in_progress", "response.failed"], frames.Select(frame => frame.Type));
        Assert.Equal("It burns.", frames[^1].Response.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Get_StartingAfter_ContinuesABrokenBackgroundStream()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var text = "";
        long last;
        string id;
        using (var response = await PostAsync(app, new { input = "hi", background = true, stream = true }))
        {
            id = $"resp_{RunOf(app, response).Id}";
            foreach (var piece in HalfOfTheAnswer)
            {
                model.Say(piece);
            }

            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
            var frames = await ResponseFrame.ReadUntilAsync(lines, frame => frame.IsDelta);
            (text, last) = (frames[^1].Delta, frames[^1].Number);
        }

        model.Say("three");
        model.Finish();
        var rest = ResponseFrame.ParseAll(await app.Client.GetStringAsync($"{Url}/{id}?stream=true&starting_after={last}"));
        Assert.Equal("one two three", text + string.Concat(rest.Where(frame => frame.IsDelta).Select(frame => frame.Delta)));
        Assert.All(rest, frame => Assert.True(frame.Number > last));
        Assert.Equal("one two three", TextOf(rest[^1].Response));

        Assert.Equal("", await app.Client.GetStringAsync($"{Url}/{id}?stream=true&starting_after={rest[^1].Number}"));
        Assert.Equal("response.created", ResponseFrame.ParseAll(await app.Client.GetStringAsync($"{Url}/{id}?stream=true"))[0].Type);
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Get_CutAgainAndAgain_GivesEveryTextOnce()
    {
        const string model = "scripted/seed=7;tokens=60;reasoning=10;rate=4000";
        await using var app = await TestApp.StartAsync();
        foreach (var cuts in Gen.Choose(1, 12).ListOf().Sample(20, 6))
        {
            var seen = new List<ResponseFrame>();
            var response = await PostAsync(app, new { model, input = "hi", background = true, stream = true });
            var url = $"{Url}/resp_{RunOf(app, response).Id}?stream=true";
            foreach (var cut in cuts.Append(int.MaxValue))
            {
                var left = cut;
                using (response)
                using (var lines = new StreamReader(await response.Content.ReadAsStreamAsync()))
                {
                    seen.AddRange(await ResponseFrame.ReadUntilAsync(lines, _ => --left == 0));
                }

                response = await app.Client.GetAsync($"{url}&starting_after={seen[^1].Number}", HttpCompletionOption.ResponseHeadersRead);
            }

            Assert.Equal("", await response.Content.ReadAsStringAsync());
            response.Dispose();
            Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.Number < pair.Second.Number));
            Assert.Equal("response.completed", seen[^1].Type);
            foreach (var item in seen[^1].Response.GetProperty("output").EnumerateArray())
            {
                var deltas = seen.Where(frame => frame.IsDelta && frame.ItemId == item.GetProperty("id").GetString()).Select(frame => frame.Delta);
                Assert.Equal(item.GetProperty("content")[0].GetProperty("text").GetString(), string.Concat(deltas));
            }
        }
    }

    [Fact]
    public async Task Post_SameIdempotencyKey_AttachesToTheFirst()
    {
        var model = Model("Hello");
        await using var app = await TestApp.StartAsync(model);
        using var first = await PostAsync(app, new { input = "hi" }, "key");
        using var second = await PostAsync(app, new { input = "hi" }, "key");
        using var other = await PostAsync(app, new { input = "bye" }, "key");

        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal("true", second.Headers.GetValues("Idempotent-Replay").Single());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal("idempotency_mismatch", (await JsonOf(other)).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Get_ForgottenUnstoredOrAnotherProtocolsRun_Is404()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(() => Model("Hello"), time);
        using var kept = await PostAsync(app, new { input = "hi" });
        using var unstored = await PostAsync(app, new { input = "hi", store = false });
        var id = (await JsonOf(kept)).GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync($"{Url}/{id}")).StatusCode);
        var native = (await app.Client.GetAsync("/api/stream?q=hi")).Headers.GetValues("X-Run-Id").Single();
        await Eventually.Holds(() => time.ArmedTimers > 0, "the run is to be forgotten");

        await AssertGone($"{Url}/{(await JsonOf(unstored)).GetProperty("id").GetString()}");
        await AssertGone($"{Url}/resp_{native}");
        await AssertGone($"{Url}/{native}");
        await AssertGone($"{Url}/resp_unknown");
        await Eventually.Holds(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(6));
                return app.Services.GetRequiredService<RunHost>().FindOwn(id!["resp_".Length..], Caller.Local) is null;
            },
            "the run is forgotten");
        await AssertGone($"{Url}/{id}");
        using var next = await PostAsync(app, new { previous_response_id = id, input = "hi" });
        Assert.Equal(HttpStatusCode.BadRequest, next.StatusCode);
        Assert.Equal("previous_response_not_found", (await JsonOf(next)).GetProperty("error").GetProperty("code").GetString());

        async Task AssertGone(string url)
        {
            foreach (var response in new[] { await app.Client.GetAsync(url), await app.Client.GetAsync($"{url}?stream=true"), await app.Client.PostAsync($"{url}/cancel", null) })
            {
                Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
                Assert.Equal("response_not_found", (await JsonOf(response)).GetProperty("error").GetProperty("code").GetString());
            }
        }
    }

    [Fact]
    public async Task Get_SomebodyElses_Is404()
    {
        await using var app = await TestApp.StartAsync(Model("Hello"));
        var theirs = app.Services.GetRequiredService<RunHost>().Start(new RunRequest { Messages = [], Caller = new Caller("somebody", "somebody") }).Run;
        var book = app.Services.GetRequiredService<ResponseBook>();
        book.Add(theirs, new KeptResponse(ResponseSettings.Default with { Background = true }, []));

        Assert.NotNull(book.Find($"resp_{theirs.Id}", new Caller("somebody", "elsewhere")));
        Assert.Equal(HttpStatusCode.NotFound, (await app.Client.GetAsync($"{Url}/resp_{theirs.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Client.PostAsync($"{Url}/resp_{theirs.Id}/cancel", null)).StatusCode);
        using var next = await PostAsync(app, new { input = "hi", previous_response_id = $"resp_{theirs.Id}" });
        Assert.Equal(HttpStatusCode.BadRequest, next.StatusCode);
    }

    [Fact]
    public async Task Post_ShutdownWhileWaiting_Is503()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var asking = PostAsync(app, new { input = "hi" });
        await Eventually.Holds(() => model.Calls == 1, "the model is asked");
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var response = await asking;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("shutting_down", (await JsonOf(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Post_Shutdown_EndsTheStreamWithAnError()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, new { input = "hi", background = true, stream = true });
        model.Say("Half");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var last = (await ResponseFrame.ReadUntilAsync(lines, frame => frame.IsDelta))[^1].Number;
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var end = (await ResponseFrame.ReadUntilAsync(lines, _ => false))[^1];

        Assert.Equal("error", end.Type);
        Assert.Equal("shutting_down", end.Data.GetProperty("code").GetString());
        Assert.True(end.Number > last);
    }
}
