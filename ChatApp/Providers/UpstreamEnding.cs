using System.Runtime.CompilerServices;

namespace ChatApp.Providers;

/// <summary>
/// Guards the moments between an answer's end and its connection's: once the model has said that it is done, nothing may undo that, neither a
/// connection that breaks nor a server that stays silent. Reading on to the end of the body lets the next request use the connection again.
/// </summary>
internal sealed class UpstreamEnding : IDisposable
{
    // Usage comes with the last chunk or right after it; after [DONE] comes nothing.
    private static readonly TimeSpan ForUsage = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ForGoodbye = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _any;
    private readonly CancellationToken _stop;
    private bool _finished;
    private bool _ended;

    internal UpstreamEnding(TimeProvider time, CancellationToken stop)
    {
        _stop = stop;
        _late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _any = CancellationTokenSource.CreateLinkedTokenSource(stop, _late.Token);
    }

    /// <summary>Cancelled when the answer is stopped, or over for long enough.</summary>
    internal CancellationToken Token => _any.Token;

    /// <summary>Tells how far the answer is: the model has finished; the stream has said goodbye.</summary>
    internal void Saw(bool finished, bool ended)
    {
        if (finished && !_finished)
        {
            _late.CancelAfter(ForUsage);
        }

        if (ended && !_ended)
        {
            _late.CancelAfter(ForGoodbye);
        }

        _finished |= finished;
        _ended |= ended;
    }

    /// <summary>Moves on; false at the end, and after the model's end also where reading fails.</summary>
    // Once for each token: pooled, or a thousand streams would make garbage of it.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> NextAsync<T>(IAsyncEnumerator<T> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception) when (_finished && !_stop.IsCancellationRequested)
        {
            // The answer is whole; only its usage, or the goodbye, is lost.
            return false;
        }
        catch (OperationCanceledException e) when (_stop.IsCancellationRequested)
        {
            // Under the caller's own token, so that the caller knows it as its own.
            throw new OperationCanceledException(e.Message, e, _stop);
        }
    }

    public void Dispose()
    {
        _any.Dispose();
        _late.Dispose();
    }
}
