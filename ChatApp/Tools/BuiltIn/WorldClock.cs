using System.Globalization;
using System.Text.RegularExpressions;

namespace ChatApp.Tools.BuiltIn;

/// <summary>What a clock shows somewhere.</summary>
/// <param name="TimeZone">The zone's IANA id.</param>
/// <param name="UtcOffset">Its distance from UTC now, as in <c>+09:00</c>.</param>
/// <param name="Date">As in <c>2026-11-22</c>.</param>
/// <param name="Weekday">In English.</param>
/// <param name="Time">As in <c>00:22:10</c>.</param>
internal sealed record ClockReading(string TimeZone, string UtcOffset, string Date, string Weekday, string Time);

/// <summary>Tells the time anywhere, for zones as people name them.</summary>
internal sealed partial class WorldClock(TimeProvider time)
{
    private const int MostLetters = 100;
    private const int MostSuggested = 3;
    private const string WindowsEnding = " standard time";

    // Cities and countries that no zone is named after, and the short names that are no ids.
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["san francisco"] = "America/Los_Angeles",
        ["seattle"] = "America/Los_Angeles",
        ["san diego"] = "America/Los_Angeles",
        ["las vegas"] = "America/Los_Angeles",
        ["boston"] = "America/New_York",
        ["washington"] = "America/New_York",
        ["miami"] = "America/New_York",
        ["atlanta"] = "America/New_York",
        ["philadelphia"] = "America/New_York",
        ["houston"] = "America/Chicago",
        ["dallas"] = "America/Chicago",
        ["austin"] = "America/Chicago",
        ["new orleans"] = "America/Chicago",
        ["montreal"] = "America/Toronto",
        ["ottawa"] = "America/Toronto",
        ["calgary"] = "America/Edmonton",
        ["rio de janeiro"] = "America/Sao_Paulo",
        ["brasilia"] = "America/Sao_Paulo",
        ["mumbai"] = "Asia/Kolkata",
        ["delhi"] = "Asia/Kolkata",
        ["new delhi"] = "Asia/Kolkata",
        ["bangalore"] = "Asia/Kolkata",
        ["chennai"] = "Asia/Kolkata",
        ["india"] = "Asia/Kolkata",
        ["beijing"] = "Asia/Shanghai",
        ["shenzhen"] = "Asia/Shanghai",
        ["china"] = "Asia/Shanghai",
        ["osaka"] = "Asia/Tokyo",
        ["kyoto"] = "Asia/Tokyo",
        ["hanoi"] = "Asia/Bangkok",
        ["abu dhabi"] = "Asia/Dubai",
        ["tel aviv"] = "Asia/Jerusalem",
        ["islamabad"] = "Asia/Karachi",
        ["korea"] = "Asia/Seoul",
        ["south korea"] = "Asia/Seoul",
        ["munich"] = "Europe/Berlin",
        ["hamburg"] = "Europe/Berlin",
        ["frankfurt"] = "Europe/Berlin",
        ["cologne"] = "Europe/Berlin",
        ["germany"] = "Europe/Berlin",
        ["geneva"] = "Europe/Zurich",
        ["bern"] = "Europe/Zurich",
        ["switzerland"] = "Europe/Zurich",
        ["austria"] = "Europe/Vienna",
        ["milan"] = "Europe/Rome",
        ["italy"] = "Europe/Rome",
        ["barcelona"] = "Europe/Madrid",
        ["spain"] = "Europe/Madrid",
        ["lyon"] = "Europe/Paris",
        ["france"] = "Europe/Paris",
        ["edinburgh"] = "Europe/London",
        ["manchester"] = "Europe/London",
        ["england"] = "Europe/London",
        ["uk"] = "Europe/London",
        ["rotterdam"] = "Europe/Amsterdam",
        ["the hague"] = "Europe/Amsterdam",
        ["netherlands"] = "Europe/Amsterdam",
        ["krakow"] = "Europe/Warsaw",
        ["gothenburg"] = "Europe/Stockholm",
        ["sweden"] = "Europe/Stockholm",
        ["norway"] = "Europe/Oslo",
        ["denmark"] = "Europe/Copenhagen",
        ["finland"] = "Europe/Helsinki",
        ["greece"] = "Europe/Athens",
        ["st petersburg"] = "Europe/Moscow",
        ["ankara"] = "Europe/Istanbul",
        ["cape town"] = "Africa/Johannesburg",
        ["canberra"] = "Australia/Sydney",
        ["wellington"] = "Pacific/Auckland",
        ["new zealand"] = "Pacific/Auckland",
        ["hawaii"] = "Pacific/Honolulu",
        ["pst"] = "America/Los_Angeles",
        ["pdt"] = "America/Los_Angeles",
        ["pt"] = "America/Los_Angeles",
        ["mdt"] = "America/Denver",
        ["mt"] = "America/Denver",
        ["cst"] = "America/Chicago",
        ["cdt"] = "America/Chicago",
        ["ct"] = "America/Chicago",
        ["edt"] = "America/New_York",
        ["et"] = "America/New_York",
        ["bst"] = "Europe/London",
        ["cest"] = "Europe/Berlin",
        ["eest"] = "Europe/Athens",
        ["ist"] = "Asia/Kolkata",
        ["jst"] = "Asia/Tokyo",
        ["kst"] = "Asia/Seoul",
        ["aest"] = "Australia/Sydney",
        ["z"] = "UTC",
    };

    // Windows' own names, without "Standard Time": the system translates them only where it has its tables.
    private static readonly Dictionary<string, string> Windows = new(StringComparer.Ordinal)
    {
        ["pacific"] = "America/Los_Angeles",
        ["mountain"] = "America/Denver",
        ["central"] = "America/Chicago",
        ["eastern"] = "America/New_York",
        ["atlantic"] = "America/Halifax",
        ["hawaiian"] = "Pacific/Honolulu",
        ["alaskan"] = "America/Anchorage",
        ["us mountain"] = "America/Phoenix",
        ["e south america"] = "America/Sao_Paulo",
        ["argentina"] = "America/Argentina/Buenos_Aires",
        ["gmt"] = "Europe/London",
        ["w europe"] = "Europe/Berlin",
        ["central europe"] = "Europe/Budapest",
        ["central european"] = "Europe/Warsaw",
        ["romance"] = "Europe/Paris",
        ["gtb"] = "Europe/Bucharest",
        ["fle"] = "Europe/Kyiv",
        ["e europe"] = "Europe/Chisinau",
        ["turkey"] = "Europe/Istanbul",
        ["russian"] = "Europe/Moscow",
        ["israel"] = "Asia/Jerusalem",
        ["egypt"] = "Africa/Cairo",
        ["south africa"] = "Africa/Johannesburg",
        ["arab"] = "Asia/Riyadh",
        ["arabian"] = "Asia/Dubai",
        ["pakistan"] = "Asia/Karachi",
        ["india"] = "Asia/Kolkata",
        ["se asia"] = "Asia/Bangkok",
        ["china"] = "Asia/Shanghai",
        ["singapore"] = "Asia/Singapore",
        ["taipei"] = "Asia/Taipei",
        ["tokyo"] = "Asia/Tokyo",
        ["korea"] = "Asia/Seoul",
        ["w australia"] = "Australia/Perth",
        ["aus central"] = "Australia/Darwin",
        ["aus eastern"] = "Australia/Sydney",
        ["new zealand"] = "Pacific/Auckland",
    };

    // The ids by what people call them: asia/tokyo, and tokyo.
    private static readonly Lazy<Dictionary<string, string>> Zones = new(ReadZones);

    /// <summary>What the clock shows now.</summary>
    /// <param name="place">A zone, a city or an offset; null or blank for the server's own zone.</param>
    /// <exception cref="ToolException">There is no such zone; the message names some that are like it.</exception>
    public ClockReading Read(string? place)
    {
        var zone = string.IsNullOrWhiteSpace(place) ? time.LocalTimeZone : Find(place.Trim());
        var now = TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone);
        return new ClockReading(
            zone.HasIanaId ? zone.Id : TimeZoneInfo.TryConvertWindowsIdToIanaId(zone.Id, out var iana) ? iana : zone.Id,
            Offset(now.Offset),
            now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            now.ToString("dddd", CultureInfo.InvariantCulture),
            now.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
    }

    private static TimeZoneInfo Find(string place)
    {
        if (place.Length <= MostLetters && OfOffset(place) is { } fixedZone)
        {
            return fixedZone;
        }

        var key = Key(place);
        // Never a path: an id is what the system lists, or what Windows calls one.
        if (place.Length <= MostLetters
            && (Zones.Value.TryGetValue(key, out var id) || Others.TryGetValue(key, out id)
                || Zones.Value.TryGetValue(FirstPart(key), out id) || Others.TryGetValue(FirstPart(key), out id)
                || (key.EndsWith(WindowsEnding, StringComparison.Ordinal) && Windows.TryGetValue(key[..^WindowsEnding.Length], out id))
                || TimeZoneInfo.TryConvertWindowsIdToIanaId(place, out id))
            && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone))
        {
            return zone;
        }

        var near = Suggestions(key);
        throw new ToolException(
            $"There is no time zone or city '{(place.Length > MostLetters ? place[..MostLetters] + "…" : place)}'. "
            + (near.Count > 0 ? $"Did you mean {string.Join(" or ", near)}? " : "")
            + "Use an IANA name such as Europe/Berlin, or the nearest large city.");
    }

    // "Tokyo, Japan"
    private static string FirstPart(string key) => key.Split(',')[0].Trim();

    private static TimeZoneInfo? OfOffset(string place)
    {
        if (OffsetForm().Match(place) is not { Success: true } match)
        {
            return null;
        }

        var hours = match.Groups["h"].Success ? int.Parse(match.Groups["h"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var minutes = match.Groups["m"].Success ? int.Parse(match.Groups["m"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var offset = new TimeSpan(hours, minutes, 0);
        if (minutes > 59 || offset > TimeSpan.FromHours(14))
        {
            throw new ToolException($"There is no offset '{place}' from UTC: they go from -12:00 to +14:00.");
        }

        offset = match.Groups["sign"].ValueSpan is "-" or "−" ? -offset : offset;
        return offset == TimeSpan.Zero ? TimeZoneInfo.Utc : TimeZoneInfo.CreateCustomTimeZone($"UTC{Offset(offset)}", offset, null, null);
    }

    private static string Offset(TimeSpan offset) => (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(@"hh\:mm", CultureInfo.InvariantCulture);

    private static string Key(string name) => name.ToLowerInvariant().Replace('_', ' ').Replace(".", "", StringComparison.Ordinal);

    private static Dictionary<string, string> ReadZones()
    {
        var zones = new Dictionary<string, string>(StringComparer.Ordinal);
        var ids = TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id).Append("UTC").ToList();
        foreach (var id in ids)
        {
            zones[Key(id)] = id;
        }

        foreach (var id in ids.Where(id => id.Contains('/', StringComparison.Ordinal)))
        {
            zones.TryAdd(Key(id[(id.LastIndexOf('/') + 1)..]), id);
        }

        return zones;
    }

    private static List<string> Suggestions(string key)
    {
        var asked = FirstPart(key);
        if (asked.Length is < 3 or > 40)
        {
            return [];
        }

        return
        [
            .. Zones.Value.Concat(Others)
                .Select(zone => (zone.Value, Near: zone.Key.Contains(asked, StringComparison.Ordinal) ? 0 : Spelling.Distance(asked, zone.Key)))
                .Where(zone => zone.Near <= Math.Max(1, asked.Length / 3))
                .OrderBy(zone => zone.Near).ThenBy(zone => zone.Value, StringComparer.Ordinal)
                .Select(zone => zone.Value).Distinct(StringComparer.Ordinal).Take(MostSuggested),
        ];
    }

    // UTC   GMT+2   +05:30   UTC-0330
    [GeneratedRegex(@"^(utc|gmt)?\s*((?<sign>[+\-−])\s*(?<h>\d{1,2})(:?(?<m>\d{2}))?)$|^(utc|gmt)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex OffsetForm();
}
