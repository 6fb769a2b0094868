using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api;

/// <summary>Runs of conversations after their process has ended, after their events were removed, and while another node makes them.</summary>
public sealed class StoredRunTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("scripted/tokens=40;rate=2000;reasoning=10;tools=2")]
    [InlineData("scripted/tokens=40;rate=2000;error=500@20")]
    public async Task Get_EventsAfterARestart_AreTheSameInEveryFormat(string model)
    {
        string run;
        var before = new Dictionary<string, string>();
        string[] formats;
        await using (var app = await StartAsync())
        {
            formats = [.. app.Services.GetServices<IRunFormatKind>().Select(kind => kind.Name)];
            run = await AskAsync(app, new { store = true, model, messages = Question });
            foreach (var format in formats)
            {
                before[format] = await app.Client.GetStringAsync($"/api/runs/{run}/events?format={format}");
            }
        }

        await using (var app = await StartAsync())
        {
            foreach (var format in formats)
            {
                Assert.Equal(before[format], await app.Client.GetStringAsync($"/api/runs/{run}/events?format={format}"));
            }
        }
    }

    [Fact]
    public async Task Get_EventsAfterARestart_ResumesAndEndsWith204()
    {
        string run;
        await using (var app = await StartAsync())
        {
            run = await AskAsync(app, new { store = true, model = "scripted/tokens=5", messages = Question });
        }

        await using (var app = await StartAsync())
        {
            var status = await app.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}");
            var last = status.GetProperty("seq").GetInt64();
            Assert.Equal("completed", status.GetProperty("state").GetString());
            Assert.NotEmpty(status.GetProperty("messageId").GetString()!);
            using var rest = await SseClient.GetAsync(app.Client, $"/api/runs/{run}/events", $"{run}:{last - 1}");
            Assert.Equal("complete", (await rest.AllAsync()).Single().Type);
            using var nothing = await SseClient.GetAsync(app.Client, $"/api/runs/{run}/events", $"{run}:{last}");
            Assert.Equal(HttpStatusCode.NoContent, nothing.Response.StatusCode);
            using var ahead = await app.Client.GetAsync($"/api/runs/{run}/events?after={last + 1}");
            Assert.Equal(HttpStatusCode.Conflict, ahead.StatusCode);
            using var stopped = await app.Client.PostAsync($"/api/runs/{run}/cancel", null);
            Assert.True((await stopped.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("alreadyEnded").GetBoolean());
        }
    }

    [Fact]
    public async Task Get_EventsThatWereRemoved_IsGoneAndTheTextIsNot()
    {
        var body = new { store = true, model = "scripted/text=Still here.", messages = Question };
        string run;
        await using (var app = await StartAsync())
        {
            run = await AskAsync(app, body, "key-1");
            await app.Services.GetRequiredService<RunStore>().PruneAsync(DateTimeOffset.UtcNow.AddMinutes(1), 10);
        }

        await using (var app = await StartAsync())
        {
            var status = await app.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}");
            Assert.Equal(("completed", "Still here."), (status.GetProperty("state").GetString(), status.GetProperty("text").GetString()));
            foreach (var cursor in new[] { "", "?after=0", "?after=2", "?format=text", "?format=ai-sdk" })
            {
                using var gone = await app.Client.GetAsync($"/api/runs/{run}/events{cursor}");
                Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
                var problem = await gone.Content.ReadFromJsonAsync<JsonElement>();
                Assert.Equal("urn:chatapp:problem:cursor-expired", problem.GetProperty("type").GetString());
                Assert.Equal($"/api/runs/{run}", problem.GetProperty("snapshot").GetString());
            }

            using var atEnd = await app.Client.GetAsync($"/api/runs/{run}/events?after={status.GetProperty("seq").GetInt64()}");
            Assert.Equal(HttpStatusCode.NoContent, atEnd.StatusCode);
            using var again = await SendAsync(app, body, "key-1");
            Assert.Equal(HttpStatusCode.Gone, again.StatusCode);

            using var socket = await SocketClient.OpenAsync(app);
            await socket.SendAsync(new { type = "attach", runId = run });
            Assert.Equal("cursor-expired", (await socket.NextAsync())!.Problem);
        }
    }

    [Fact]
    public async Task Post_SameKeyAfterARestart_FindsTheRun()
    {
        var body = new { store = true, model = "scripted/tokens=5", messages = Question };
        string run, first;
        await using (var app = await StartAsync())
        {
            using var answer = await SendAsync(app, body, "key-1");
            run = answer.Headers.GetValues("X-Run-Id").Single();
            first = await answer.Content.ReadAsStringAsync();
        }

        await using (var app = await StartAsync())
        {
            using var again = await SendAsync(app, body, "key-1");
            using var other = await SendAsync(app, new { store = true, model = "scripted/tokens=6", messages = Question }, "key-1");

            Assert.Equal(run, again.Headers.GetValues("X-Run-Id").Single());
            Assert.Equal("true", again.Headers.GetValues("Idempotent-Replay").Single());
            Assert.Contains("\"type\":\"complete\"", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
            Assert.Equal(1, (await app.Client.GetFromJsonAsync<JsonElement>("/api/conversations")).GetProperty("conversations").GetArrayLength());
        }

        Assert.Contains("\"type\":\"complete\"", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_RunOfANodeThatDoesNotAnswer_IsAccepted()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(new FakeChatClient(), time);
        var run = new string('a', 32);
        await app.Services.GetRequiredService<RunStore>().AddAsync(new NewTurn
        {
            Conversation = new ConversationRow { Id = "c", Owner = "", Title = "", Created = time.GetUtcNow(), Updated = time.GetUtcNow() },
            MayCreate = true,
            Question = new MessageRow { Id = "q", Role = MessageRow.User, Text = "hello", Created = time.GetUtcNow() },
            Answer = new MessageRow { Id = "a", ParentId = "q", Role = MessageRow.Assistant, Text = "", Created = time.GetUtcNow() },
            Run = new RunRow
            {
                Id = run,
                ConversationId = "c",
                MessageId = "a",
                Owner = "",
                Model = "m",
                State = "running",
                Node = app.Services.GetRequiredService<NodeStore>().Id,
                Created = time.GetUtcNow(),
            },
        });

        var stopping = app.Client.PostAsync($"/api/runs/{run}/cancel", null);
        await Eventually.HoldsAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
                return stopping.IsCompleted;
            },
            "answered");
        using var answer = await stopping;

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal($"/api/runs/{run}", answer.Headers.Location?.OriginalString);
        Assert.False((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("stopSignalled").GetBoolean());
        Assert.Equal("running", (await app.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{run}")).GetProperty("state").GetString());
    }

    private static object[] Question => [new { role = "user", content = "hello" }];

    private Task<TestApp> StartAsync() => TestApp.StartAsync(settings: ("ChatApp:Storage:Path", _directory.Path));

    private static async Task<string> AskAsync(TestApp app, object body, string? key = null)
    {
        using var answer = await SendAsync(app, body, key);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("X-Run-Id").Single();
    }

    private static async Task<HttpResponseMessage> SendAsync(TestApp app, object body, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/chat/stream") { Content = JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await app.Client.SendAsync(request);
    }
}
