using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tools;
using ChatApp.Tools.BuiltIn;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Tools;

public sealed class ClockTests
{
    private readonly FakeTime _time = new();

    // The clock of the tests begins at 2026-01-01 00:00 UTC, a Thursday.
    [Theory]
    [InlineData("Asia/Tokyo", "Asia/Tokyo", "+09:00", "2026-01-01", "Thursday", "09:00:00")]
    [InlineData("Tokyo", "Asia/Tokyo", "+09:00", "2026-01-01", "Thursday", "09:00:00")]
    [InlineData("tokyo, Japan", "Asia/Tokyo", "+09:00", "2026-01-01", "Thursday", "09:00:00")]
    [InlineData("new york", "America/New_York", "-05:00", "2025-12-31", "Wednesday", "19:00:00")]
    [InlineData("America/New_York", "America/New_York", "-05:00", "2025-12-31", "Wednesday", "19:00:00")]
    [InlineData("Pacific Standard Time", "America/Los_Angeles", "-08:00", "2025-12-31", "Wednesday", "16:00:00")]
    [InlineData("San Francisco", "America/Los_Angeles", "-08:00", "2025-12-31", "Wednesday", "16:00:00")]
    [InlineData("Mumbai", "Asia/Kolkata", "+05:30", "2026-01-01", "Thursday", "05:30:00")]
    [InlineData("UTC", "UTC", "+00:00", "2026-01-01", "Thursday", "00:00:00")]
    [InlineData("GMT-3:30", "UTC-03:30", "-03:30", "2025-12-31", "Wednesday", "20:30:00")]
    [InlineData("+2", "UTC+02:00", "+02:00", "2026-01-01", "Thursday", "02:00:00")]
    public void Read_ZoneAsPeopleNameIt_ShowsItsTime(string asked, string zone, string offset, string date, string weekday, string time) =>
        Assert.Equal(new ClockReading(zone, offset, date, weekday, time), new WorldClock(_time).Read(asked));

    [Fact]
    public void Read_WithoutAZone_IsTheServersOwn() => Assert.Equal(_time.LocalTimeZone.GetUtcOffset(_time.GetUtcNow()).Hours, int.Parse(new WorldClock(_time).Read(null).UtcOffset[..3], System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("Tokio", "Asia/Tokyo")]
    [InlineData("Europe/Berln", "Europe/Berlin")]
    [InlineData("Narnia", "There is no time zone or city 'Narnia'")]
    [InlineData("../../etc/passwd", "nearest large city")]
    [InlineData("/etc/localtime", "nearest large city")]
    [InlineData("UTC+99", "from -12:00 to +14:00")]
    public void Read_UnknownZone_SaysWhatItMayHaveBeen(string asked, string said) =>
        Assert.Contains(said, Assert.Throws<ToolException>(() => new WorldClock(_time).Read(asked)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_EndlessZone_IsNotRepeated() => Assert.True(Assert.Throws<ToolException>(() => new WorldClock(_time).Read(new string('x', 100_000))).Message.Length < 400);

    [Fact]
    public async Task Tools_BuiltIn_AreOnByDefaultAndAnswerAsModelsCallThem()
    {
        var tools = new BuiltInTools(_time).Tools;

        Assert.Equal(["clock", "calculator"], tools.Where(tool => tool is { IsDefault: true, Approval: ToolApproval.Never }).Select(tool => tool.Name));
        Assert.Equal(
            """{"timeZone":"Asia/Tokyo","utcOffset":"+09:00","date":"2026-01-01","weekday":"Thursday","time":"09:00:00"}""",
            ((JsonElement)(await tools[0].Function.InvokeAsync(new AIFunctionArguments { ["timeZone"] = "Tokyo" }))!).GetRawText());
        Assert.NotNull(await tools[0].Function.InvokeAsync([]));
        Assert.Equal("732.7", ((JsonElement)(await tools[1].Function.InvokeAsync(new AIFunctionArguments { ["expression"] = "17% of 4310" }))!).GetString());
        Assert.Equal(["expression"], tools[1].Function.JsonSchema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.False(tools[0].Function.JsonSchema.TryGetProperty("required", out _));
    }
}
