using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using Definition = ModelContextProtocol.Protocol.Tool;

namespace ChatApp.Tools.Mcp;

/// <summary>One server of the settings: connects to it, keeps its tools, and connects again when it is gone.</summary>
internal sealed partial class McpServer
{
    private const int ErrorLines = 20;
    private const int MaxNoted = 500;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // A server that says "changed" without end is asked no more often.
    private static readonly TimeSpan ListPause = TimeSpan.FromMilliseconds(500);

    private readonly string _name;
    private readonly McpServerOptions _options;
    private readonly ChildStarter _starter;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly McpSecrets _secrets;
    private readonly McpDefinitions _definitions;
    private readonly Lock _lock = new();
    private readonly Queue<string> _errorOutput = [];
    private readonly HashSet<string> _noted = new(StringComparer.Ordinal);

    // Those of the last list, also while the server is gone: a call then says so.
    private IReadOnlyList<Tool> _tools = [];
    private McpSession? _session;
    private McpServerState _state;
    private string? _problem;
    private TimeSpan? _pause;
    private IReadOnlyList<string> _changed = [];

    public McpServer(string name, McpServerOptions options, ChildStarter starter, TimeProvider time, ILogger logger)
    {
        (_name, _options, _starter, _time, _logger) = (name, options, starter, time, logger);
        _secrets = new McpSecrets(options);
        _definitions = new McpDefinitions(name, options, CallAsync);
    }

    public IReadOnlyList<Tool> Tools => Volatile.Read(ref _tools);

    public McpServerStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new McpServerStatus(_name, _state, [.. _tools.Select(tool => tool.Name)], _problem) { Changed = _changed, Pause = _pause, ErrorOutput = [.. _errorOutput] };
            }
        }
    }

    /// <summary>The number of the server's process; null for none. For tests.</summary>
    internal int? ProcessId { get; private set; }

    /// <summary>Keeps the server until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var pause = FirstPause;
        while (!stop.IsCancellationRequested)
        {
            Set(McpServerState.Starting);
            var began = _time.GetTimestamp();
            var failure = await LiveAsync(stop);
            if (stop.IsCancellationRequested)
            {
                break;
            }

            // One that worked for a while has not failed to start.
            pause = _time.GetElapsedTime(began) > LongestPause ? FirstPause : pause;
            Log.Failed(_logger, _name, failure.Message, string.IsNullOrEmpty(failure.Detail) ? "" : $" ({failure.Detail})", Durations.Words(pause));
            Set(McpServerState.Failed, failure.Message, pause);
            try
            {
                await Task.Delay(pause, _time, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        Set(McpServerState.Stopped, "was stopped, as ChatApp is ending");
    }

    // One connection, from its start to its end.
    private async Task<McpFailure> LiveAsync(CancellationToken stop)
    {
        try
        {
            if (_options.Url is null)
            {
                using var program = new McpSessionSlot();
                await using var transport = new StdioTransport(_name, _options, _starter, _time, OnErrorLine) { Ended = program.FailToOpen };
                return await LiveAsync(transport, program, () => ProcessId = transport.ProcessId, stop);
            }

            using var slot = new McpSessionSlot();
            using var http = McpHttp.CreateClient(new McpLimits(_time), slot.Lose);
            await using var remote = new HttpClientTransport(
                new HttpClientTransportOptions
                {
                    Endpoint = _options.Url,
                    Name = _name,
                    TransportMode = HttpTransportMode.StreamableHttp,
                    AdditionalHeaders = _options.Headers,
                    ConnectionTimeout = _options.StartTimeout,
                },
                http);
            return await LiveAsync(remote, slot, () => { }, stop);
        }
        catch (Exception exception)
        {
            return McpSession.FailureOf(exception, _secrets);
        }
    }

    private async Task<McpFailure> LiveAsync(IClientTransport transport, McpSessionSlot slot, Action onOpen, CancellationToken stop)
    {
        using var patience = new CancellationTokenSource(_options.StartTimeout, _time);
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token, slot.IsLost);
        McpSession? opened = null;
        try
        {
            opened = await McpSession.OpenAsync(_name, transport, _secrets, _options.StartTimeout, _time, starting.Token);
            slot.Fill(opened);
            onOpen();
            await ListAsync(opened, starting.Token);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            if (opened is not null)
            {
                await opened.DisposeAsync();
            }

            // What was sent too much, or how the program ended, says more than that there was no answer.
            return slot.Failure ?? (patience.IsCancellationRequested || exception is TimeoutException
                ? new McpFailure($"did not start within {Durations.Words(_options.StartTimeout)}")
                : McpSession.FailureOf(exception, _secrets));
        }

        await using var session = opened;
        using var live = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Volatile.Write(ref _session, session);
        Set(McpServerState.Ready, _problem);
        Log.Ready(_logger, _name, Tools.Count);
        var work = Task.WhenAll(session.ListenAsync(_time, live.Token), FollowAsync(session, live.Token));
        try
        {
            return await session.Ended.WaitAsync(stop);
        }
        finally
        {
            Volatile.Write(ref _session, null);
            await live.CancelAsync();
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(McpSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            await session.Changes.ReadAsync(cancellationToken);
            try
            {
                using var patience = new CancellationTokenSource(_options.CallTimeout, _time);
                using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
                await ListAsync(session, any.Token);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Noticed(_logger, _name, $"could not be asked for its tools again: it {McpSession.FailureOf(exception, _secrets).Message}");
            }

            await Task.Delay(ListPause, _time, cancellationToken);
        }
    }

    private async Task ListAsync(McpSession session, CancellationToken cancellationToken)
    {
        var notes = new List<string>();
        var tools = _definitions.Take(await session.ListAsync(cancellationToken), notes);
        lock (_lock)
        {
            Volatile.Write(ref _tools, tools);
            _changed = _definitions.Changed;
            _problem = notes.Count > 0 ? string.Join("; ", notes.Take(5)) : null;
        }

        // Each once: a server that changes its tools without end fills no log.
        foreach (var note in notes.Where(note => _noted.Count < MaxNoted && _noted.Add(note)))
        {
            Log.Noticed(_logger, _name, note);
        }
    }

    private async Task<string> CallAsync(Definition tool, AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _session) is { } session)
        {
            return await session.CallAsync(tool, arguments, cancellationToken);
        }

        var status = Status;
        throw new ToolException($"The server {_name} is not running: it {status.Problem ?? "is starting"}.{(status.Pause is { } pause ? $" It is started again within {Durations.Words(pause)}." : "")}");
    }

    private void Set(McpServerState state, string? problem = null, TimeSpan? pause = null)
    {
        lock (_lock)
        {
            // While it starts again, what was wrong is still what people want to know.
            (_state, _pause) = (state, pause);
            _problem = state == McpServerState.Starting ? _problem : problem;
        }
    }

    private void OnErrorLine(string line)
    {
        if (_secrets.Hide(line) is not { } hidden || string.IsNullOrWhiteSpace(hidden))
        {
            return;
        }

        Log.Said(_logger, _name, hidden);
        lock (_lock)
        {
            _errorOutput.Enqueue(hidden);
            while (_errorOutput.Count > ErrorLines)
            {
                _errorOutput.Dequeue();
            }
        }
    }

    /// <summary>Where an answer that is cut off finds the connection that it belongs to, which may not be open yet.</summary>
    private sealed class McpSessionSlot : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly CancellationTokenSource _lost = new();
        private McpSession? _session;
        private bool _isOver;

        public McpFailure? Failure { get; private set; }

        /// <summary>Cancelled where it is lost before it is open.</summary>
        public CancellationToken IsLost => _lost.Token;

        public void Dispose()
        {
            lock (_lock)
            {
                _isOver = true;
                _lost.Dispose();
            }
        }

        /// <summary>The program has ended. A client whose first request comes after that would wait for the answer all its time; a session that is open hears of it by itself.</summary>
        public void FailToOpen(McpFailure failure)
        {
            lock (_lock)
            {
                if (_session is null && Failure is null && !_isOver)
                {
                    Failure = failure;
                    // Not here: whoever waits goes on under the lock.
                    _ = _lost.CancelAsync();
                }
            }
        }

        public void Fill(McpSession session)
        {
            lock (_lock)
            {
                _session = session;
                if (Failure is not null)
                {
                    session.Lose(Failure);
                }
            }
        }

        public void Lose(McpFailure failure)
        {
            lock (_lock)
            {
                Failure ??= failure;
                _session?.Lose(failure);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "MCP server {Server} is ready, with {Count} tools")]
        public static partial void Ready(ILogger logger, string server, int count);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MCP server {Server} {Problem}{Detail}. It is started again in {Pause}")]
        public static partial void Failed(ILogger logger, string server, string problem, string detail, string pause);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MCP server {Server} {Note}")]
        public static partial void Noticed(ILogger logger, string server, string note);

        [LoggerMessage(Level = LogLevel.Debug, Message = "MCP server {Server}: {Line}")]
        public static partial void Said(ILogger logger, string server, string line);
    }
}
