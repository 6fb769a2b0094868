using System.Net.WebSockets;

namespace ChatApp.Api.Native.Sockets;

/// <summary>Puts a client's frames together to messages, within a limit of size.</summary>
internal sealed class SocketReceiver(WebSocket socket)
{
    private const int SmallBuffer = 4 * 1024;

    // A message of ever so many empty or tiny frames costs work though it has no size.
    private const int LeastCostOfAFrame = 16;

    private byte[] _buffer = new byte[SmallBuffer];
    private int _length;

    /// <summary>The last message; valid until the next is asked for.</summary>
    public ReadOnlySpan<byte> Message => _buffer.AsSpan(0, _length);

    /// <summary>Waits for a whole message; gives the end that the client, or what it sent, makes of the socket instead.</summary>
    public async ValueTask<SocketEnd?> NextAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length > 16 * SmallBuffer)
        {
            _buffer = new byte[SmallBuffer];
        }

        _length = 0;
        var cost = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(_length), cancellationToken);
            _length += part.Count;
            cost += Math.Max(part.Count, LeastCostOfAFrame);
            if (part.MessageType != WebSocketMessageType.Text)
            {
                return part.MessageType == WebSocketMessageType.Close ? SocketEnd.Left : SocketEnd.Binary;
            }

            if (_length > JsonBody.MaxBytes || cost > JsonBody.MaxBytes + LeastCostOfAFrame)
            {
                return SocketEnd.TooLarge;
            }

            if (part.EndOfMessage)
            {
                return null;
            }

            if (_buffer.Length - _length < SmallBuffer / 4)
            {
                // One more byte than allowed, to see that there are too many.
                Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, JsonBody.MaxBytes + SmallBuffer));
            }
        }
    }

    /// <summary>Takes what the client still sends and throws it away, until it closes.</summary>
    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        while ((await socket.ReceiveAsync(_buffer.AsMemory(), cancellationToken)).MessageType != WebSocketMessageType.Close)
        {
        }
    }
}
