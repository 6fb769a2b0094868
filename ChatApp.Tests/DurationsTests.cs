using ChatApp.Runs;

namespace ChatApp.Tests;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("50ms", 50)]
    [InlineData("0s", 0)]
    [InlineData("1.5 s", 1500)]
    [InlineData(" 2M ", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("00:01:30", 90_000)]
    public void TryParse_Duration_IsRead(string text, double ms)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(ms, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1,5s")]
    [InlineData("1e3s")]
    [InlineData("Infinity s")]
    [InlineData("10")]
    [InlineData("20 parsecs")]
    [InlineData("60d")]
    [InlineData("-00:00:01")]
    public void TryParse_AnythingElse_IsInvalid(string? text)
    {
        Assert.False(Durations.TryParse(text, out var duration));
        Assert.Equal(Durations.Invalid, duration);
    }

    [Theory]
    [InlineData("cancel", true)]
    [InlineData("Continue", true)]
    [InlineData("90s", true)]
    [InlineData("sometimes", false)]
    public void DisconnectPolicy_Text_IsReadOrNot(string text, bool valid) => Assert.Equal(valid, DisconnectPolicy.TryParse(text, out _));
}
