using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Two processes of the app on one PostgreSQL, and a provider whose answers count until somebody stops them. Without a PostgreSQL its tests are skipped.</summary>
public sealed class NodePair : IAsyncLifetime
{
    /// <summary>How long a node may be silent. Longer than another one waits for it to stop a run.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(7);

    /// <summary>A question whose answer has an end.</summary>
    public const string Brief = "brief";

    private string _connection = "";
    private AppProcess? _a;
    private AppProcess? _b;
    private HttpClient? _clientA;
    private HttpClient? _clientB;

    internal AppProcess A => _a!;

    internal AppProcess B => _b!;

    internal HttpClient ClientA => _clientA!;

    internal HttpClient ClientB => _clientB!;

    internal FakeUpstream Upstream { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (PostgresServer.Missing is not null)
        {
            return;
        }

        _connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        Upstream = await FakeUpstream.StartAsync(CountAsync);
        var both = await Task.WhenAll(StartAsync(), StartAsync());
        (_a, _b) = (both[0], both[1]);
        (_clientA, _clientB) = (new HttpClient { BaseAddress = A.Url }, new HttpClient { BaseAddress = B.Url });
    }

    public async ValueTask DisposeAsync()
    {
        _clientA?.Dispose();
        _clientB?.Dispose();
        foreach (var app in new[] { _a, _b }.OfType<AppProcess>())
        {
            await app.DisposeAsync();
        }

        if (Upstream is not null)
        {
            await Upstream.DisposeAsync();
        }
    }

    /// <summary>Kills A as a power cut would.</summary>
    internal async Task KillAAsync()
    {
        await A.SignalAsync("KILL");
        await A.ExitCodeAsync();
    }

    /// <summary>Starts A again, as another process at another address.</summary>
    internal async Task RestartAAsync()
    {
        await A.DisposeAsync();
        _clientA?.Dispose();
        _a = await StartAsync();
        _clientA = new HttpClient { BaseAddress = A.Url };
    }

    /// <summary>Asks at a node, in a conversation or in a new one.</summary>
    internal static Task<SseClient> AskAsync(HttpClient node, string question = "count", string? conversation = null, string? key = null, string onDisconnect = "continue") => SseClient.PostAsync(
        node, "/api/chat/stream", new { model = "up/m", messages = new[] { new { role = "user", content = question } }, conversationId = conversation, store = true, onDisconnect }, key);

    /// <summary>What a node says of a run.</summary>
    internal static async Task<JsonElement> StatusAsync(HttpClient node, string run) => await node.GetFromJsonAsync<JsonElement>($"/api/runs/{run}");

    /// <summary>The first column of the first row.</summary>
    internal async Task<string> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) ?? "";
    }

    internal Task<AppProcess> StartAsync() => AppProcess.StartAsync(
        "--ChatApp:Storage:Provider=postgres",
        $"--ChatApp:Storage:ConnectionString={_connection}",
        string.Create(CultureInfo.InvariantCulture, $"--ChatApp:Storage:Lease={Lease.TotalSeconds:0}s"),
        "--ChatApp:Runs:Drain=0s",
        "--ChatApp:Providers:up:Kind=openai",
        $"--ChatApp:Providers:up:Endpoint={Upstream.Endpoint}",
        "--ChatApp:Providers:up:Models:0=*");

    // A hundred numbers a second, in the pace of a model.
    private static async Task CountAsync(FakeExchange exchange)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        // The last message is what is asked now.
        var isShort = exchange.Body[exchange.Body.LastIndexOf("\"user\"", StringComparison.Ordinal)..].Contains(Brief, StringComparison.Ordinal);
        for (var i = 0; !isShort || i < 100; i++)
        {
            await exchange.SendEventAsync($$$"""{"choices":[{"delta":{"content":"{{{i}}} "}}]}""");
            await pace.WaitForNextTickAsync(exchange.Aborted);
        }

        await exchange.SendEventAsync("""{"choices":[{"delta":{},"finish_reason":"stop"}]}""");
        await exchange.SendAsync("data: [DONE]\n\n");
    }
}
