namespace ChatApp.Telemetry;

/// <summary>Counts values in buckets of fixed bounds: a value takes no memory, and percentiles are as exact as the buckets are narrow.</summary>
/// <param name="bounds">The upper bounds, rising; a value that is equal to one belongs below it. What is above the last has a bucket of its own.</param>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class FixedHistogram(double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;

    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>How many values each bucket has, the one above the last bound included.</summary>
    public IReadOnlyList<long> Counts => _counts;

    public long Count { get; private set; }

    public double Sum { get; private set; }

    /// <summary>The mean; 0 where there are no values.</summary>
    public double Average => Count == 0 ? 0 : Sum / Count;

    public void Record(double value)
    {
        var at = Array.BinarySearch(bounds, value);
        _counts[at < 0 ? ~at : at]++;
        Count++;
        Sum += value;
        _min = Math.Min(_min, value);
        _max = Math.Max(_max, value);
    }

    /// <summary>Adds what another one of the same bounds has counted.</summary>
    public void Add(FixedHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        Sum += other.Sum;
        _min = Math.Min(_min, other._min);
        _max = Math.Max(_max, other._max);
    }

    /// <summary>The value that <paramref name="part"/> of all values, 0 to 1, do not exceed; null where there are none.</summary>
    public double? Percentile(double part)
    {
        if (Count == 0)
        {
            return null;
        }

        var rank = part * Count;
        var below = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] > 0 && below + _counts[i] >= rank)
            {
                // The smallest and the largest value are known: no percentile lies outside, and the last bucket has an end.
                var from = Math.Max(i == 0 ? double.NegativeInfinity : bounds[i - 1], _min);
                var to = Math.Min(i == bounds.Length ? double.PositiveInfinity : bounds[i], _max);
                return from + (to - from) * ((rank - below) / _counts[i]);
            }

            below += _counts[i];
        }

        return _max;
    }
}
