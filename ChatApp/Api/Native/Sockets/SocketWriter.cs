using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.Native.Sockets;

/// <summary>
/// The one loop that writes to a socket. It serves all runs the client reads, each from its cursor and each in its turn: a run has no queue
/// here, and one with much to say keeps no other waiting for more than a few messages. A client that reads slowly gets what it missed merged.
/// </summary>
internal sealed partial class SocketWriter(WebSocket socket, RunHost host, RunJournal journal, Caller caller, Func<SocketEnd?> end, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How many runs one socket reads at a time.</summary>
    public const int MaxAttached = 100;

    private const int MaxReplies = 64;
    private const int EventsPerTurn = 8;
    private const int KeptBuffer = 256 * 1024;

    private readonly WakeSignal _signal = new();
    private readonly Channel<byte[]> _replies = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxReplies) { SingleReader = true });
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Attachment> _attached = [];
    private readonly List<Attachment> _round = [];
    private readonly List<RunEvent> _events = [];
    private ArrayBufferWriter<byte> _frame = new(1024);
    private Utf8JsonWriter? _json;
    private bool _closed;
    private bool _isSavingDelayed;

    /// <summary>Whether the client reads as many runs as it may.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _attached.Count >= MaxAttached;
            }
        }
    }

    /// <summary>The runs that the client reads now.</summary>
    public IReadOnlyList<Run> Attached
    {
        get
        {
            lock (_lock)
            {
                return [.. _attached.Values.Select(attachment => attachment.Run)];
            }
        }
    }

    /// <summary>Whether the client reads the run now.</summary>
    public bool Reads(string runId)
    {
        lock (_lock)
        {
            return _attached.ContainsKey(runId);
        }
    }

    /// <summary>Writes the run's events from now on; one that is written already goes on as it is.</summary>
    /// <exception cref="OverLimitException">The caller has as many streams open as they may.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "Whoever detaches it disposes it.")]
    public void Attach(Run run, long after, string? requestId)
    {
        lock (_lock)
        {
            if (_attached.ContainsKey(run.Id))
            {
                return;
            }

            var attachment = new Attachment(run, after, requestId, host.OpenStream(run, caller), _signal);
            if (_closed)
            {
                // The client left while its run was started: that is a reader that came and went.
                attachment.Dispose();
                return;
            }

            _attached.Add(run.Id, attachment);
        }

        _signal.Set();
    }

    /// <summary>The client reads the run no longer; nothing of it is written after what is being written now.</summary>
    public void Detach(string runId)
    {
        lock (_lock)
        {
            if (_attached.Remove(runId, out var attachment))
            {
                attachment.Dispose();
            }
        }
    }

    /// <summary>Ends a wait of the loop, for whoever changes what <c>end</c> says.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Has a message written that is no run's. Waits while there are many: a client that reads no answers is not read either.</summary>
    public async ValueTask ReplyAsync(byte[] message)
    {
        while (await _replies.Writer.WaitToWriteAsync())
        {
            if (_replies.Writer.TryWrite(message))
            {
                _signal.Set();
                return;
            }
        }
    }

    /// <summary>Writes until the socket's end, and what is to be said at that end.</summary>
    public async Task<SocketEnd> RunAsync()
    {
        while (true)
        {
            // Asked before anything is written: what was there to say before the end is said.
            var ending = end();
            if (ending == SocketEnd.Left || ending == SocketEnd.Revoked)
            {
                return ending;
            }

            var wrote = await WriteRepliesAsync();
            if (ending is null || ending == SocketEnd.Shutdown)
            {
                wrote |= await WriteRoundAsync();
                wrote |= await WriteSavingAsync();
            }

            if (wrote)
            {
                continue;
            }

            if (ending is null)
            {
                await _signal.WaitAsync();
                continue;
            }

            if (ending.Goodbye is { } goodbye)
            {
                await SendAsync(goodbye);
            }

            return ending;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var attachment in _attached.Values)
            {
                attachment.Dispose();
            }

            _attached.Clear();
        }

        _replies.Writer.TryComplete();
        _json?.Dispose();
    }

    private async ValueTask<bool> WriteRepliesAsync()
    {
        var wrote = false;
        // Not more than there can be at once, lest a client that asks and asks keeps its runs waiting.
        for (var i = 0; i < MaxReplies && _replies.Reader.TryRead(out var reply); i++)
        {
            await SendAsync(reply);
            wrote = true;
        }

        return wrote;
    }

    // Says when what the client reads begins to wait for the database, and when it does no longer.
    private async ValueTask<bool> WriteSavingAsync()
    {
        var isDelayed = journal.IsDelayed && Attached.Any(run => run is { IsStored: true, IsEnded: false });
        if (isDelayed == _isSavingDelayed)
        {
            return false;
        }

        _isSavingDelayed = isDelayed;
        await SendAsync(SocketReplies.Saving(isDelayed));
        return true;
    }

    private async ValueTask<bool> WriteRoundAsync()
    {
        lock (_lock)
        {
            _round.AddRange(_attached.Values);
        }

        var wrote = false;
        foreach (var attachment in _round)
        {
            wrote |= await WriteTurnAsync(attachment);
        }

        _round.Clear();
        return wrote;
    }

    private async ValueTask<bool> WriteTurnAsync(Attachment attachment)
    {
        attachment.Reader.Read(_events, EventsPerTurn);
        if (host.Closing.IsCancellationRequested && (!attachment.Run.IsEnded || attachment.Run.State == RunState.Interrupted))
        {
            // Its readers are told to come back, rather than that it is over.
            _events.Clear();
            return false;
        }

        var wrote = false;
        foreach (var @event in _events)
        {
            if (attachment.HasLeft)
            {
                break;
            }

            await SendAsync(Frame(@event, attachment.Ids));
            wrote = true;
        }

        _events.Clear();
        if (attachment.Reader.IsAtEnd && !attachment.HasLeft)
        {
            Detach(attachment.Run.Id);
        }

        return wrote;
    }

    private ReadOnlyMemory<byte> Frame(RunEvent @event, NativeIds ids)
    {
        if (_frame.Capacity > KeptBuffer)
        {
            _frame = new ArrayBufferWriter<byte>(1024);
        }

        _frame.ResetWrittenCount();
        if (_json is null)
        {
            _json = new Utf8JsonWriter(_frame, NativeEvents.WriterOptions);
        }
        else
        {
            _json.Reset(_frame);
        }

        NativeEvents.Write(_json, @event, ids);
        _json.Flush();
        return _frame.WrittenMemory;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        var send = socket.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
        if (send.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await send.AsTask().WaitAsync(RunStream.WriteDeadline, time);
        }
        catch (TimeoutException exception)
        {
            Log.Cut(logger, RunStream.WriteDeadline);
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely, exception);
        }
    }

    private sealed class Attachment(Run run, long after, string? requestId, IDisposable reading, WakeSignal signal) : IDisposable
    {
        private volatile bool _left;

        public Run Run => run;

        public NativeIds Ids { get; } = NativeIds.Of(run.Id, requestId);

        public RunReader Reader { get; } = new(run, after, signal);

        public bool HasLeft => _left;

        public void Dispose()
        {
            _left = true;
            Reader.Dispose();
            reading.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "A WebSocket's client took nothing for {Deadline} and was cut")]
        public static partial void Cut(ILogger logger, TimeSpan deadline);
    }
}
