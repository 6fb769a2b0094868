namespace ChatApp.Runs;

/// <summary>
/// Watches how long a model is silent: says once of each silence that it is longer than usual, and ends the wait for it when it has lasted too long. A piece of content
/// costs a look at the clock; the timer is set anew only when it has fired, or after a stall.
/// </summary>
internal sealed class SilenceWatch : IDisposable
{
    // How often the usual gap a silence lasts before it is called a stall.
    private const double GapsOfAStall = 3;
    private const double WaitsOfAStall = 2;

    private readonly StepServices _work;
    private readonly ModelPace _pace;
    private readonly TimeSpan? _failOver;
    private readonly Action<TimeSpan> _stalled;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _lock = new();
    private readonly double _msPerTick;
    private readonly double _usualFirst;
    private readonly ITimer _timer;
    private UsualTime _gap;
    private long _last;
    private long _sign;
    private volatile bool _hasContent;
    private volatile bool _isStalled;
    private bool _isDone;

    /// <param name="work">The limits and the clock.</param>
    /// <param name="pace">How fast the model usually is; what is seen is added to it.</param>
    /// <param name="failOver">How long to wait for the first content where another model may be asked; null where none may.</param>
    /// <param name="stalled">Told how long a silence has lasted that is longer than usual.</param>
    public SilenceWatch(StepServices work, ModelPace pace, TimeSpan? failOver, Action<TimeSpan> stalled)
    {
        (_work, _pace, _failOver, _stalled) = (work, pace, failOver, stalled);
        (_gap, _usualFirst) = (pace.Gap, pace.First.Ms);
        _msPerTick = 1000.0 / work.Time.TimestampFrequency;
        _last = _sign = work.Time.GetTimestamp();
        _timer = work.Time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Look();
    }

    /// <summary>Cancelled when the silence has lasted too long.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Whether it was ended because another model can be asked.</summary>
    public bool IsFailOver { get; private set; }

    /// <summary>Content has come.</summary>
    public void Heard()
    {
        var now = _work.Time.GetTimestamp();
        var ms = (now - Volatile.Read(ref _last)) * _msPerTick;
        Volatile.Write(ref _last, now);
        if (_hasContent && !_isStalled)
        {
            _gap.Add(ms);
            return;
        }

        if (_hasContent)
        {
            _gap.Add(ms);
        }
        else
        {
            _pace.LearnFirst(ms);
        }

        (_hasContent, _isStalled) = (true, false);
        Look();
    }

    /// <summary>Something has come that is no content, such as the word that a request is sent again: no answer, and no stall either.</summary>
    public void SawSign() => Volatile.Write(ref _sign, _work.Time.GetTimestamp());

    public void Dispose()
    {
        lock (_lock)
        {
            _isDone = true;
        }

        _timer.Dispose();
        _over.Dispose();
        if (_hasContent)
        {
            _pace.LearnGap(_gap);
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_isDone)
            {
                return;
            }

            var wait = Wait();
            if (wait > TimeSpan.Zero)
            {
                // Timers count whole milliseconds, and one that is early looks in vain.
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                return;
            }

            _isDone = true;
        }

        // Not under the lock: whoever waits goes on from here, on this thread.
        try
        {
            _over.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    // Until when there is nothing to do; zero where the silence has lasted too long.
    private TimeSpan Wait()
    {
        var last = Volatile.Read(ref _last);
        var silent = _work.Time.GetElapsedTime(last);
        var left = (_hasContent ? _work.Options.InterTokenTimeout : _work.Options.FirstTokenTimeout) - silent;
        var isFailOver = !_hasContent && _failOver is { } patience && patience - silent < left;
        left = isFailOver ? _failOver!.Value - silent : left;
        if (left <= TimeSpan.Zero)
        {
            IsFailOver = isFailOver;
            return TimeSpan.Zero;
        }

        if (_work.Options.StallAfter <= TimeSpan.Zero || _isStalled)
        {
            return left;
        }

        var usual = TimeSpan.FromMilliseconds(_hasContent ? GapsOfAStall * _gap.Ms : WaitsOfAStall * _usualFirst);
        var floor = usual > _work.Options.StallAfter ? usual : _work.Options.StallAfter;
        var quiet = _work.Time.GetElapsedTime(Math.Max(last, Volatile.Read(ref _sign)));
        if (quiet >= floor)
        {
            _isStalled = true;
            _stalled(silent);
            return left;
        }

        return floor - quiet < left ? floor - quiet : left;
    }
}
