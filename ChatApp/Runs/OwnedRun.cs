using System.Diagnostics.CodeAnalysis;
using ChatApp.Telemetry;

namespace ChatApp.Runs;

/// <summary>A run with what its owner needs to end it: the reading of the model's answer, and the readers that still want it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source holds nothing to free, and a late stop may still cancel it.")]
internal sealed class OwnedRun(Run run, DisconnectPolicy onDisconnect, RunMeters meters, TimeProvider time, Func<OwnedRun, Task> cancel)
{
    /// <summary>A reader of a run that nobody owns any more.</summary>
    public static readonly IDisposable Nobody = new Reader(null);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private ITimer? _abandoned;
    private int _readers;
    private bool _ended;

    public Run Run => run;

    public CancellationToken Stop => _stop.Token;

    public int Readers
    {
        get
        {
            lock (_lock)
            {
                return _readers;
            }
        }
    }

    /// <summary>Ends when the connection to the provider is closed.</summary>
    public Task Reading { get; set; } = Task.CompletedTask;

    /// <summary>Stops the run when its caller's key is taken out.</summary>
    public CancellationTokenRegistration Revoking { get; set; }

    /// <summary>Whether it was cut or failed, and nobody but its asker was meant to read it.</summary>
    public bool IsSpent => onDisconnect == DisconnectPolicy.Cancel && run.HasEnded && (run.Problem is not null || run.WrittenState is not (RunState.Completed or RunState.Incomplete));

    /// <summary>The place it takes within its caller's limits; given back at its end.</summary>
    public IDisposable? Place { get; init; }

    public async Task StopReadingAsync()
    {
        await _stop.CancelAsync();
        await Reading;
    }

    public IDisposable Attach()
    {
        lock (_lock)
        {
            _readers++;
            _abandoned?.Dispose();
            _abandoned = null;
        }

        meters.ReaderCame(run.Provider);
        return new Reader(this);
    }

    public void OnEnded()
    {
        lock (_lock)
        {
            _ended = true;
            _abandoned?.Dispose();
            _abandoned = null;
        }

        Revoking.Unregister();
        Place?.Dispose();
    }

    private void Detach()
    {
        meters.ReaderLeft(run.Provider);
        lock (_lock)
        {
            if (--_readers == 0 && !_ended && onDisconnect != DisconnectPolicy.Continue)
            {
                // A timer also where it is cancelled at once: whoever leaves does not wait for the provider's connection to close.
                _abandoned = time.CreateTimer(_ => OnAbandoned(), null, onDisconnect.GoesOnFor, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Waits some more, since it is read elsewhere.</summary>
    public void LookAgainAfter(TimeSpan span)
    {
        lock (_lock)
        {
            if (_readers == 0 && !_ended)
            {
                _abandoned?.Dispose();
                _abandoned = time.CreateTimer(_ => OnAbandoned(), null, span, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void OnAbandoned()
    {
        lock (_lock)
        {
            // A reader may come back while the timer is already on its way.
            if (_readers > 0 || _ended)
            {
                return;
            }
        }

        _ = cancel(this);
    }

    private sealed class Reader(OwnedRun? owned) : IDisposable
    {
        private OwnedRun? _owned = owned;

        public void Dispose() => Interlocked.Exchange(ref _owned, null)?.Detach();
    }
}
