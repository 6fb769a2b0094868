using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Providers;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Tests.Api.OpenAI;

/// <summary>Chat completions on the wire, streamed and whole.</summary>
public sealed class ChatCompletionsTests
{
    private const string Url = "/v1/chat/completions";

    private static object Ask(bool stream, bool usage = false, string model = "fake/model") =>
        new { model, stream, stream_options = new { include_usage = usage }, messages = new[] { new { role = "user", content = "hello" } } };

    [Fact]
    public async Task Post_Streamed_SendsChunksOfOneIdAndDone()
    {
        var model = new FakeChatClient();
        model.Say("Hel");
        model.Say("lo\r\n\ndata: [DONE]\"");
        model.Send(new UsageContent(new UsageDetails { InputTokenCount = 9, OutputTokenCount = 3 }));
        model.Finish();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: true, usage: true));
        var frames = ChatFrames.Split(await response.Content.ReadAsStringAsync());

        var run = RunOf(app, response);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.All(frames.Chunks(), chunk => Assert.Equal(
            ($"chatcmpl-{run.Id}", "chat.completion.chunk", run.Created.ToUnixTimeSeconds(), "fake/model"),
            (chunk.GetProperty("id").GetString(), chunk.GetProperty("object").GetString(), chunk.GetProperty("created").GetInt64(), chunk.GetProperty("model").GetString())));
        Assert.Equal("""{"role":"assistant","content":""}""", frames.Chunks()[0].GetProperty("choices")[0].GetProperty("delta").GetRawText());
        Assert.Equal("Hello\r\n\ndata: [DONE]\"", frames.Joined("content"));
        Assert.Equal(12, frames.Chunks()[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal("[DONE]", frames[^1]);
    }

    [Fact]
    public async Task Post_Whole_IsOneObjectOfTheSameAnswer()
    {
        var model = new FakeChatClient();
        model.Send(new TextReasoningContent("Hm"));
        model.Say("Hello");
        model.Send(new UsageContent(new UsageDetails { InputTokenCount = 9, OutputTokenCount = 3 }));
        model.Finish();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: false));
        var body = await JsonAsync(response);

        var (run, choice) = (RunOf(app, response), Assert.Single(body.GetProperty("choices").EnumerateArray()));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(($"chatcmpl-{run.Id}", "chat.completion"), (body.GetProperty("id").GetString(), body.GetProperty("object").GetString()));
        Assert.Equal("""{"role":"assistant","content":"Hello","refusal":null,"reasoning_content":"Hm"}""", choice.GetProperty("message").GetRawText());
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal("""{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}""", body.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Post_WholeWithCallsOnly_HasNullContentAndWholeArguments()
    {
        var model = new FakeChatClient();
        model.Send(new ToolCallDeltaContent(0, "{\"zone\":") { CallId = "call_1", Name = "clock" });
        model.Send(new ToolCallDeltaContent(0, "\"UTC\"}"));
        model.Send(new FunctionCallContent("call_1", "clock", new Dictionary<string, object?> { ["zone"] = "UTC" }));
        model.Finish(ChatFinishReason.ToolCalls);
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, new
        {
            model = "fake/model",
            messages = new[] { new { role = "user", content = "hello" } },
            tools = new[] { new { type = "function", function = new { name = "clock" } } },
        });
        var choice = (await JsonAsync(response)).GetProperty("choices")[0];

        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(
            """{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"clock","arguments":"{\"zone\":\"UTC\"}"}}]}""",
            choice.GetProperty("message").GetRawText());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_FailureBeforeTheFirstWord_IsAStatusWithRetryAfter(bool stream)
    {
        var model = new FakeChatClient();
        model.Break(new ProviderException(ProviderFault.RateLimited, "Too many requests.") { RetryAfter = TimeSpan.FromSeconds(2.5) });
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream));

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("3", response.Headers.GetValues("Retry-After").Single());
        Assert.NotNull(RunOf(app, response));
        Assert.Equal(
            """{"error":{"message":"Too many requests.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}""", (await JsonAsync(response)).GetRawText());
    }

    [Fact]
    public async Task Post_FilterBeforeTheFirstWord_IsAnEmptyAnswerThatSaysSo()
    {
        await using var app = await TestApp.StartAsync(() =>
        {
            var model = new FakeChatClient();
            model.Finish(ChatFinishReason.ContentFilter);
            return model;
        });
        using var streamed = await PostAsync(app, Ask(stream: true));
        using var whole = await PostAsync(app, Ask(stream: false));
        var frames = ChatFrames.Split(await streamed.Content.ReadAsStringAsync());

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (streamed.StatusCode, whole.StatusCode));
        Assert.Equal(("", "content_filter", "[DONE]"), (frames.Joined("content"), frames.Finish(), frames[^1]));
        Assert.Equal("content_filter", (await JsonAsync(whole)).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Post_FailureAfterTheFirstWord_IsAnErrorFrameWithoutDone()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        model.Break();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: true));
        var frames = ChatFrames.Split(await response.Content.ReadAsStringAsync());

        Assert.Equal("Half", frames.Joined("content"));
        Assert.Equal("upstream_error", frames.Error().GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", frames);
    }

    [Fact]
    public async Task Post_WholeOfAnAnswerCutShort_IsAnError()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        model.Break();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: false));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("server_error", (await JsonAsync(response)).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Post_Streamed_HoldsItsHeadersUntilTheFirstWord()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        var post = PostAsync(app, Ask(stream: true), HttpCompletionOption.ResponseHeadersRead);
        await Eventually.Holds(() => model.Calls == 1, "the run");
        Assert.False(post.IsCompleted);
        model.Say("x");

        using var response = await post;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Post_PauseInTheAnswer_BringsAComment()
    {
        var time = new FakeTime();
        var model = new FakeChatClient();
        model.Say("x");
        await using var app = await TestApp.StartAsync(model, time);
        using var response = await PostAsync(app, Ask(stream: true), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (!(await lines.ReadLineAsync())!.Contains("\"x\"", StringComparison.Ordinal))
        {
        }

        Assert.Equal("", await lines.ReadLineAsync());
        time.Advance(RunStream.Heartbeat);
        Assert.Equal(": ping", await lines.ReadLineAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_ClientLeaves_CancelsAtOnce(bool stream)
    {
        var model = new FakeChatClient();
        model.Say("x");
        await using var app = await TestApp.StartAsync(model, time: null, ("ChatApp:Runs:OnDisconnect", "continue"));
        using var leaving = new CancellationTokenSource();
        var post = app.Client.PostAsJsonAsync(Url, Ask(stream), leaving.Token);
        await Eventually.Holds(() => model.Calls == 1, "the run");
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => post);
        await model.Closed.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Post_RunCancelledElsewhere_EndsWithStopForAll()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: true), HttpCompletionOption.ResponseHeadersRead);
        await app.Client.PostAsync($"/api/runs/{RunOf(app, response).Id}/cancel", null);
        var frames = ChatFrames.Split(await response.Content.ReadAsStringAsync());

        Assert.Equal(("Half", "stop", "[DONE]"), (frames.Joined("content"), frames.Finish(), frames[^1]));
    }

    [Fact]
    public async Task Post_WholeAtShutdown_Is503()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        await using var app = await TestApp.StartAsync(model);
        var post = PostAsync(app, Ask(stream: false));
        await Eventually.Holds(() => model.Calls == 1, "the run");
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var response = await post;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("shutting_down", (await JsonAsync(response)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Post_SameKeyTwice_AttachesToTheRun()
    {
        var model = new FakeChatClient();
        model.Say("text");
        await using var app = await TestApp.StartAsync(model);
        using var first = await PostAsync(app, Ask(stream: true), HttpCompletionOption.ResponseHeadersRead, "key-1");
        using var second = await PostAsync(app, Ask(stream: true), HttpCompletionOption.ResponseHeadersRead, "key-1");
        using var other = await PostAsync(app, Ask(stream: false), HttpCompletionOption.ResponseHeadersRead, "key-1");
        model.Finish();

        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal("true", second.Headers.GetValues("Idempotent-Replay").Single());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal("idempotency_mismatch", (await JsonAsync(other)).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Post_Shutdown_IsAnErrorFrameWithoutDone()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: true), HttpCompletionOption.ResponseHeadersRead);
        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var frames = ChatFrames.Split(await response.Content.ReadAsStringAsync());

        Assert.Equal("shutting_down", frames.Error().GetProperty("code").GetString());
        Assert.DoesNotContain("[DONE]", frames);
    }

    [Fact]
    public async Task Get_RunAsChatCompletion_IsTheSameStream()
    {
        var model = new FakeChatClient();
        model.Say("text");
        model.Finish();
        await using var app = await TestApp.StartAsync(model);
        using var response = await PostAsync(app, Ask(stream: true, usage: true));
        var streamed = await response.Content.ReadAsStringAsync();

        Assert.Equal(streamed, await app.Client.GetStringAsync($"/api/runs/{RunOf(app, response).Id}/events?format=chat-completions&include_usage=true"));
    }

    [Fact]
    public async Task Post_EverythingThatIsTaken_ReachesTheProvider()
    {
        await using var upstream = await FakeUpstream.StreamAsync("""data: {"choices":[{"delta":{"content":"{}"},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n");
        await using var app = await TestApp.StartAsync(
            settings: [("ChatApp:Providers:up:Kind", "openai"), ("ChatApp:Providers:up:Endpoint", upstream.Endpoint.ToString()), ("ChatApp:Providers:up:Models:0", "*")]);
        using var request = new StringContent(
            """
            {"model":"up/m","temperature":0.1,"top_p":1,"max_completion_tokens":7,"max_tokens":8,"stop":"END","seed":5,"frequency_penalty":-1,"presence_penalty":0.5,
             "reasoning_effort":"minimal","n":1,"logprobs":false,"user":"me","metadata":{"a":"b"},"store":true,"unknown":[1],"parallel_tool_calls":false,
             "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"},"strict":true}},
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}},{"type":"function","function":{"name":"g"}}],
             "tool_choice":{"type":"function","function":{"name":"f"}},
             "messages":[{"role":"developer","content":"brief"},
              {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAEC","detail":"low"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"é\"}"}}]},
              {"role":"tool","tool_call_id":"call_1","content":[{"type":"text","text":"four"}]}]}
            """,
            System.Text.Encoding.UTF8,
            "application/json");
        using var response = await app.Client.PostAsync(Url, request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var expected = JsonElement.Parse(
            """
            {"model":"m","messages":[{"role":"system","content":"brief"},
              {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAEC"}}]},
              {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"é\"}"}}]},
              {"role":"tool","tool_call_id":"call_1","content":"four"}],
             "stream":true,"stream_options":{"include_usage":true},"temperature":0.1,"top_p":1,"max_tokens":7,"frequency_penalty":-1,"presence_penalty":0.5,"seed":5,
             "reasoning_effort":"minimal","response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}},"stop":["END"],
             "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}},
               {"type":"function","function":{"name":"g","description":"","parameters":{"type":"object","properties":{}}}}],
             "parallel_tool_calls":false,"tool_choice":{"type":"function","function":{"name":"f"}}}
            """);
        var sent = JsonElement.Parse(upstream.Exchanges.Single(exchange => exchange.Body.Length > 0).Body);
        Assert.True(JsonElement.DeepEquals(expected, sent), sent.GetRawText());
    }

    private static async Task<HttpResponseMessage> PostAsync(
        TestApp app, object body, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await app.Client.SendAsync(request, until);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) => JsonElement.Parse(await response.Content.ReadAsStringAsync());

    private static Run RunOf(TestApp app, HttpResponseMessage response) =>
        app.Services.GetRequiredService<RunHost>().FindOwn(response.Headers.GetValues("X-Run-Id").Single(), Caller.Local)!;
}
