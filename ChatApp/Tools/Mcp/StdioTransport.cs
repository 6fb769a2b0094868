using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ChatApp.Tools.Mcp;

/// <summary>
/// A server's program and the messages to and from it: JSON-RPC, one message a line. Each of its three pipes has a thread of its own, since a pipe can only be
/// waited for by a thread and those of the pool are for everybody.
/// </summary>
/// <param name="name">The server's name.</param>
/// <param name="options">What to start.</param>
/// <param name="starter">Starts it.</param>
/// <param name="time">The clock of the limits.</param>
/// <param name="onError">Gets each line of its error output.</param>
internal sealed class StdioTransport(string name, McpServerOptions options, ChildStarter starter, TimeProvider time, Action<string> onError) : TransportBase(name, loggerFactory: null), IClientTransport
{
    // Messages that wait for a program that does not read.
    private const int MaxWaiting = 256;
    private const int MaxErrorLine = 1000;

    // What a line of error output counts at least, in bytes: short ones take no less work.
    private const int LeastErrorLine = 64;
    private const int Block = 32 * 1024;

    private readonly BlockingCollection<byte[]> _waiting = new(MaxWaiting);
    private readonly McpLimits _limits = new(time);
    private readonly McpLimits _errorLimits = new(time);
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ChildProcess? _child;
    private Task? _disposal;
    private bool _isDisposed;

    string IClientTransport.Name => Name;

    /// <summary>Told why it has ended by itself.</summary>
    public Action<McpFailure>? Ended { get; init; }

    /// <summary>The number of the process; null before it is started.</summary>
    public int? ProcessId => _child?.Id;

    public async Task<ITransport> ConnectAsync(CancellationToken cancellationToken = default)
    {
        var child = await starter.StartAsync(options);
        lock (_lock)
        {
            _child = child;
            if (!_isDisposed)
            {
                SetConnected();
                Start(Read, "out");
                Start(Write, "in");
                Start(ReadErrors, "err");
                _ = WatchAsync(child);
                return this;
            }
        }

        await child.DisposeAsync();
        throw new OperationCanceledException("It was stopped while it was started.");
    }

    public override Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, McpJsonUtilities.DefaultOptions);
        var line = new byte[json.Length + 1];
        json.CopyTo(line, 0);
        line[^1] = (byte)'\n';
        try
        {
            return _waiting.TryAdd(line, 0, cancellationToken) ? Task.CompletedTask : Task.FromException(new McpFailure("does not read what it is sent"));
        }
        catch (InvalidOperationException)
        {
            return Task.FromException(new McpFailure("has ended"));
        }
    }

    public override ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
            return new ValueTask(_disposal ??= EndAsync());
        }
    }

    private async Task EndAsync()
    {
        // Once what waits is written, its input ends, and a program that reads it ends as well.
        _waiting.CompleteAdding();
        if (_child is not null)
        {
            await _child.DisposeAsync();
        }

        SetDisconnected();
    }

    private void Start(Action work, string pipe) => new Thread(() => work()) { IsBackground = true, Name = $"MCP {Name} {pipe}" }.Start();

    // It ends, or its output does: whichever comes first, the other gets a moment to say why.
    private async Task WatchAsync(ChildProcess child)
    {
        await Task.WhenAny(_read.Task, child.End);
        try
        {
            await _read.Task.WaitAsync(TimeSpan.FromMilliseconds(500));
        }
        catch (TimeoutException)
        {
            // Something that it started holds its output open.
        }

        var failure = await child.TryWaitAsync() is { } code ? new McpFailure($"has ended with exit code {code}") : new McpFailure("has closed its output");
        bool isOurs;
        lock (_lock)
        {
            isOurs = _isDisposed;
        }

        if (!isOurs)
        {
            Ended?.Invoke(failure);
        }

        SetDisconnected(failure);
    }

    private void Read()
    {
        try
        {
            ReadMessages(_child!.Output);
        }
        catch (McpFailure failure)
        {
            SetDisconnected(failure);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is being ended.
        }
        finally
        {
            _child!.Output.Dispose();
            _read.TrySetResult();
        }
    }

    private void ReadMessages(Stream output)
    {
        var buffer = new byte[Block];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, McpLimits.MaxMessage + 1));
            }

            var read = output.Read(buffer, length, buffer.Length - length);
            if (read == 0)
            {
                return;
            }

            var from = 0;
            var messages = 0;
            var searched = length;
            length += read;
            for (var end = buffer.AsSpan(searched, length - searched).IndexOf((byte)'\n'); end >= 0; end = buffer.AsSpan(searched, length - searched).IndexOf((byte)'\n'))
            {
                Take(buffer.AsSpan(from, searched + end - from));
                messages++;
                from = searched = searched + end + 1;
            }

            length -= from;
            buffer.AsSpan(from, length).CopyTo(buffer);
            _limits.Count(read, messages, length);
            if (buffer.Length > Block && length < Block)
            {
                // One long message does not keep its memory.
                buffer = buffer[..Block];
            }
        }
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty)
        {
            return;
        }

        try
        {
            if (JsonSerializer.Deserialize<JsonRpcMessage>(line, McpJsonUtilities.DefaultOptions) is { } message)
            {
                _ = WriteMessageAsync(message);
            }
        }
        catch (Exception)
        {
            // Many programs greet, or log, where only messages should be; and no message, whatever it is like, ends the thread, and with it ChatApp.
            onError($"(no message) {Encoding.UTF8.GetString(line[..Math.Min(line.Length, MaxErrorLine)])}");
        }
    }

    private void Write()
    {
        var input = _child!.Input;
        try
        {
            foreach (var line in _waiting.GetConsumingEnumerable())
            {
                input.Write(line);
                input.Flush();
            }

            input.Dispose();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone, or has closed its input: whoever waits for an answer hears so from its output's end, or by the time-out.
            while (_waiting.TryTake(out _))
            {
            }
        }
    }

    private void ReadErrors()
    {
        var line = new StringBuilder();
        var block = new byte[4096];
        var chars = new char[block.Length + 1];
        var decoder = Encoding.UTF8.GetDecoder();
        try
        {
            for (var read = 1; read > 0;)
            {
                read = _child!.Errors.Read(block, 0, block.Length);
                _errorLimits.Count(Math.Max(read, LeastErrorLine * block.AsSpan(0, read).Count((byte)'\n')), messages: 0, open: 0);
                foreach (var c in chars.AsSpan(0, decoder.GetChars(block.AsSpan(0, read), chars, flush: read == 0)))
                {
                    if (c == '\n')
                    {
                        onError(line.ToString());
                        line.Clear();
                    }
                    else if (line.Length < MaxErrorLine)
                    {
                        line.Append(c);
                    }
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is being ended.
        }
        catch (McpFailure failure)
        {
            SetDisconnected(failure);
        }
        finally
        {
            _child!.Errors.Dispose();
        }

        if (line.Length > 0)
        {
            onError(line.ToString());
        }
    }
}
