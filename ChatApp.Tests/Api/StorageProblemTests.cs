using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Tests.Api;

/// <summary>What clients are told while the database is held by another, broken or full.</summary>
public sealed class StorageProblemTests : IDisposable
{
    private static readonly object Stored = new { store = true, messages = new[] { new { role = "user", content = "hello" } } };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Post_WhileTheDatabaseIsHeld_SaysToComeBack()
    {
        await using var app = await StartAsync(() => new FakeChatClient());
        await using var held = await HoldAsync();

        using var made = await app.Client.PostAsJsonAsync("/api/conversations", new { });
        using var asked = await app.Client.PostAsJsonAsync("/api/chat/stream", Stored);

        await AssertBusyAsync(made);
        await AssertBusyAsync(asked);
        using var socket = await SocketClient.OpenAsync(app);
        await socket.SendAsync(new { type = "chat", requestId = "1", store = true, messages = new[] { new { role = "user", content = "hello" } } });
        Assert.Equal("storage-busy", (await socket.NextAsync())!.Problem);
    }

    [Fact]
    public async Task Get_WhileTheDatabaseIsBroken_IsAProblemOnEveryRoute()
    {
        await using var app = await StartAsync(() => new FakeChatClient());
        await BreakAsync();
        var id = new string('a', 32);

        foreach (var (method, url) in new[]
        {
            ("GET", $"/api/runs/{id}"), ("GET", $"/api/runs/{id}/events"), ("POST", $"/api/runs/{id}/cancel"), ("GET", "/api/conversations"), ("GET", $"/api/conversations/{id}"),
            ("GET", $"/api/ai-sdk/chat/{id}/stream"), ("DELETE", $"/api/conversations/{id}"),
        })
        {
            using var answer = await app.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), url));
            await AssertBusyAsync(answer);
        }

        using var socket = await SocketClient.OpenAsync(app);
        await socket.SendAsync(new { type = "attach", runId = id });
        Assert.Equal("storage-busy", (await socket.NextAsync())!.Problem);
        await socket.SendAsync(new { type = "cancel", runId = id });
        Assert.Equal("storage-busy", (await socket.NextAsync())!.Problem);
    }

    [Fact]
    public async Task Get_WhileTheDiskIsFull_IsAProblemInTheShapeOfItsClients()
    {
        var catalog = new FailingCatalog();
        await using var app = await TestApp.StartAsync(null, null, null, builder => builder.Services.AddSingleton<IModelCatalog>(catalog));
        catalog.Problem = new StorageException(StorageFault.Full, "The disk of the database is full.");

        using var openAI = await app.Client.GetAsync("/v1/models");
        using var native = await app.Client.GetAsync("/api/stream?q=hello");

        Assert.Equal(HttpStatusCode.InsufficientStorage, openAI.StatusCode);
        Assert.Equal("storage_full", (await openAI.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("urn:chatapp:problem:storage-full", await native.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.InsufficientStorage, native.StatusCode);
    }

    [Fact]
    public async Task Start_ModelsThatCannotBeListed_LeaveTheServerUp()
    {
        var catalog = new FailingCatalog { Problem = new StorageException(StorageFault.Unreachable, "The database can't be reached.") };
        await using var app = await TestApp.StartAsync(null, null, null, builder => builder.Services.AddSingleton<IModelCatalog>(catalog));

        await app.Services.GetServices<IHostedService>().OfType<CatalogWarmUp>().Single().ExecuteTask!;

        Assert.Equal("ready", await app.Client.GetStringAsync("/health/ready"));
    }

    [Fact]
    public async Task Get_WhileSavingIsDelayed_SaysSoAndGoesOn()
    {
        var (time, model) = (new FakeTime(), new FakeChatClient());
        await using var app = await StartAsync(() => model, time);
        using var stream = await SseClient.PostAsync(app.Client, "/api/chat/stream", Stored);
        var run = stream.Response.Headers.GetValues("X-Run-Id").Single();
        using var socket = await SocketClient.OpenAsync(app);
        model.Say("first ");
        await UntilAsync(stream, frame => frame.Type == "token");
        await socket.SendAsync(new { type = "attach", runId = run });
        await socket.UntilAsync("token");

        SseFrame delayed;
        await using (await HoldAsync())
        {
            model.Say("second");
            delayed = await UntilAsync(stream, frame => frame.Comment is not null);
            Assert.Equal("degraded", await StatusAsync(app));
            Assert.True((await socket.UntilAsync("saving"))[^1].Data.GetProperty("delayed").GetBoolean());

            // And again, where there would be a ping.
            var again = UntilAsync(stream, frame => frame.Comment is not null);
            await Eventually.Holds(
                () =>
                {
                    time.Advance(TimeSpan.FromSeconds(5));
                    return again.IsCompleted;
                },
                "said again");
            Assert.Equal("saving is delayed", (await again).Comment);
        }

        Assert.Equal("saving is delayed", delayed.Comment);
        Assert.Null(delayed.Id);
        var token = UntilAsync(stream, frame => frame.Type == "token");
        await Eventually.Holds(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return token.IsCompleted;
            },
            "saved");
        Assert.Equal("second", (await token).Content);
        await Eventually.HoldsAsync(async () => await StatusAsync(app) == "ok", "saved in time again");
        Assert.Contains(await socket.UntilAsync("saving"), @event => @event.Type == "saving" && !@event.Data.GetProperty("delayed").GetBoolean());
        model.Finish();
    }

    private Task<TestApp> StartAsync(Func<FakeChatClient> model, TimeProvider? time = null) =>
        TestApp.StartAsync(model, time, ("ChatApp:Storage:Path", _directory.Path), ("ChatApp:Storage:BusyTimeout", "100ms"));

    private static async Task AssertBusyAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("urn:chatapp:problem:storage-busy", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString());
    }

    private static async Task<string> StatusAsync(TestApp app) => (await app.Client.GetFromJsonAsync<JsonElement>("/api/health")).GetProperty("status").GetString()!;

    private static async Task<SseFrame> UntilAsync(SseClient stream, Func<SseFrame, bool> isIt)
    {
        SseFrame? frame;
        do
        {
            frame = await stream.NextAsync();
        }
        while (frame is not null && !isIt(frame));
        return frame ?? throw new InvalidOperationException("The stream ended.");
    }

    // Another program writes and does not end: disposing it does.
    private async Task<SqliteConnection> HoldAsync()
    {
        var other = await OpenAsync();
        await ExecuteAsync(other, "BEGIN IMMEDIATE");
        return other;
    }

    // As after a fault of the disk: its list of tables can't be read.
    private async Task BreakAsync()
    {
        await using var other = await OpenAsync();
        await ExecuteAsync(other, "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'broken' WHERE name = 'runs'; PRAGMA schema_version = 9999;");
    }

    private async Task<SqliteConnection> OpenAsync()
    {
        var other = new SqliteConnection($"Data Source={_directory["chatapp.db"]};Pooling=false");
        await other.OpenAsync();
        return other;
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private sealed class FailingCatalog : IModelCatalog
    {
        public Exception? Problem { get; set; }

        public string DefaultModel => "fake/model";

        public ValueTask<IReadOnlyList<ModelInfo>> ListAsync(CancellationToken cancellationToken) => Problem is null ? new([]) : throw Problem;

        public ResolvedModel Resolve(string? id) => throw Problem!;
    }
}
