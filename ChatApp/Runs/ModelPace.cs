using System.Runtime.InteropServices;

namespace ChatApp.Runs;

/// <summary>How fast each model usually is, as this process has seen it: for telling a silence that is usual from one that is not.</summary>
public sealed class ModelPaces
{
    // Some models' ids are made up as they are asked for.
    private const int MostModels = 256;
    private const int LongestId = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ModelPace> _known = new(StringComparer.Ordinal);

    /// <summary>The pace of the model of that id.</summary>
    internal ModelPace Of(string model)
    {
        if (model.Length > LongestId)
        {
            return new ModelPace();
        }

        lock (_lock)
        {
            if (_known.TryGetValue(model, out var pace))
            {
                return pace;
            }

            if (_known.Count >= MostModels)
            {
                // What is still used is soon learned again.
                _known.Clear();
            }

            return _known[model] = new ModelPace();
        }
    }
}

/// <summary>How fast one model usually is.</summary>
internal sealed class ModelPace
{
    private readonly Lock _lock = new();
    private UsualTime _first;
    private UsualTime _gap;

    /// <summary>From the request to the first content.</summary>
    public UsualTime First
    {
        get
        {
            lock (_lock)
            {
                return _first;
            }
        }
    }

    /// <summary>Between two pieces of content.</summary>
    public UsualTime Gap
    {
        get
        {
            lock (_lock)
            {
                return _gap;
            }
        }
    }

    public void LearnFirst(double ms)
    {
        lock (_lock)
        {
            _first.Add(ms);
        }
    }

    /// <param name="gap">As one answer has left it, which began with <see cref="Gap"/>.</param>
    public void LearnGap(UsualTime gap)
    {
        lock (_lock)
        {
            _gap = gap;
        }
    }
}

/// <summary>What a time usually is: a mean and a mean deviation in which what is older counts less, and what is far off counts little.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct UsualTime
{
    private const int EnoughToJudge = 8;
    private double _mean;
    private double _deviation;
    private int _count;

    /// <summary>In milliseconds; 0 before anything was seen.</summary>
    public readonly double Ms => _mean + _deviation;

    public void Add(double ms)
    {
        if (_count == 0)
        {
            (_mean, _deviation) = (ms, ms / 2);
        }
        else
        {
            // One silence does not make the next one usual.
            ms = _count < EnoughToJudge ? ms : Math.Min(ms, (4 * Ms) + 50);
            var off = ms - _mean;
            _mean += off / 16;
            _deviation += (Math.Abs(off) - _deviation) / 8;
        }

        _count = Math.Min(_count + 1, EnoughToJudge);
    }
}
