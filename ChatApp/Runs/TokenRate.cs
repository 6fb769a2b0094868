namespace ChatApp.Runs;

/// <summary>
/// Tokens a second over the last second, kept in slices of 100 ms so that its cost does not depend on the rate: the ten slices before the
/// present one, and what there is of that.
/// </summary>
internal sealed class TokenRate
{
    private const int Slices = 11;
    private const double SliceMs = 100;
    private readonly int[] _counts = new int[Slices];
    private long _slice;

    public void Add(double atMs, int tokens)
    {
        Advance(atMs);
        _counts[_slice % Slices] += tokens;
    }

    /// <param name="nowMs">The present moment.</param>
    /// <param name="sinceMs">The first token's moment: before it there was nothing to count.</param>
    public double PerSecond(double nowMs, double sinceMs)
    {
        Advance(nowMs);
        var window = Math.Min(nowMs - ((_slice - Slices + 1) * SliceMs), nowMs - sinceMs);
        return window < SliceMs ? 0 : _counts.Sum() * 1000 / window;
    }

    private void Advance(double atMs)
    {
        var slice = (long)(atMs / SliceMs);
        for (var passed = Math.Max(_slice, slice - Slices) + 1; passed <= slice; passed++)
        {
            _counts[passed % Slices] = 0;
        }

        _slice = Math.Max(_slice, slice);
    }
}
