namespace ChatApp.Rendering;

/// <summary>Where, in the source, flushes have ended.</summary>
internal sealed class FlushMarks
{
    private readonly List<long> _marks = [];

    public void Add(long offset)
    {
        if (_marks.Count == 0 || _marks[^1] < offset)
        {
            _marks.Add(offset);
        }
    }

    /// <summary>The first mark after <paramref name="offset"/>, or a place that is never reached.</summary>
    public long Next(long offset)
    {
        var at = _marks.BinarySearch(offset + 1);
        at = at < 0 ? ~at : at;
        return at < _marks.Count ? _marks[at] : long.MaxValue;
    }
}
