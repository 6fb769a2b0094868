using ChatApp.Providers;

namespace ChatApp.Runs;

/// <summary>The moments of a run on the monotonic clock. Every moment is set once, by whoever sees it first.</summary>
internal sealed class RunTimings(TimeProvider time, long asked) : UpstreamTimings
{
    private long _connected, _firstByte, _firstReasoning, _firstToken, _lastToken, _done;

    private double? _frozen;

    /// <summary>Milliseconds since the run was asked for.</summary>
    public double Now => _frozen ?? Since(time.GetTimestamp());

    public double? Connected => Moment(ref _connected);

    public double? FirstByte => Moment(ref _firstByte);

    public double? FirstReasoning => Moment(ref _firstReasoning);

    public double? FirstToken => Moment(ref _firstToken);

    public double? LastToken => Moment(ref _lastToken);

    public double? Done => Moment(ref _done);

    public override void OnConnected() => SetOnce(ref _connected);

    public override void OnFirstByte() => SetOnce(ref _firstByte);

    public void OnReasoning() => SetOnce(ref _firstReasoning);

    public void OnToken()
    {
        SetOnce(ref _firstToken);
        Volatile.Write(ref _lastToken, time.GetTimestamp());
    }

    public void OnDone() => SetOnce(ref _done);

    /// <summary>Notes the moment of a stored piece of text, in milliseconds since the run was asked for.</summary>
    public void OnStored(double atMs, bool reasoning)
    {
        if (reasoning)
        {
            SetOnce(ref _firstReasoning, Timestamp(atMs));
        }
        else
        {
            SetOnce(ref _firstToken, Timestamp(atMs));
            Volatile.Write(ref _lastToken, Timestamp(atMs));
        }
    }

    /// <summary>Stops the clock at a moment: what happened to a run after its process died took no part in it.</summary>
    public void Freeze(double atMs)
    {
        _frozen = atMs;
        SetOnce(ref _done, Timestamp(atMs));
    }

    private long Timestamp(double atMs) => asked + (long)(atMs * time.TimestampFrequency / 1000);

    // 0 stands for "not yet"; a clock that happens to read 0 at that moment costs one tick of accuracy.
    private void SetOnce(ref long moment)
    {
        if (Volatile.Read(ref moment) == 0)
        {
            SetOnce(ref moment, time.GetTimestamp());
        }
    }

    private static void SetOnce(ref long moment, long timestamp) => Interlocked.CompareExchange(ref moment, timestamp == 0 ? 1 : timestamp, 0);

    private double? Moment(ref long moment) => Volatile.Read(ref moment) is var at && at == 0 ? null : Since(at);

    private double Since(long timestamp) => Math.Max(0, time.GetElapsedTime(asked, timestamp).TotalMilliseconds);
}
