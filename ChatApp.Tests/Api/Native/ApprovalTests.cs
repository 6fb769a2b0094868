using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api.Native;

/// <summary>Tools on the native protocol: which are used, and who says yes to a call.</summary>
public sealed class ApprovalTests : IAsyncLifetime
{
    private readonly ToolModel _model = new([("look", """{"file":"a.txt"}"""), ("remove", """{"file":"b.txt"}""")]);
    private TestApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await _model.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData(true, "They said: a.txt has two lines; b.txt is removed")]
    [InlineData(false, "They said: a.txt has two lines; Refused: Keep it.")]
    public async Task Post_AnswerToACallThatWaits_GoesOnWithIt(bool approved, string said)
    {
        var (run, request) = await StartAsync();
        using var answer = await AnswerAsync(run.Id, request.Id, new { approved, reason = "Keep it." });

        Assert.Equal($$"""{"approved":{{(approved ? "true" : "false")}}}""", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(run.Id, answer.Headers.GetValues("X-Run-Id").Single());
        await Eventually.Holds(() => run.IsEnded, "the run ends");
        Assert.EndsWith(said, run.ReadText(), StringComparison.Ordinal);
        using var again = await AnswerAsync(run.Id, request.Id, new { approved });
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Contains("already-answered", await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_AnswerThatIsNone_SaysWhy()
    {
        var (run, request) = await StartAsync();

        using var unknown = await AnswerAsync(run.Id, "nothing", new { approved = true });
        using var noRun = await AnswerAsync("nothing", request.Id, new { approved = true });
        using var empty = await AnswerAsync(run.Id, request.Id, new { });
        using var noJson = await _app.Client.PostAsync($"/api/runs/{run.Id}/approvals/{request.Id}", new StringContent("approved=true"), TestContext.Current.CancellationToken);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, $"/api/runs/{run.Id}/approvals/{request.Id}") { Content = JsonContent.Create(new { approved = true }) };
        foreign.Headers.Add("Origin", "https://example.org");
        using var crossSite = await _app.Client.SendAsync(foreign, TestContext.Current.CancellationToken);

        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.Forbidden],
            new[] { unknown, noRun, empty, noJson, crossSite }.Select(answer => answer.StatusCode));
        Assert.False(run.IsEnded);
        await _app.Client.PostAsync($"/api/runs/{run.Id}/cancel", null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Get_RunWithCalls_TellsWhereEachStands()
    {
        var (run, request) = await StartAsync();
        var calls = (await StatusAsync(run)).GetProperty("calls");

        Assert.Equal("look", calls[0].GetProperty("name").GetString());
        Assert.Equal("done", calls[0].GetProperty("state").GetString());
        Assert.Equal("a.txt has two lines", calls[0].GetProperty("result").GetString());
        Assert.Equal("b.txt", calls[1].GetProperty("arguments").GetProperty("file").GetString());
        Assert.Equal("waiting", calls[1].GetProperty("state").GetString());
        Assert.Equal(request.Id, calls[1].GetProperty("approvalId").GetString());
        await _app.Client.PostAsync($"/api/runs/{run.Id}/cancel", null, TestContext.Current.CancellationToken);
        Assert.Equal("cut", (await StatusAsync(run)).GetProperty("calls")[1].GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("""["look"]""", "look")]
    [InlineData("false", "")]
    [InlineData("[]", "")]
    [InlineData("null", "clock,calculator,look,remove")]
    public async Task Post_Tools_AreThoseThatTheModelIsOffered(string tools, string offered)
    {
        using var answer = await SendAsync($$"""{"messages":[{"role":"user","content":"hi"}],"tools":{{tools}}}""");
        await Eventually.Holds(() => _model.Asked.Count > 0, "the model is asked");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(offered, string.Join(',', OfferedNames()));
        await CancelAsync(answer);
    }

    [Theory]
    [InlineData("look", "look")]
    [InlineData("look, remove", "look,remove")]
    [InlineData("false", "")]
    public async Task Get_Tools_AreThoseThatTheModelIsOffered(string tools, string offered)
    {
        using var answer = await _app.Client.GetAsync($"/api/stream?q=hi&tools={Uri.EscapeDataString(tools)}", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await Eventually.Holds(() => _model.Asked.Count > 0, "the model is asked");

        Assert.Equal(offered, string.Join(',', OfferedNames()));
        await CancelAsync(answer);
    }

    [Theory]
    [InlineData("""{"tools":true}""", "tools")]
    [InlineData("""{"tools":"look"}""", "tools")]
    [InlineData("""{"tools":[1]}""", "tools")]
    [InlineData("""{"tools":["nothing"]}""", "tools")]
    [InlineData("""{"agents":[{"name":"a","tools":{}}]}""", "agents[0].tools")]
    [InlineData("""{"schema":[]}""", "schema")]
    public async Task Post_ToolsOrSchemaThatAreNone_AreRefused(string body, string property)
    {
        using var answer = await SendAsync($$"""{"messages":[{"role":"user","content":"hi"}],{{body[1..]}}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("errors");
        Assert.True(errors.TryGetProperty(property, out _), errors.GetRawText());
    }

    [Fact]
    public async Task Post_Schema_IsWhatTheModelIsAskedFor()
    {
        using var answer = await SendAsync("""{"messages":[{"role":"user","content":"hi"}],"tools":false,"schema":{"type":"object"}}""");
        await Eventually.Holds(() => _model.Asked.Count > 0, "the model is asked");

        Assert.Equal("""{"type":"object"}""", Assert.IsType<ChatResponseFormatJson>(_model.Options!.ResponseFormat).Schema!.Value.GetRawText());
        await CancelAsync(answer);
    }

    [Fact]
    public async Task WebSocket_Approve_IsAnsweredAndTheRunGoesOn()
    {
        var (run, request) = await StartAsync();
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(_app.Client.BaseAddress!) { Scheme = "ws", Path = "/api/ws" }.Uri, TestContext.Current.CancellationToken);

        Assert.Contains("not-found", await AskAsync(new { type = "approve", runId = run.Id, id = "nothing", approved = true }), StringComparison.Ordinal);
        Assert.Contains("approved is missing", await AskAsync(new { type = "approve", runId = run.Id, id = request.Id }), StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"type":"approved","runId":"{{run.Id}}","requestId":"r","id":"{{request.Id}}","approved":true}""",
            await AskAsync(new { type = "approve", runId = run.Id, requestId = "r", id = request.Id, approved = true }));
        await Eventually.Holds(() => run.IsEnded, "the run ends");
        Assert.EndsWith("b.txt is removed", run.ReadText(), StringComparison.Ordinal);

        async Task<string> AskAsync(object message)
        {
            await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), System.Net.WebSockets.WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
            var buffer = new byte[4096];
            var read = await socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken);
            return System.Text.Encoding.UTF8.GetString(buffer, 0, read.Count);
        }
    }

    private IEnumerable<string> OfferedNames() => (_model.Options?.Tools ?? []).Select(tool => tool.Name);

    // Its headers: the answer may wait for somebody.
    private async Task<HttpResponseMessage> SendAsync(string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        return await _app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private async Task CancelAsync(HttpResponseMessage answer) =>
        await _app.Client.PostAsync($"/api/runs/{answer.Headers.GetValues("X-Run-Id").Single()}/cancel", null, TestContext.Current.CancellationToken);

    // A run that nobody reads, up to its question.
    private async Task<(Run Run, ApprovalRequestEvent Request)> StartAsync()
    {
        var (run, _) = _app.Services.GetRequiredService<RunHost>().Start(new RunRequest { Messages = [new ChatMessage(ChatRole.User, "hi")] });
        var events = new List<RunEvent>();
        await Eventually.Holds(() =>
        {
            events.Clear();
            run.Read(0, events);
            return events.OfType<ApprovalRequestEvent>().Any() && events.OfType<ToolResultEvent>().Any();
        }, "the run asks");
        return (run, events.OfType<ApprovalRequestEvent>().Single());
    }

    private Task<HttpResponseMessage> AnswerAsync(string runId, string approvalId, object body) =>
        _app.Client.PostAsJsonAsync($"/api/runs/{runId}/approvals/{approvalId}", body, TestContext.Current.CancellationToken);

    private async Task<JsonElement> StatusAsync(Run run) => JsonElement.Parse(await _app.Client.GetStringAsync($"/api/runs/{run.Id}", TestContext.Current.CancellationToken));
}
