using ChatApp.Security;

namespace ChatApp.Tests.Security;

public sealed class CallerLimitsTests
{
    private static readonly Caller Ann = new("ann", "key:ann");
    private static readonly Caller Ben = new("ben", "key:ben");

    [Fact]
    public void StartRun_MoreThanAMinuteAllows_IsRefusedForThatCallerAlone()
    {
        using var limits = new CallerLimits(new LimitsOptions { RequestsPerMinute = 2 }, withKeys: true);
        limits.StartRun(Ann, streamed: true).Dispose();
        limits.StartRun(Ann, streamed: true).Dispose();
        var over = Assert.Throws<OverLimitException>(() => limits.StartRun(Ann, streamed: true));

        Assert.Equal(OverLimit.Rate, over.Limit);
        Assert.InRange(over.RetryAfter.TotalSeconds, 1, 30);
        limits.StartRun(Ben, streamed: true).Dispose();
    }

    [Fact]
    public void StartRun_WhileAsManyRun_IsRefusedUntilOneEnds()
    {
        using var limits = new CallerLimits(new LimitsOptions { ConcurrentRuns = 2 }, withKeys: false);
        var first = limits.StartRun(Ann, streamed: true);
        using var second = limits.StartRun(Ann, streamed: true);
        Assert.Equal(OverLimit.Rate, Assert.Throws<OverLimitException>(() => limits.StartRun(Ann, streamed: true)).Limit);
        using var other = limits.StartRun(Ben, streamed: true);

        first.Dispose();
        first.Dispose();
        using var third = limits.StartRun(Ann, streamed: true);
        Assert.Throws<OverLimitException>(() => limits.StartRun(Ann, streamed: true));
    }

    [Fact]
    public void OpenStream_AsManyAsMayBe_RefusesFurtherOnesAndTheirRuns()
    {
        using var limits = new CallerLimits(new LimitsOptions { Streams = 1 }, withKeys: false);
        var open = limits.OpenStream(Ann);
        Assert.Equal(OverLimit.Streams, Assert.Throws<OverLimitException>(() => limits.OpenStream(Ann)).Limit);
        Assert.Equal(OverLimit.Streams, Assert.Throws<OverLimitException>(() => limits.StartRun(Ann, streamed: true)).Limit);
        using var onThePage = limits.StartRun(Ann, streamed: false);

        open.Dispose();
        using var again = limits.OpenStream(Ann);
    }

    [Fact]
    public void Node_Full_RefusesEverybodyAndUsesUpNobodysTurns()
    {
        using var limits = new CallerLimits(new LimitsOptions { MaxRuns = 1, MaxStreams = 1, RequestsPerMinute = 2 }, withKeys: true);
        var run = limits.StartRun(Ann, streamed: true);
        Assert.Equal(OverLimit.Capacity, Assert.Throws<OverLimitException>(() => limits.StartRun(Ben, streamed: true)).Limit);
        Assert.Equal(OverLimit.Capacity, Assert.Throws<OverLimitException>(() => limits.StartRun(Ben, streamed: true)).Limit);
        run.Dispose();
        limits.StartRun(Ben, streamed: true).Dispose();
        limits.StartRun(Ben, streamed: true).Dispose();

        using var stream = limits.OpenStream(Ann);
        Assert.Equal(OverLimit.Capacity, Assert.Throws<OverLimitException>(() => limits.OpenStream(Ben)).Limit);
    }

    [Theory]
    [InlineData(true, 60, 10, 20)]
    [InlineData(false, 500, 500, 500)]
    public void Defaults_WithKeysAndWithout_AreAsDocumented(bool withKeys, int starts, int runs, int streams)
    {
        Assert.Equal(starts, Count(limits => limits.StartRun(Ann, streamed: false).Dispose()));
        Assert.Equal(runs, Count(limits => limits.StartRun(Ann, streamed: false)));
        Assert.Equal(streams, Count(limits => limits.OpenStream(Ann)));

        int Count(Action<CallerLimits> take)
        {
            using var limits = new CallerLimits(new LimitsOptions(), withKeys);
            for (var i = 0; i < 500; i++)
            {
                try
                {
                    take(limits);
                }
                catch (OverLimitException)
                {
                    return i;
                }
            }

            return 500;
        }
    }

    [Fact]
    public void Zero_AnyLimit_MeansNone()
    {
        using var limits = new CallerLimits(new LimitsOptions { RequestsPerMinute = 0, ConcurrentRuns = 0, Streams = 0, MaxRuns = 0, MaxStreams = 0 }, withKeys: true);
        for (var i = 0; i < 100; i++)
        {
            limits.StartRun(Ann, streamed: true);
            limits.OpenStream(Ann);
        }
    }

    [Fact]
    public void StartRun_WithAKeyThatWasTakenOut_IsRefused()
    {
        using var limits = new CallerLimits(new LimitsOptions(), withKeys: true);
        var gone = Ann with { Revoked = new CancellationToken(canceled: true) };
        Assert.Throws<KeyRemovedException>(() => limits.StartRun(gone, streamed: true));
        Assert.Throws<KeyRemovedException>(() => limits.OpenStream(gone));
    }

    [Fact]
    public void BCfg_NegativeLimits_AreNamedAllAtOnce() => Assert.Equal(
        ["ChatApp:Limits:Streams", "ChatApp:Limits:MaxRuns"],
        new LimitsOptionsValidator().Validate(null, new LimitsOptions { Streams = -1, MaxRuns = -1 }).Failures!.Select(failure => failure.Split(' ')[0]));
}
