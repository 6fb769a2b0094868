using System.Globalization;
using ChatApp.Conversations;

namespace ChatApp.Components.Sidebar;

/// <summary>Conversations of neighbouring days, under what people call them.</summary>
/// <param name="Heading"><c>Today</c>, <c>Yesterday</c>, <c>Previous 7 days</c>, or a month.</param>
/// <param name="Items">The conversations, in the order they came.</param>
public sealed record DayGroup(string Heading, IReadOnlyList<ConversationItem> Items);

/// <summary>Puts conversations under the days of whoever looks at them.</summary>
internal static class DayGroups
{
    /// <summary>The groups, in the order of what is in them.</summary>
    /// <param name="items">The conversations, the last used first.</param>
    /// <param name="now">When they are looked at.</param>
    /// <param name="offset">How far the reader's clock is ahead of UTC.</param>
    public static List<DayGroup> Of(IEnumerable<ConversationItem> items, DateTimeOffset now, TimeSpan offset)
    {
        var today = DayOf(now, offset);
        var groups = new List<DayGroup>();
        foreach (var item in items)
        {
            var heading = Heading(DayOf(item.Updated, offset), today);
            // Each heading once, whatever the order: the page knows a group by it.
            if (groups.Find(group => group.Heading == heading) is not { } its)
            {
                groups.Add(its = new DayGroup(heading, new List<ConversationItem>()));
            }

            ((List<ConversationItem>)its.Items).Add(item);
        }

        return groups;
    }

    private static DateOnly DayOf(DateTimeOffset moment, TimeSpan offset) => DateOnly.FromDateTime(moment.ToOffset(offset).DateTime);

    private static string Heading(DateOnly day, DateOnly today) => (today.DayNumber - day.DayNumber) switch
    {
        // A clock that is a little behind is no reason for a heading of its own.
        <= 0 => "Today",
        1 => "Yesterday",
        <= 7 => "Previous 7 days",
        _ when day.Year == today.Year => day.ToString("MMMM", CultureInfo.InvariantCulture),
        _ => day.ToString("MMMM yyyy", CultureInfo.InvariantCulture),
    };
}
