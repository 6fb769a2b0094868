using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>
/// How much one caller, and all together, may ask for. It is asked where runs are started and streams opened, so that the page and every
/// protocol pass it: a circuit is one request to a middleware, however much is typed in it.
/// </summary>
public sealed class CallerLimits : IDisposable
{
    private readonly int _perMinute;
    private readonly Slots _runs;
    private readonly Slots _streams;
    private readonly PartitionedRateLimiter<string>? _rate;

    public CallerLimits(IOptions<LimitsOptions> options, KeyRing keys)
        : this(options.Value, keys.IsRequired)
    {
    }

    /// <param name="limits">The settings.</param>
    /// <param name="withKeys">Whether callers have keys: then there are limits also where none is set.</param>
    internal CallerLimits(LimitsOptions limits, bool withKeys)
    {
        _perMinute = limits.RequestsPerMinute ?? (withKeys ? 60 : 0);
        _runs = new Slots(limits.ConcurrentRuns ?? (withKeys ? 10 : 0), limits.MaxRuns);
        _streams = new Slots(limits.Streams ?? (withKeys ? 20 : 0), limits.MaxStreams);
        if (_perMinute > 0)
        {
            var each = TimeSpan.FromMinutes(1) / _perMinute;
            _rate = PartitionedRateLimiter.Create<string, string>(caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ =>
                new TokenBucketRateLimiterOptions { TokenLimit = _perMinute, TokensPerPeriod = 1, ReplenishmentPeriod = each }));
        }
    }

    /// <summary>Takes a place for a run; it is free again when the result is disposed of.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="streamed">Whether its asker will read it as a stream: refused now if there is no room for that, rather than once it runs.</param>
    /// <exception cref="OverLimitException">There is no place now.</exception>
    /// <exception cref="KeyRemovedException">The caller's key was taken out.</exception>
    public IDisposable StartRun(Caller caller, bool streamed)
    {
        ThrowIfRemoved(caller);
        if (streamed)
        {
            ThrowIfFull(_streams.Look(caller.Partition), NoStream);
        }

        var place = _runs.Take(caller.Partition, out var room);
        ThrowIfFull(room, NoRun);
        // Last, so that whoever is refused for another reason has not used up a turn.
        using var turn = _rate?.AttemptAcquire(caller.Partition);
        if (turn is { IsAcquired: false })
        {
            place!.Dispose();
            var wait = turn.TryGetMetadata(MetadataName.RetryAfter, out var known) && known > TimeSpan.FromSeconds(1) ? known : TimeSpan.FromSeconds(1);
            throw new OverLimitException(
                OverLimit.Rate, wait, $"You may ask {(_perMinute == 1 ? "once" : $"{_perMinute} times")} a minute, and have. Ask again in {Math.Ceiling(wait.TotalSeconds):0} s.");
        }

        return place!;
    }

    /// <summary>Takes a place for a stream; it is free again when the result is disposed of.</summary>
    /// <exception cref="OverLimitException">There is no place now.</exception>
    /// <exception cref="KeyRemovedException">The caller's key was taken out.</exception>
    public IDisposable OpenStream(Caller caller)
    {
        ThrowIfRemoved(caller);
        var place = _streams.Take(caller.Partition, out var room);
        ThrowIfFull(room, NoStream);
        return place!;
    }

    public void Dispose() => _rate?.Dispose();

    private static void ThrowIfRemoved(Caller caller)
    {
        if (caller.Revoked.IsCancellationRequested)
        {
            throw new KeyRemovedException();
        }
    }

    private static void ThrowIfFull(Room room, Func<OverLimitException> own)
    {
        if (room != Room.Free)
        {
            throw room == Room.OwnFull ? own() : new OverLimitException(
                OverLimit.Capacity, TimeSpan.FromSeconds(5), "The server has all the work it can take. What runs goes on; ask again in a few seconds.");
        }
    }

    private OverLimitException NoRun() => new(
        OverLimit.Rate, TimeSpan.FromSeconds(2), $"As many answers of yours are being made as may be at once ({_runs.Each}). Wait for one to end, or stop one.");

    private OverLimitException NoStream() => new(
        OverLimit.Streams, TimeSpan.FromSeconds(2), $"As many streams of yours are open as may be at once ({_streams.Each}). Close one first.");

    private enum Room
    {
        Free,
        OwnFull,
        AllFull,
    }

    /// <summary>Places that are taken and given back: so many for each caller, so many in all; 0 means any number.</summary>
    private sealed class Slots(int each, int all)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, int> _taken = [];
        private int _sum;

        public int Each => each;

        public Room Look(string caller)
        {
            lock (_lock)
            {
                return each > 0 && _taken.GetValueOrDefault(caller) >= each ? Room.OwnFull
                    : all > 0 && _sum >= all ? Room.AllFull
                    : Room.Free;
            }
        }

        public IDisposable? Take(string caller, out Room room)
        {
            lock (_lock)
            {
                room = Look(caller);
                if (room != Room.Free)
                {
                    return null;
                }

                _sum++;
                _taken[caller] = _taken.GetValueOrDefault(caller) + 1;
                return new Place(this, caller);
            }
        }

        private void Give(string caller)
        {
            lock (_lock)
            {
                _sum--;
                if (--_taken[caller] == 0)
                {
                    _taken.Remove(caller);
                }
            }
        }

        private sealed class Place(Slots slots, string caller) : IDisposable
        {
            private Slots? _slots = slots;

            public void Dispose() => Interlocked.Exchange(ref _slots, null)?.Give(caller);
        }
    }
}

/// <summary>Which limit was met.</summary>
public enum OverLimit
{
    /// <summary>The caller asks too often, or for too much at once.</summary>
    Rate,

    /// <summary>The caller has too many streams open.</summary>
    Streams,

    /// <summary>All callers together ask for more than the server takes.</summary>
    Capacity,
}

/// <summary>A limit was met; nothing was started.</summary>
/// <param name="limit">Which one.</param>
/// <param name="retryAfter">When it makes sense to try again.</param>
/// <param name="message">What happened and what to do, for people.</param>
public sealed class OverLimitException(OverLimit limit, TimeSpan retryAfter, string message) : Exception(message)
{
    /// <summary>Which limit it was.</summary>
    public OverLimit Limit { get; } = limit;

    /// <summary>When it makes sense to try again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>The key that this was asked with was taken out meanwhile.</summary>
public sealed class KeyRemovedException() : Exception("Your key was taken out. Sign in with another one.");
