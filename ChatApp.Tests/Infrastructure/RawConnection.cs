using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ChatApp.Tests.Infrastructure;

/// <summary>A TCP connection to the app on which a test writes and reads bytes: for what no client library would send, and for cuts at any byte.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly List<byte> _received = [];
    private readonly byte[] _buffer = new byte[64 * 1024];
    private NetworkStream? _stream;
    private int _taken;

    private RawConnection()
    {
    }

    /// <summary>All that came so far.</summary>
    public byte[] Received => [.. _received];

    public string ReceivedText => Encoding.UTF8.GetString(Received);

    public static async Task<RawConnection> OpenAsync(Uri app)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(app.Host, app.Port);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    /// <summary>Opens a connection, sends a WebSocket's handshake, and reads its answer where <paramref name="wait"/> says so.</summary>
    public static async Task<RawConnection> OpenSocketAsync(Uri app, string headers = "", bool wait = true)
    {
        var connection = await OpenAsync(app);
        await connection.SendAsync(
            $"GET /api/ws HTTP/1.1\r\nHost: {app.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n");
        while (wait && !connection.ReceivedText.Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.True(await connection.ReadAsync());
        }

        return connection;
    }

    /// <summary>A frame as a client sends it, RFC 6455, 5.2.</summary>
    public static byte[] Frame(int opcode, ReadOnlySpan<byte> payload, bool final = true, int reserved = 0)
    {
        var frame = new List<byte> { (byte)((final ? 0x80 : 0) | (reserved << 4) | opcode) };
        const int Masked = 0x80;
        switch (payload.Length)
        {
            case < 126:
                frame.Add((byte)(Masked | payload.Length));
                break;
            case <= ushort.MaxValue:
                frame.AddRange([(byte)(Masked | 126), (byte)(payload.Length >> 8), (byte)payload.Length]);
                break;
            default:
                var length = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
                frame.AddRange([(byte)(Masked | 127), .. length]);
                break;
        }

        // A mask of zeros leaves the payload as it is.
        frame.AddRange([0, 0, 0, 0, .. payload]);
        return [.. frame];
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _stream!.WriteAsync(bytes);

    /// <summary>Sends an object as one WebSocket message.</summary>
    public Task SendMessageAsync(object message) => SendAsync(Frame(1, JsonSerializer.SerializeToUtf8Bytes(message)));

    /// <summary>Reads what comes next, at most so many bytes; false at the end of the stream.</summary>
    public async Task<bool> ReadAsync(int most = int.MaxValue)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        try
        {
            var read = await _stream!.ReadAsync(_buffer.AsMemory(0, Math.Min(most, _buffer.Length)), limit.Token);
            _received.AddRange(_buffer.AsSpan(0, read));
            return read > 0;
        }
        catch (IOException)
        {
            // Reset: over, too.
            return false;
        }
    }

    /// <summary>The status of the next close frame; null where the connection ended without one.</summary>
    public async Task<int?> CloseStatusAsync()
    {
        do
        {
            foreach (var (opcode, payload) in Frames())
            {
                if (opcode == 8)
                {
                    return BinaryPrimitives.ReadUInt16BigEndian(payload);
                }
            }
        }
        while (await ReadAsync());
        return null;
    }

    /// <summary>The next text message that has not been taken; null at the end.</summary>
    public async Task<JsonElement?> NextMessageAsync()
    {
        do
        {
            if (Messages().Skip(_taken).ToList() is { Count: > 0 } fresh)
            {
                _taken++;
                return fresh[0];
            }
        }
        while (await ReadAsync());
        return null;
    }

    /// <summary>The text messages that have come whole.</summary>
    public List<JsonElement> Messages() => [.. Frames().Where(frame => frame.Opcode == 1).Select(frame => JsonElement.Parse(frame.Payload))];

    /// <summary>The frames that have come whole, after the handshake's answer.</summary>
    public List<(int Opcode, byte[] Payload)> Frames()
    {
        var frames = new List<(int, byte[])>();
        var bytes = Received.AsSpan();
        var head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return frames;
        }

        bytes = bytes[(head + 4)..];
        while (bytes.Length >= 2)
        {
            var (start, length) = (2, (long)bytes[1]);
            if (length >= 126)
            {
                start = length == 126 ? 4 : 10;
                if (bytes.Length < start)
                {
                    break;
                }

                length = start == 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
            }

            if (bytes.Length < start + length)
            {
                break;
            }

            Assert.Equal(0x80, bytes[0] & 0xf0);
            frames.Add((bytes[0] & 0xf, bytes.Slice(start, (int)length).ToArray()));
            bytes = bytes[(start + (int)length)..];
        }

        return frames;
    }

    /// <summary>The events that have come whole, of a response of server-sent events in chunks that may be cut anywhere.</summary>
    public List<JsonElement> SseEvents()
    {
        var body = new List<byte>();
        var bytes = Received.AsSpan();
        var head = bytes.IndexOf("\r\n\r\n"u8);
        bytes = head < 0 ? [] : bytes[(head + 4)..];
        while (bytes.IndexOf("\r\n"u8) is var line and >= 0)
        {
            var size = int.Parse(Encoding.ASCII.GetString(bytes[..line]), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
            bytes = bytes[(line + 2)..];
            body.AddRange(bytes[..Math.Min(size, bytes.Length)]);
            bytes = bytes[Math.Min(size + 2, bytes.Length)..];
        }

        var events = new List<JsonElement>();
        var text = Encoding.UTF8.GetString([.. body]);
        // What stands after the last empty line has not come whole.
        foreach (var block in text.Split("\n\n")[..^1])
        {
            if (block.Split('\n').FirstOrDefault(row => row.StartsWith("data: ", StringComparison.Ordinal)) is { } data)
            {
                events.Add(JsonElement.Parse(data[6..]));
            }
        }

        return events;
    }

    /// <summary>Says that no more will be sent, and still reads.</summary>
    public void CloseSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Resets the connection instead of closing it.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    public void Dispose() => _client.Dispose();
}
