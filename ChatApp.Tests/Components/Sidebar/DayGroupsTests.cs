using ChatApp.Components.Sidebar;
using ChatApp.Conversations;

namespace ChatApp.Tests.Components.Sidebar;

public sealed class DayGroupsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-03-10T00:00:00Z", "Today")]
    [InlineData("2026-03-09T23:59:59Z", "Yesterday")]
    [InlineData("2026-03-08T23:59:59Z", "Previous 7 days")]
    [InlineData("2026-03-03T00:00:00Z", "Previous 7 days")]
    [InlineData("2026-03-02T23:59:59Z", "March")]
    [InlineData("2026-01-31T10:00:00Z", "January")]
    [InlineData("2025-12-31T23:59:59Z", "December 2025")]
    [InlineData("2026-03-11T00:00:01Z", "Today")]
    public void Of_OneConversation_IsUnderItsDay(string updated, string heading) =>
        Assert.Equal(heading, Assert.Single(DayGroups.Of([Item("a", updated)], Now, TimeSpan.Zero)).Heading);

    [Theory]
    [InlineData(0, "Yesterday")]
    [InlineData(120, "Today")]
    [InlineData(-720, "Yesterday")]
    [InlineData(840, "Yesterday")]
    public void Of_TheReadersClock_DecidesTheDay(int minutesAhead, string heading) =>
        Assert.Equal(heading, Assert.Single(DayGroups.Of([Item("a", "2026-03-09T22:30:00Z")], Now, TimeSpan.FromMinutes(minutesAhead))).Heading);

    [Fact]
    public void Of_Several_KeepsTheirOrder()
    {
        var groups = DayGroups.Of([Item("a", "2026-03-10T11:00:00Z"), Item("b", "2026-03-10T10:00:00Z"), Item("c", "2026-03-09T10:00:00Z")], Now, TimeSpan.Zero);
        Assert.Equal(["Today: a b", "Yesterday: c"], groups.Select(group => $"{group.Heading}: {string.Join(' ', group.Items.Select(item => item.Id))}"));
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("-210", -210)]
    [InlineData("841", 0)]
    [InlineData("-2147483648", 0)]
    [InlineData("two", 0)]
    [InlineData("", 0)]
    [InlineData(null, 0)]
    public void ReaderClock_OfAnyCookie_IsAnOffsetThatExists(string? cookie, int minutes) =>
        Assert.Equal(minutes, ReaderClock.Parse(cookie).TotalMinutes);

    private static ConversationItem Item(string id, string updated) =>
        new(id, id, DateTimeOffset.Parse(updated, System.Globalization.CultureInfo.InvariantCulture), IsRunning: false);
}
