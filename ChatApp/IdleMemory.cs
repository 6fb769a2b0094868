namespace ChatApp;

/// <summary>
/// Gives memory back to the system once nothing happens any more. The runtime collects when something is allocated: what a start or a busy hour has left
/// behind would otherwise stay for as long as the server has nothing to do.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="allocated">How many bytes the process has ever allocated.</param>
/// <param name="collect">Gives back what can be given back.</param>
internal sealed class IdleMemory(TimeProvider time, Func<long> allocated, Action collect) : BackgroundService
{
    private const long Quiet = 256 * 1024;
    private const long WorthIt = 4 * 1024 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private long _before = allocated();
    private long _collected;

    /// <summary>Looks once, and collects if nothing has happened since the last time and much did before.</summary>
    internal void Look()
    {
        var now = allocated();
        if (now - _before < Quiet && now - _collected > WorthIt)
        {
            collect();
            now = _collected = allocated();
        }

        _before = now;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }
}
