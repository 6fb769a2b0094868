using ChatApp.Runs;

namespace ChatApp.Tests.Runs;

public sealed class TokenRateTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(1000)]
    public void PerSecond_SteadyStream_IsItsRateFromTheFirstMomentsOn(int rate)
    {
        var tokens = new TokenRate();
        for (var i = 0; i < 5 * rate; i++)
        {
            var at = 200 + (i * 1000.0 / rate);
            tokens.Add(at, 1);
            if (at >= 700)
            {
                Assert.Equal(rate, tokens.PerSecond(at + (500.0 / rate), 200), rate * 0.12);
            }
        }
    }

    [Fact]
    public void PerSecond_StreamThatStalls_FallsToZero()
    {
        var tokens = new TokenRate();
        for (var at = 0; at < 3000; at += 10)
        {
            tokens.Add(at, 1);
        }

        Assert.Equal(50, tokens.PerSecond(3500, 0), 10.0);
        Assert.Equal(0, tokens.PerSecond(4200, 0));
    }
}
