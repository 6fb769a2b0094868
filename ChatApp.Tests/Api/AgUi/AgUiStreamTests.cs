using System.Net;
using System.Text;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Tests.Api.AgUi;

public sealed class AgUiStreamTests
{
    private const string Url = "/api/ag-ui";
    private const string Hello = """{"threadId":"t","runId":"r","state":null,"messages":[{"id":"1","role":"user","content":"hello"}],"tools":[],"context":[],"forwardedProps":{}}""";

    [Fact]
    public async Task Post_Answer_IsTheProtocolsEventsAsServerSentEvents()
    {
        await using var app = await TestApp.StartAsync(() => Saying("Hello"));
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new StringContent(Hello, Encoding.UTF8, "application/json") };
        request.Headers.Add("Accept", "application/vnd.ag-ui.event+proto");
        var response = await app.Client.SendAsync(request);
        var frames = RandomRuns.Read(await response.Content.ReadAsStringAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(response.Headers.GetValues("X-Run-Id").Single(), frames[1].GetProperty("value").GetProperty("runId").GetString());
        Assert.Equal(("t", "r"), (frames[0].GetProperty("threadId").GetString(), frames[^1].GetProperty("runId").GetString()));
        AgUiRules.Check(frames);
    }

    [Fact]
    public async Task Post_SilentModel_GetsAComment()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(new FakeChatClient(), time, ("ChatApp:Runs:StallAfter", "0s"));
        using var stream = await PostAsync(app, Hello);
        Assert.Equal("RUN_STARTED", (await stream.NextAsync())!.Type);
        Assert.Equal("CUSTOM", (await stream.NextAsync())!.Type);
        Assert.Equal("STEP_STARTED", (await stream.NextAsync())!.Type);
        await Eventually.Holds(() => time.ArmedTimers >= 3, "the heartbeat's timer");
        time.Advance(RunStream.Heartbeat);

        Assert.Equal("ping", (await stream.NextAsync())!.Comment);
    }

    [Fact]
    public async Task Post_Shutdown_ClosesWhatIsOpenAndEndsWithAnError()
    {
        var model = new FakeChatClient();
        model.Say("Half");
        await using var app = await TestApp.StartAsync(model);
        using var stream = await PostAsync(app, Hello);
        while ((await stream.NextAsync())!.Type != "TEXT_MESSAGE_CONTENT")
        {
        }

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var frames = await stream.AllAsync();

        Assert.Equal(["TEXT_MESSAGE_END", "STEP_FINISHED", "RUN_ERROR"], frames.Where(frame => frame.Comment is null).Select(frame => frame.Type));
        Assert.Equal("interrupted", frames[^1].Data.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Post_SameKeyTwice_AttachesToTheRun()
    {
        var model = new FakeChatClient();
        await using var app = await TestApp.StartAsync(model);
        using var first = await PostAsync(app, Hello, "key-1");
        using var second = await PostAsync(app, Hello, "key-1");
        model.Say("Hello");
        model.Finish();

        Assert.Equal("true", second.Response.Headers.GetValues("Idempotent-Replay").Single());
        Assert.Equal(first.Response.Headers.GetValues("X-Run-Id"), second.Response.Headers.GetValues("X-Run-Id"));
        Assert.Equal(2, (await Task.WhenAll(first.AllAsync(), second.AllAsync())).Count(frames => frames[^1].Type == "RUN_FINISHED"));
    }

    [Fact]
    public async Task Post_WholeThread_IsWhatTheModelGets()
    {
        const string Body = """
            {"threadId":"t","runId":"r","state":{"a":1},"messages":[
              {"id":"0","role":"developer","content":"Be brief."},
              {"id":"1","role":"user","content":[{"type":"text","text":"time?"},{"type":"image","source":{"type":"data","value":"AAAA","mimeType":"image/png"}},
                {"type":"binary","mimeType":"image/gif","data":"AAAA"}]},
              {"id":"2","role":"reasoning","content":"Hm"},
              {"id":"3","role":"assistant","content":"Let me look.","toolCalls":[{"id":"a","type":"function","function":{"name":"clock","arguments":"{\"zone\":\"UTC\"}"}}]},
              {"id":"4","role":"assistant","toolCalls":[{"id":"b","type":"function","function":{"name":"other","arguments":""}},
                {"id":"cut","type":"function","function":{"name":"clock","arguments":"{\"zo"}},{"id":"open","type":"function","function":{"name":"clock","arguments":"{}"}}]},
              {"id":"5","role":"tool","toolCallId":"a","content":"12:00"},
              {"id":"6","role":"tool","toolCallId":"b","content":[{"type":"text","text":""}],"error":"It failed."},
              {"id":"7","role":"tool","toolCallId":"cut","content":"x"},
              {"id":"8","role":"activity","activityType":"x","content":{}},
              {"id":"9","role":"assistant","content":"Noon."},
              {"id":"10","role":"user","content":"thanks"}],
             "tools":null,"context":[{"description":"The user's name","value":"Ada"}],"forwardedProps":null}
            """;
        var model = Saying("ok");
        await using var app = await TestApp.StartAsync(model);
        using var stream = await PostAsync(app, Body);
        await stream.AllAsync();

        Assert.Equal(HttpStatusCode.OK, stream.Response.StatusCode);
        Assert.Equal(["system", "system", "user", "assistant", "tool", "assistant", "user"], model.Asked.Select(message => message.Role.Value));
        Assert.Equal(["Be brief.", "What the application knows:\n- The user's name: Ada", "time?", "Let me look.", "", "Noon.", "thanks"], model.Asked.Select(message => message.Text));
        Assert.Equal(["image/png", "image/gif"], model.Asked[2].Contents.OfType<DataContent>().Select(file => file.MediaType));
        Assert.Equal(["a clock", "b other"], model.Asked[3].Contents.OfType<FunctionCallContent>().Select(call => $"{call.CallId} {call.Name}"));
        Assert.Equal(["a 12:00", "b It failed."], model.Asked[4].Contents.OfType<FunctionResultContent>().Select(result => $"{result.CallId} {result.Result}"));
    }

    [Fact]
    public async Task Post_ToolsAndProps_ReachTheModel()
    {
        const string Body = """
            {"threadId":"t","runId":"r","messages":[{"id":"1","role":"user","content":"hi"}],
             "tools":[{"name":"paint","description":"Paints","parameters":{"type":"object","properties":{"colour":{"type":"string"}}}},{"name":"plain","description":"","parameters":null}],
             "forwardedProps":{"model":"fake/other","tools":false,"options":{"temperature":0.5},"mine":[1]}}
            """;
        var model = new OptionsClient(Saying("ok"));
        await using var app = await TestApp.StartAsync(model);
        using var stream = await PostAsync(app, Body);
        var frames = await stream.AllAsync();

        Assert.Equal("fake/other", frames[1].Data.GetProperty("value").GetProperty("model").GetString());
        Assert.Equal(0.5f, model.Options!.Temperature);
        var tools = model.Options.Tools!.Cast<AIFunctionDeclaration>().ToList();
        Assert.Equal(["paint", "plain"], tools.Select(tool => tool.Name));
        Assert.True(tools[0].JsonSchema.GetProperty("properties").TryGetProperty("colour", out _));
        Assert.Equal("object", tools[1].JsonSchema.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Post_NothingButAQuestion_IsAnswered()
    {
        await using var app = await TestApp.StartAsync(() => Saying("ok"));
        using var stream = await PostAsync(app, """{"messages":[{"role":"user","content":"hi"}],"threadId":null,"runId":null}""");
        var frames = await stream.AllAsync();

        Assert.Equal(stream.Response.Headers.GetValues("X-Run-Id").Single(), frames[0].Data.GetProperty("runId").GetString());
        Assert.Equal("RUN_FINISHED", frames[^1].Type);
    }

    [Theory]
    [InlineData("{}", "validation")]
    [InlineData("""{"messages":[]}""", "validation")]
    [InlineData("""{"messages":[null]}""", "validation")]
    [InlineData("""{"messages":[{"role":"robot","content":"hi"}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":7}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":" "}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":[7]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","value":"https://example.org/a.png"}}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":7}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"data","value":"%","mimeType":"image/png"}}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"},{"role":"tool","content":"x"}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"},{"role":"assistant","toolCalls":[{"id":"a"}]}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"tools":[{"description":"no name"}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"a","parameters":7}]}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"forwardedProps":{"model":7}}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"forwardedProps":{"options":{"topP":9}}}""", "validation")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}],"forwardedProps":{"model":"unknown"}}""", "unknown-model")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud83d"}]}""", "invalid-json")]
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
    public async Task Get_Address_TakesPostOnly()
    {
        await using var app = await TestApp.StartAsync(new FakeChatClient());
        var response = await app.Client.GetAsync(Url);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    private static FakeChatClient Saying(string text)
    {
        var model = new FakeChatClient();
        model.Say(text);
        model.Finish();
        return model;
    }

    private static async Task<SseClient> PostAsync(TestApp app, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return new SseClient(await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }
}
