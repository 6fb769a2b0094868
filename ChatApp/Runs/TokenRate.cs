namespace ChatApp.Runs;

/// <summary>Tokens within the last second, kept in ten slices of 100 ms so that its cost does not depend on the rate.</summary>
internal sealed class TokenRate
{
    private const int Slices = 10;
    private const double SliceMs = 100;
    private readonly int[] _counts = new int[Slices];
    private long _slice;

    public void Add(double atMs, int tokens)
    {
        Advance(atMs);
        _counts[_slice % Slices] += tokens;
    }

    public int LastSecond(double nowMs)
    {
        Advance(nowMs);
        var sum = 0;
        foreach (var count in _counts)
        {
            sum += count;
        }

        return sum;
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
