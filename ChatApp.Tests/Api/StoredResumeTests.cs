using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api;

/// <summary>
/// A client that is cut again and again, comes back on any transport, and whose server starts anew meanwhile, gets the stored text: each event once, and no gap.
/// <c>RESUME_CASES=20000</c> for a longer trial.
/// </summary>
public sealed class StoredResumeTests
{
    private static readonly string[] Pieces = ["Hel", "lo\r\n\n", "data: [DONE]", "👋🏽", "\u2028\"\\", "日本語", " ", new string('x', 3000)];

    private static readonly int Cases = int.Parse(Environment.GetEnvironmentVariable("RESUME_CASES") ?? "100", CultureInfo.InvariantCulture);

    [Fact]
    public async Task P01_AnyCutsTransportsAndRestarts_GiveTheStoredText()
    {
        using var storage = new TemporaryDirectory();
        var models = new ConcurrentDictionary<string, FakeChatClient>(StringComparer.Ordinal);
        var server = new Server(storage, models);
        await server.StartAsync();
        try
        {
            var number = 0;
            // On a thread without anybody's context: the property waits for what is asynchronous.
            await Task.Run(() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => PlayAsync(server, models, seed, $"{++number}").GetAwaiter().GetResult())
                .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases)));
        }
        finally
        {
            await server.StopAsync();
        }
    }

    private static async Task PlayAsync(Server server, ConcurrentDictionary<string, FakeChatClient> models, int seed, string name)
    {
        var random = new Random(seed);
        var model = models[$"fake/{name}"] = new FakeChatClient();
        var client = new Client(name);
        var said = new StringBuilder();
        var alive = true;
        await client.ReadAsync(server.App, 0, random.Next(3));
        for (var left = random.Next(10); left > 0; left--)
        {
            for (var pieces = random.Next(6); pieces > 0; pieces--)
            {
                var piece = Pieces[random.Next(Pieces.Length)];
                model.Say(piece);
                said.Append(piece);
            }

            if (random.Next(40) == 0)
            {
                // It ends with its process.
                await server.StopAsync();
                await server.StartAsync();
                alive = false;
            }

            await client.ReadAsync(server.App, random.Next(4), random.Next(1, 8));
        }

        model.Finish();
        await Eventually.HoldsAsync(async () => (await client.StatusAsync(server.App)).GetProperty("state").GetString() is not "running" and not "queued", "the end");
        await client.ReadAsync(server.App, random.Next(4), int.MaxValue);

        var status = await client.StatusAsync(server.App);
        Assert.Equal(alive ? "completed" : "interrupted", status.GetProperty("state").GetString());
        Assert.Equal((status.GetProperty("text").GetString(), status.GetProperty("seq").GetInt64()), (client.Text, client.Last));
        Assert.StartsWith(client.Text, said.ToString(), StringComparison.Ordinal);
        Assert.True(!alive || client.Text == said.ToString(), "Whole");
        var row = await server.App.Services.GetRequiredService<RunStore>().FindAsync(client.RunId!);
        Assert.Equal((client.Text, client.Last), (row!.Text, row.Seq));
    }

    private sealed class Server(TemporaryDirectory storage, ConcurrentDictionary<string, FakeChatClient> models)
    {
        public TestApp App { get; private set; } = null!;

        public async Task StartAsync() => App = await TestApp.StartAsync(
            null, null, null, builder => builder.Services.AddSingleton<IModelCatalog>(new FakeCatalog(id => models[id])),
            ("ChatApp:Storage:Path", storage.Path), ("ChatApp:Storage:CommitInterval", "1ms"));

        public Task StopAsync() => App.DisposeAsync().AsTask();
    }

    private sealed class Client(string name)
    {
        private readonly StringBuilder _text = new();

        public string? RunId { get; private set; }

        public long Last { get; private set; }

        public string Text => _text.ToString();

        public async Task<JsonElement> StatusAsync(TestApp app) => JsonElement.Parse(await app.Client.GetStringAsync($"/api/runs/{RunId}"));

        /// <summary>Reads some frames and leaves.</summary>
        public async Task ReadAsync(TestApp app, int how, int frames)
        {
            // As far as there is something: nothing would be waited for.
            var end = RunId is null ? 1 : (await StatusAsync(app)).GetProperty("seq").GetInt64();
            if (RunId is not null && Last >= end)
            {
                return;
            }

            if (how == 3)
            {
                using var socket = await SocketClient.OpenAsync(app);
                await socket.SendAsync(new { type = "attach", runId = RunId, after = Last });
                while (frames-- > 0 && Last < end)
                {
                    var message = await socket.NextAsync();
                    Take(message!.Type, message.Seq, message.Content);
                }

                return;
            }

            using var stream = how switch
            {
                0 => await SseClient.PostAsync(
                    app.Client, "/api/chat/stream", new { model = $"fake/{name}", store = true, onDisconnect = "continue", messages = new[] { new { role = "user", content = name } } }, $"key-{name}"),
                1 => await SseClient.GetAsync(app.Client, $"/api/runs/{RunId}/events", $"{RunId}:{Last}"),
                _ => await SseClient.GetAsync(app.Client, $"/api/runs/{RunId}/events?after={Last}"),
            };
            Assert.Equal(System.Net.HttpStatusCode.OK, stream.Response.StatusCode);
            var id = stream.Response.Headers.GetValues("X-Run-Id").Single();
            Assert.Equal(RunId ?? id, id);
            RunId = id;
            if (how == 0)
            {
                // A repeated POST begins again at the first event, and so does the client.
                _text.Clear();
                Last = 0;
            }

            while (frames > 0 && Last < end && await stream.NextAsync() is { } frame)
            {
                if (frame.Data.ValueKind == JsonValueKind.Object)
                {
                    Take(frame.Type, frame.Seq, frame.Content);
                    frames--;
                }
            }
        }

        private void Take(string type, long seq, string content)
        {
            Assert.True(seq > Last, $"Event {seq} after {Last}");
            Assert.True(type == "token" || seq == Last + 1, $"A gap before {type} {seq}, after {Last}");
            Last = seq;
            _text.Append(type == "token" ? content : "");
        }
    }
}
