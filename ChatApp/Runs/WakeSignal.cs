using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ChatApp.Runs;

/// <summary>A signal that is set or not: a second one before the first is seen adds nothing. Many may set it; one waits for it.</summary>
public sealed class WakeSignal
{
    private readonly Channel<bool> _signal =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Ends a wait, or the next one.</summary>
    public void Set() => _signal.Writer.TryWrite(true);

    /// <summary>Takes the signal, if it is set.</summary>
    public void Reset() => _signal.Reader.TryRead(out _);

    /// <summary>Ends when the signal is set, and takes it.</summary>
    // Once for each token and reader: pooled, or a thousand streams would make garbage of it.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(CancellationToken cancellationToken = default) => await _signal.Reader.ReadAsync(cancellationToken);
}
