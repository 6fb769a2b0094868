using System.Runtime.CompilerServices;

namespace ChatApp.Providers;

/// <summary>
/// A response's body with bounds: a stream has lines of at most 1 MB and 64 MB in all, a document 8 MB. The event parser above has none of its own: one endless line
/// would be collected until memory runs out. A connection that breaks while it is read is told as <see cref="ProviderFault.Interrupted"/>.
/// </summary>
internal sealed class UpstreamStream(UpstreamTarget target, Stream inner, UpstreamTimings? timings, bool isEvents) : ReadingStream(inner)
{
    private const int MaxLine = 1024 * 1024;
    private const long MaxEvents = 64L * 1024 * 1024;
    private const long MaxDocument = 8L * 1024 * 1024;

    private long _total;
    private int _line;

    // Pooled as UpstreamEnding.NextAsync is.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await Inner.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw UpstreamErrors.Interrupted(target, e);
        }
        catch (IOException e)
        {
            throw new OperationCanceledException("The answer was stopped.", e, cancellationToken);
        }

        Count(buffer.Span[..read]);
        return read;
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (_total == 0)
        {
            timings?.OnFirstByte();
        }

        _total += bytes.Length;
        if (_total > (isEvents ? MaxEvents : MaxDocument))
        {
            throw UpstreamErrors.Protocol(target, isEvents ? "sent more than 64 MB in one answer" : "sent a document of more than 8 MB");
        }

        if (isEvents)
        {
            CountLines(bytes);
        }
    }

    private void CountLines(ReadOnlySpan<byte> bytes)
    {
        for (var end = bytes.IndexOfAny((byte)'\n', (byte)'\r'); end >= 0; end = bytes.IndexOfAny((byte)'\n', (byte)'\r'))
        {
            GrowLine(end);
            _line = 0;
            bytes = bytes[(end + 1)..];
        }

        GrowLine(bytes.Length);
    }

    private void GrowLine(int bytes)
    {
        _line += bytes;
        if (_line > MaxLine)
        {
            throw UpstreamErrors.Protocol(target, "sent a line longer than 1 MB");
        }
    }
}
