using System.Collections.Concurrent;
using System.Globalization;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using ChatApp.Tools.Mcp;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChatApp.Tests.Tools.Mcp;

/// <summary>The MCP servers of some settings, without the app around them.</summary>
internal sealed class TestServers : IAsyncDisposable
{
    private readonly McpServers _servers;
    private readonly Lines _log = new();

    private TestServers(McpOptions options, TimeProvider time)
    {
        _servers = new McpServers(Options.Create(options), time, new LoggerFactory([_log], new LoggerFilterOptions { MinLevel = LogLevel.Trace }).CreateLogger<McpServers>());
    }

    /// <summary>The program of ChatApp.Tests.McpServer, which is built with the tests.</summary>
    public static string Program { get; } = AppContext.BaseDirectory.Replace("ChatApp.Tests", "ChatApp.Tests.McpServer", StringComparison.Ordinal) + "ChatApp.Tests.McpServer.dll";

    public McpServers All => _servers;

    public McpServerStatus Status => _servers.Status.Single();

    /// <summary>The number of the one server's process.</summary>
    public int ProcessId => _servers.Servers.Single().ProcessId ?? 0;

    /// <summary>All that was logged.</summary>
    public string Log => string.Join('\n', _log.All);

    /// <summary>The settings of the test server under a name, with arguments for it.</summary>
    public static (string, string)[] Settings(string name, params string[] args) =>
    [
        ($"ChatApp:Mcp:Servers:{name}:Command", "dotnet"),
        ($"ChatApp:Mcp:Servers:{name}:Args:0", Program),
        .. args.Select((arg, i) => ($"ChatApp:Mcp:Servers:{name}:Args:{i + 1}", arg)),
    ];

    /// <summary>Reads settings as the app does.</summary>
    public static McpOptions Read(params (string Key, string Value)[] settings)
    {
        var options = new McpOptions();
        McpConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build(), options);
        return options;
    }

    /// <summary>Starts servers; waits for none.</summary>
    public static async Task<TestServers> StartAsync(TimeProvider? time, params (string Key, string Value)[] settings)
    {
        var options = Read(settings);
        Assert.Empty(options.Problems);
        var servers = new TestServers(options, time ?? TimeProvider.System);
        await servers._servers.StartAsync(CancellationToken.None);
        return servers;
    }

    /// <summary>Starts the test server under the name <c>tests</c>, and waits until it is ready.</summary>
    public static async Task<TestServers> ReadyAsync(string[]? args = null, params (string Key, string Value)[] settings)
    {
        var servers = await StartAsync(time: null, [.. Settings("tests", args ?? []), .. settings]);
        await servers.Reaches(McpServerState.Ready);
        return servers;
    }

    public Task Reaches(McpServerState state) => Eventually.Holds(() => Status.State == state, $"{state}: {Status.Problem} {string.Join('|', Status.ErrorOutput)}");

    public Tool Tool(string name) => _servers.Tools.Single(tool => tool.Name == $"tests_{name}");

    public async Task<string> CallAsync(string tool, object? arguments = null, Action<ToolProgress>? report = null, CancellationToken cancellationToken = default)
    {
        var given = new AIFunctionArguments((arguments?.GetType().GetProperties() ?? []).ToDictionary(property => property.Name, property => property.GetValue(arguments), StringComparer.Ordinal))
        {
            Context = new Dictionary<object, object?> { [typeof(ToolCall)] = new ToolCall { Owner = "", RunId = "run", Report = report ?? (_ => { }) } },
        };
        return (string)(await Tool(tool).Function.InvokeAsync(given, cancellationToken))!;
    }

    public async Task<int> NumberAsync(string tool) => int.Parse(await CallAsync(tool), CultureInfo.InvariantCulture);

    public static bool Lives(int processId)
    {
        try
        {
            // A process that has ended and that nobody has asked for yet counts as gone.
            return File.ReadAllText($"/proc/{processId}/stat").Split(") ")[^1][0] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{logLevel}: {formatter(state, exception)}{exception}");

        public void Dispose()
        {
        }
    }
}
