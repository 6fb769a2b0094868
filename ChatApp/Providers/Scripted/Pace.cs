namespace ChatApp.Providers.Scripted;

/// <summary>
/// Waits for moments counted from its own start, so that late timers and slow readers never add up: whoever is behind gets all that is due at once.
/// </summary>
internal sealed class Pace(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public async ValueTask UntilAsync(TimeSpan due, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (var wait = due - time.GetElapsedTime(_start); wait > TimeSpan.Zero; wait = due - time.GetElapsedTime(_start))
        {
            // Timers count whole milliseconds and round down; a rest of 0.3 ms would spin.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellationToken);
        }
    }
}
