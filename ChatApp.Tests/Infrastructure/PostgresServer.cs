using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

[assembly: AssemblyFixture(typeof(ChatApp.Tests.Infrastructure.SharedPostgres))]

namespace ChatApp.Tests.Infrastructure;

/// <summary>A real PostgreSQL of the tests' own, in a temporary directory and on a free port.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Started = new(StartNewAsync);

    // The server refuses to be root's.
    private static readonly bool IsRoot = Environment.UserName == "root";

    private static readonly string? Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")).LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
        : File.Exists("/usr/local/bin/initdb") ? "/usr/local/bin" : null;

    private static int _databases;

    private readonly TemporaryDirectory _directory;
    private readonly int _port;

    private PostgresServer(TemporaryDirectory directory, int port)
    {
        _directory = directory;
        _port = port;
    }

    /// <summary>Why there is none here; null where there is one.</summary>
    public static string? Missing { get; } =
        Programs is null ? "There is no PostgreSQL here: apt-get install postgresql."
        : IsRoot && !File.Exists("/usr/sbin/runuser") ? "PostgreSQL can't be run by root, and there is no runuser here."
        : null;

    private string Data => Path.Combine(_directory.Path, "data");

    /// <summary>The one that all tests share which do not stop it.</summary>
    public static Task<PostgresServer> SharedAsync() => Started.Value;

    /// <summary>One of a test's own.</summary>
    public static async Task<PostgresServer> StartNewAsync()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var server = new PostgresServer(new TemporaryDirectory(), port);
        if (IsRoot)
        {
            await RunAsync("chown", "postgres", server._directory.Path);
        }

        await ProgramAsync("initdb", "-D", server.Data, "-U", "chat", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        await server.StartAsync();
        return server;
    }

    public static async Task StopSharedAsync()
    {
        if (Started.IsValueCreated)
        {
            await (await Started.Value).DisposeAsync();
        }
    }

    /// <summary>Starts it again.</summary>
    public Task StartAsync() => ProgramAsync(
        "pg_ctl", "-D", Data, "-w", "-s", "-l", Path.Combine(_directory.Path, "log"), "start",
        "-o", $"-p {_port} -h 127.0.0.1 -k '' -c fsync=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=32MB");

    /// <summary>Stops it; <paramref name="immediate"/> as a crash does.</summary>
    public Task StopAsync(bool immediate) => ProgramAsync("pg_ctl", "-D", Data, "-w", "-s", "-m", immediate ? "immediate" : "fast", "stop");

    /// <summary>An empty database; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await ExecuteAsync(Connection("postgres"), $"CREATE DATABASE {name}");
        return Connection(name);
    }

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
        {
            await StopAsync(immediate: true);
        }

        _directory.Dispose();
    }

    private string Connection(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=chat;Database={database}");

    private static Task ProgramAsync(string name, params string[] args)
    {
        var program = Path.Combine(Programs!, name);
        return IsRoot ? RunAsync("/usr/sbin/runuser", ["-u", "postgres", "--", program, .. args]) : RunAsync(program, args);
    }

    private static async Task RunAsync(string program, params string[] args)
    {
        // Not its outputs: the server would keep them open.
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", program, .. args]) { WorkingDirectory = Path.GetTempPath() };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', args)} ended with {process.ExitCode}");
    }
}

/// <summary>Ends the shared server after the last test.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    public ValueTask DisposeAsync() => new(PostgresServer.StopSharedAsync());
}
