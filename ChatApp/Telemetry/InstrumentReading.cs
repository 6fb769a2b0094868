using System.Diagnostics.Metrics;

namespace ChatApp.Telemetry;

/// <summary>What an instrument has measured so far, kept apart by its labels.</summary>
internal sealed class InstrumentReading(Instrument instrument)
{
    private readonly double[]? _bounds = instrument switch
    {
        Histogram<double> histogram => Bounds(histogram.Advice),
        Histogram<long> histogram => [.. Bounds(histogram.Advice).Select(bound => (double)bound)],
        _ => null,
    };

    private readonly Lock _lock = new();
    private Series[] _series = [];

    public Instrument Instrument => instrument;

    public bool IsHistogram => _bounds is not null;

    /// <summary>Whether it only grows.</summary>
    public bool IsCounter => instrument is Counter<long>;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        lock (_lock)
        {
            var series = Find(labels);
            series.Value += value;
            series.Histogram?.Record(value);
        }
    }

    /// <summary>The sum over all labels, or over those of one state.</summary>
    public double Total(string? state = null)
    {
        lock (_lock)
        {
            return Of(state).Sum(series => series.Value);
        }
    }

    /// <summary>The values of all labels in one histogram, or those of one state.</summary>
    public FixedHistogram Histogram(string? state = null)
    {
        var all = new FixedHistogram(_bounds!);
        lock (_lock)
        {
            foreach (var series in Of(state))
            {
                all.Add(series.Histogram!);
            }
        }

        return all;
    }

    /// <summary>A copy of every series, as of one moment.</summary>
    public IReadOnlyList<Series> Snapshot()
    {
        lock (_lock)
        {
            return [.. _series.Select(series => series.Copy())];
        }
    }

    private IEnumerable<Series> Of(string? state) =>
        state is null ? _series : _series.Where(series => series.Labels.Any(label => label.Key == "state" && label.Value == state));

    // There are few series, as labels are few: looking through them costs less than making a key, and nothing to collect.
    private Series Find(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        foreach (var series in _series)
        {
            if (series.Has(labels))
            {
                return series;
            }
        }

        var added = new Series([.. labels.ToArray().Select(label => KeyValuePair.Create(label.Key, label.Value?.ToString() ?? ""))], _bounds is null ? null : new FixedHistogram(_bounds));
        _series = [.. _series, added];
        return added;
    }

    private static T[] Bounds<T>(InstrumentAdvice<T>? advice)
        where T : struct => [.. advice?.HistogramBucketBoundaries ?? []];

    /// <summary>The measurements of one set of labels.</summary>
    internal sealed class Series(KeyValuePair<string, string>[] labels, FixedHistogram? histogram)
    {
        public IReadOnlyList<KeyValuePair<string, string>> Labels => labels;

        /// <summary>The sum of all that was recorded.</summary>
        public double Value { get; set; }

        public FixedHistogram? Histogram => histogram;

        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> other)
        {
            if (labels.Length != other.Length)
            {
                return false;
            }

            for (var i = 0; i < labels.Length; i++)
            {
                if (labels[i].Key != other[i].Key || other[i].Value is not string value || labels[i].Value != value)
                {
                    return false;
                }
            }

            return true;
        }

        public Series Copy()
        {
            var copy = histogram is null ? null : new FixedHistogram([.. histogram.Bounds]);
            copy?.Add(histogram!);
            return new Series(labels, copy) { Value = Value };
        }
    }
}
