namespace ChatApp.Tools.Mcp;

/// <summary>What a server may send. Past it the connection is dropped, so that no server takes the memory or the processor.</summary>
internal sealed class McpLimits(TimeProvider time)
{
    /// <summary>The most bytes of one message.</summary>
    public const int MaxMessage = 8 * 1024 * 1024;

    // What may come at once, and what a second adds to it.
    private const double MessagesAtOnce = 5_000;
    private const double MessagesPerSecond = 500;
    private const double BytesAtOnce = 32.0 * 1024 * 1024;
    private const double BytesPerSecond = 4.0 * 1024 * 1024;

    private readonly Lock _lock = new();
    private double _messages = MessagesAtOnce;
    private double _bytes = BytesAtOnce;
    private long _last = time.GetTimestamp();

    /// <summary>Counts what was read.</summary>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="messages">How many messages ended in them.</param>
    /// <param name="open">How many bytes the message has that has not ended yet.</param>
    /// <exception cref="McpFailure">It is too much.</exception>
    public void Count(int bytes, int messages, long open)
    {
        if (open > MaxMessage)
        {
            throw new McpFailure($"sent a message of more than {MaxMessage / 1024 / 1024} MB and was cut off");
        }

        lock (_lock)
        {
            var now = time.GetTimestamp();
            var seconds = time.GetElapsedTime(_last, now).TotalSeconds;
            _last = now;
            _messages = Math.Min(MessagesAtOnce, _messages + (seconds * MessagesPerSecond)) - messages;
            _bytes = Math.Min(BytesAtOnce, _bytes + (seconds * BytesPerSecond)) - bytes;
            if (_messages < 0 || _bytes < 0)
            {
                throw new McpFailure(_messages < 0 ? $"sent more than {MessagesPerSecond} messages a second and was cut off" : $"sent more than {BytesPerSecond / 1024 / 1024} MB a second and was cut off");
            }
        }
    }
}
