using ChatApp.Telemetry;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Telemetry;

public sealed class FixedHistogramTests
{
    private static readonly double[] Bounds = [1, 2, 5, 10];

    private static FixedHistogram Of(params IEnumerable<double> values)
    {
        var histogram = new FixedHistogram(Bounds);
        foreach (var value in values)
        {
            histogram.Record(value);
        }

        return histogram;
    }

    [Fact]
    public void Record_ValuesAtAndAroundBounds_GoToTheirBuckets()
    {
        var histogram = Of(0, 1, 1.5, 2, 10, 10.1);

        Assert.Equal([2, 2, 0, 1, 1], histogram.Counts);
        Assert.Equal(6, histogram.Count);
        Assert.Equal(24.6, histogram.Sum, 6);
        Assert.Equal(4.1, histogram.Average, 6);
    }

    [Fact]
    public void Percentile_OfNothing_IsNull()
    {
        Assert.Null(Of().Percentile(0.5));
        Assert.Equal(0, Of().Average);
    }

    [Fact]
    public void Percentile_OfOneValue_IsThatValue() => Assert.Equal([7.0, 7.0, 7.0], new[] { 0.5, 0.95, 0.99 }.Select(part => Of(7).Percentile(part)));

    [Fact]
    public void Percentile_InsideABucket_IsInterpolated() =>
        // Four values from 2 to 5: half of them lie below the bucket's middle.
        Assert.Equal(3.5, Of(2.0001, 3, 4, 5).Percentile(0.5)!.Value, 3);

    [Fact]
    public void Percentile_AboveTheLastBound_EndsAtTheLargestValue() => Assert.Equal(100, Of(20, 100).Percentile(1));

    [Fact]
    public void Percentile_AnyValues_LiesInTheBucketOfTheExactOne() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 1200).Select(n => n / 100.0).NonEmptyListOf().ToArbitrary(), values =>
        {
            var (histogram, sorted) = (Of(values), values.Order().ToList());
            return new[] { 0.01, 0.5, 0.95, 0.99, 1 }.All(part =>
            {
                var exact = sorted[(int)Math.Ceiling(part * sorted.Count) - 1];
                var at = Array.FindIndex(Bounds, bound => exact <= bound);
                var (low, high) = at < 0 ? (10, 12) : (at == 0 ? 0 : Bounds[at - 1], Bounds[at]);
                return histogram.Percentile(part) is { } found && found >= low && found <= high && found >= sorted[0] && found <= sorted[^1];
            });
        }));

    [Fact]
    public void Add_TwoHistograms_IsThatOfAllValues()
    {
        var sum = Of(0.5, 3);
        sum.Add(Of(3, 30));

        Assert.Equal(Of(0.5, 3, 3, 30).Counts, sum.Counts);
        Assert.Equal(36.5, sum.Sum);
        Assert.Equal(30, sum.Percentile(1));
    }
}
