using Microsoft.Extensions.Options;

namespace ChatApp.Tools.Mcp;

/// <summary>The MCP servers of the settings and their tools. They connect while the app is already there for people, and end with it.</summary>
public sealed class McpServers : IToolSource, IHostedService, IAsyncDisposable
{
    private readonly ChildStarter _starter = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly McpServer[] _servers;
    private Task _running = Task.CompletedTask;
    private int _disposed;

    public McpServers(IOptions<McpOptions> options, TimeProvider time, ILogger<McpServers> logger) =>
        _servers = [.. options.Value.Servers.Where(server => server.Value.Enabled).OrderBy(server => server.Key, StringComparer.OrdinalIgnoreCase).Select(server => new McpServer(server.Key, server.Value, _starter, time, logger))];

    public IReadOnlyList<Tool> Tools => [.. _servers.SelectMany(server => server.Tools)];

    /// <summary>Where each server stands.</summary>
    public IReadOnlyList<McpServerStatus> Status => [.. _servers.Select(server => server.Status)];

    /// <summary>The servers. For tests.</summary>
    internal IReadOnlyList<McpServer> Servers => _servers;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(_servers.Select(server => Task.Run(() => server.RunAsync(_stop.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running;
    }

    // Once for each way that the container knows it by.
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync(CancellationToken.None);
        _starter.Dispose();
        _stop.Dispose();
    }
}
