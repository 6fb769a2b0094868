using System.Globalization;

namespace ChatApp.Components.Sidebar;

/// <summary>How far the reader's clock is ahead of UTC, as preferences.js leaves it for the next request: whole minutes.</summary>
internal static class ReaderClock
{
    /// <summary>The cookie it comes in.</summary>
    public const string Cookie = "utc-offset";

    private const int Most = 14 * 60;

    /// <summary>The offset; none where there is no such number.</summary>
    public static TimeSpan Parse(string? minutes) =>
        int.TryParse(minutes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset) && Math.Abs((long)offset) <= Most
            ? TimeSpan.FromMinutes(offset)
            : TimeSpan.Zero;
}
