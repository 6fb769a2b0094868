using System.Net.WebSockets;
using System.Text.Json;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.Native.Sockets;

/// <summary>
/// One client's WebSocket: several runs at once, started, read, resumed and stopped over one connection. One loop takes what the client
/// sends, another (<see cref="SocketWriter"/>) writes.
/// </summary>
internal sealed partial class SocketSession : IAsyncDisposable
{
    private const int MaxStopping = 100;
    private const int MaxRemembered = 1000;

    /// <summary>How long a client has to answer a close frame before the connection is cut.</summary>
    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(1);

    private static readonly Problem TooManyStreams = new(
        "too-many-streams", "Too many streams", StatusCodes.Status429TooManyRequests, $"One WebSocket reads {SocketWriter.MaxAttached} runs at a time. Detach from some, or wait for them to end.");

    private static Problem AlreadyReading(Run run) => new(
        "already-reading", "This run is read already", StatusCodes.Status409Conflict,
        "This idempotencyKey started a run that this WebSocket reads already. Its events come under the requestId of the first chat.")
    {
        Extensions = new Dictionary<string, object> { ["run"] = $"/api/runs/{run.Id}" },
    };

    private readonly WebSocket _socket;
    private readonly HttpContext _context;
    private readonly RunHost _host;
    private readonly RunJournal _journal;
    private readonly ConversationRuns _runs;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Caller _caller;
    private readonly SocketReceiver _receiver;
    private readonly SocketWriter _writer;
    private readonly ErrorBudget _errors;
    private readonly ITimer? _lasting;
    // Whose run is whose request, the newest last: a stop may name either, also when the run has just ended.
    private readonly LinkedList<(string RequestId, string RunId)> _requests = [];
    private readonly List<Task> _stopping = [];
    private volatile bool _hasLasted;
    private volatile bool _brokeProtocol;
    private volatile SocketEnd? _end;

    public SocketSession(WebSocket socket, HttpContext context, RunHost host, RunJournal journal, ConversationRuns runs, ApiOptions options, TimeProvider time, ILogger logger)
    {
        (_socket, _context, _host, _journal, _runs, _time, _logger) = (socket, context, host, journal, runs, time, logger);
        _caller = context.GetCaller();
        _receiver = new SocketReceiver(socket);
        _writer = new SocketWriter(socket, host, journal, _caller, EndNow, time, logger);
        _errors = new ErrorBudget(time);
        _journal.DelayChanged += _writer.Wake;
        if (options.MaxStreamDuration > TimeSpan.Zero)
        {
            _lasting = time.CreateTimer(_ => OnLasted(), null, options.MaxStreamDuration, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Serves the client until one of the two ends it.</summary>
    public async Task RunAsync()
    {
        await using var closing = _host.Closing.UnsafeRegister(Wake, _writer);
        await using var revoking = _caller.Revoked.UnsafeRegister(Wake, _writer);
        var receiving = ReceiveAsync();
        try
        {
            var end = await _writer.RunAsync();
            // The client has left its runs, whether or not it answers the close frame.
            _writer.Dispose();
            await CloseAsync(end, receiving);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            Log.Gone(_logger, exception);
            _writer.Dispose();
            _socket.Abort();
            _context.Abort();
        }

        await receiving;
    }

    public async ValueTask DisposeAsync()
    {
        _journal.DelayChanged -= _writer.Wake;
        _writer.Dispose();
        if (_lasting is not null)
        {
            await _lasting.DisposeAsync();
        }
    }

    private static void Wake(object? writer) => ((SocketWriter)writer!).Wake();

    // What a socket throws once the other side is gone, or we have cut it.
    private static bool IsGone(Exception exception) =>
        exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or TimeoutException;

    private SocketEnd? EndNow() => _end
        ?? (_caller.Revoked.IsCancellationRequested ? SocketEnd.Revoked
            : _host.Closing.IsCancellationRequested ? SocketEnd.Shutdown
            : _hasLasted ? SocketEnd.Reconnect
            : null);

    private void OnLasted()
    {
        _hasLasted = true;
        _writer.Wake();
    }

    private void End(SocketEnd end)
    {
        _end ??= end;
        _writer.Wake();
    }

    private async Task CloseAsync(SocketEnd end, Task receiving)
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await _socket.CloseOutputAsync(end.Status, end.Reason, CancellationToken.None).WaitAsync(RunStream.WriteDeadline, _time);
        }

        // A connection that is cut too early takes the close frame with it.
        await receiving.WaitAsync(CloseWait, _time);
        if (_brokeProtocol)
        {
            // The framework has sent the close frame by itself and listens no more: the client ends the connection.
            await Task.Delay(CloseWait, _time, _context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (EndNow() is null)
            {
                var end = await _receiver.NextAsync(_context.RequestAborted);
                if (end is not null)
                {
                    End(end);
                }
                else if (EndNow() is null)
                {
                    await HandleAsync(_time.GetTimestamp());
                }

                if (end == SocketEnd.Left)
                {
                    return;
                }
            }

            await _receiver.DiscardAsync(_context.RequestAborted);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            Log.Gone(_logger, exception);
            _brokeProtocol = exception is WebSocketException { WebSocketErrorCode: not WebSocketError.ConnectionClosedPrematurely };
            End(SocketEnd.Left);
        }
        catch (Exception exception)
        {
            Log.Failed(_logger, exception);
            End(SocketEnd.Failed);
        }
    }

    private async ValueTask HandleAsync(long asked)
    {
        var (message, problem) = JsonBody.Parse<SocketMessage>(_receiver.Message);
        var requestId = message?.RequestId;
        if (message?.CheckRequestId() is { } unnamed)
        {
            (problem, requestId) = (unnamed, null);
        }

        problem ??= await DoAsync(message!, asked);
        if (problem is null)
        {
            return;
        }

        await _writer.ReplyAsync(SocketReplies.Error(problem, requestId));
        if (_errors.Spend())
        {
            End(SocketEnd.TooManyErrors);
        }
    }

    private async ValueTask<Problem?> DoAsync(SocketMessage message, long asked)
    {
        try
        {
            return message.Type switch
            {
                "chat" => await ChatAsync(message, asked),
                "attach" => await AttachAsync(message),
                "detach" => Detach(message),
                "cancel" => await CancelAsync(message),
                "approve" => await ApproveAsync(message),
                _ => Problem.Validation("type", "type is chat, cancel, attach, detach or approve."),
            };
        }
        catch (Exception exception) when (RunProblem.FromStorage(exception) is { } problem)
        {
            return Problem.From(problem);
        }
    }

    private async ValueTask<Problem?> ChatAsync(SocketMessage message, long asked)
    {
        if (message.RequestId is not { } requestId)
        {
            return Problem.Validation("requestId", "requestId is missing: any text of your choosing, which every event of the answer will carry.");
        }

        if (_writer.IsFull)
        {
            return TooManyStreams;
        }

        var (started, problem) = await StartRun.StartAsync(message, message.IdempotencyKey, _caller, asked, _runs);
        return started is null ? problem
            : started.Replayed && _writer.Reads(started.Run.Id) ? AlreadyReading(started.Run)
            : Read(started.Run, 0, requestId);
    }

    private async ValueTask<Problem?> AttachAsync(SocketMessage message)
    {
        if (message.RunId is not { } runId)
        {
            return Problem.Validation("runId", "runId is missing: the run to read.");
        }

        if (await _host.FindAsync(runId, _caller) is not { } run)
        {
            return Problem.NotFound;
        }

        var after = 0L;
        if (message.After is { } cursor && (cursor.ValueKind != JsonValueKind.Number || !cursor.TryGetInt64(out after) || after < 0))
        {
            return Problem.InvalidCursor;
        }

        if (EventCursor.Check(after, run) is { } wrong)
        {
            return wrong;
        }

        if (run.IsEnded && after == run.Seq && !_writer.Reads(runId))
        {
            await _writer.ReplyAsync(SocketReplies.Detached(run, message.RequestId));
            return null;
        }

        if (_writer.IsFull && !_writer.Reads(runId))
        {
            return TooManyStreams;
        }

        return Read(run, after, message.RequestId);
    }

    private Problem? Detach(SocketMessage message)
    {
        if (message.RunId is not { } runId)
        {
            return Problem.Validation("runId", "runId is missing: the run to leave.");
        }

        _writer.Detach(runId);
        return null;
    }

    // The answers come when the stops are done; meanwhile the client is heard.
    private async ValueTask<Problem?> CancelAsync(SocketMessage message)
    {
        var runs = (message.RunId, message.RequestId) switch
        {
            ({ } runId, _) => await FindAsync([runId]),
            (null, { } requestId) => await FindRequestAsync(requestId),
            _ => _writer.Attached,
        };
        if (runs.Count == 0 && (message.RunId ?? message.RequestId) is not null)
        {
            return Problem.NotFound;
        }

        foreach (var run in runs)
        {
            _stopping.RemoveAll(task => task.IsCompleted);
            if (_stopping.Count >= MaxStopping)
            {
                await Task.WhenAny(_stopping);
            }

            _stopping.Add(StopAsync(run, message.RequestId ?? _requests.LastOrDefault(request => request.RunId == run.Id).RequestId));
        }

        return null;
    }

    private async ValueTask<Problem?> ApproveAsync(SocketMessage message)
    {
        if (message is not { RunId: { } runId, Id: { } id })
        {
            return Problem.Validation(message.RunId is null ? "runId" : "id", "approve has the runId, and as its id that of the approval_request.");
        }

        if (await _host.FindAsync(runId, _caller) is not { } run)
        {
            return Problem.NotFound;
        }

        if (await AnswerApproval.AnswerAsync(_host, run, id, message.Approved, message.Reason) is { } problem)
        {
            return problem;
        }

        await _writer.ReplyAsync(SocketReplies.Approved(run, message.RequestId ?? _requests.LastOrDefault(request => request.RunId == run.Id).RequestId, id, message.Approved!.Value));
        return null;
    }

    private async Task<List<Run>> FindAsync(IEnumerable<string> runIds)
    {
        var runs = new List<Run>();
        foreach (var id in runIds.Distinct())
        {
            if (await _host.FindAsync(id, _caller) is { } run)
            {
                runs.Add(run);
            }
        }

        return runs;
    }

    // A name may be used again: it stands for what runs under it, or else for what did last.
    private async Task<List<Run>> FindRequestAsync(string requestId)
    {
        var runs = await FindAsync(_requests.Where(request => request.RequestId == requestId).Select(request => request.RunId));
        var running = runs.FindAll(run => !run.IsEnded);
        return running.Count > 0 ? running : [.. runs.TakeLast(1)];
    }

    private async Task StopAsync(Run run, string? requestId)
    {
        byte[] reply;
        try
        {
            reply = SocketReplies.Cancelled(run, requestId, await _host.StopAsync(run));
        }
        catch (Exception exception) when (RunProblem.FromStorage(exception) is { } problem)
        {
            reply = SocketReplies.Error(Problem.From(problem), requestId);
        }

        await _writer.ReplyAsync(reply);
    }

    private Problem? Read(Run run, long after, string? requestId)
    {
        try
        {
            _writer.Attach(run, after, requestId);
        }
        catch (Exception exception) when (Problem.From(exception) is { } problem)
        {
            return problem;
        }

        if (requestId is not null)
        {
            _requests.AddLast((requestId, run.Id));
            if (_requests.Count > MaxRemembered)
            {
                _requests.RemoveFirst();
            }
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "A WebSocket's client is gone")]
        public static partial void Gone(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "A WebSocket's message could not be handled")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
