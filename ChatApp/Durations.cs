using System.ComponentModel;
using System.Globalization;

namespace ChatApp;

/// <summary>
/// Durations as people write them in settings and requests: a number and <c>ms</c>, <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>
/// (<c>50ms</c>, <c>1.5h</c>), or a <see cref="TimeSpan"/> (<c>00:01:30</c>).
/// </summary>
public static class Durations
{
    /// <summary>What a setting holds that could not be read, so that a validator can name it together with all the others.</summary>
    public static readonly TimeSpan Invalid = TimeSpan.MinValue;

    private static readonly (string Unit, double Ms)[] Units = [("ms", 1), ("s", 1e3), ("m", 60e3), ("h", 3600e3), ("d", 86400e3)];

    /// <summary>Reads a duration that is zero or more and at most about 49 days, the longest a timer takes.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = Invalid;
        var trimmed = text.AsSpan().Trim();
        foreach (var (unit, ms) in Units)
        {
            if (trimmed.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(trimmed[..^unit.Length].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return Check(number * ms, out duration);
            }
        }

        return trimmed.Contains(':') && TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out var span) && Check(span.TotalMilliseconds, out duration);
    }

    /// <summary>Lets every setting of type <see cref="TimeSpan"/> be written this way. Once, before settings are read.</summary>
    public static void Register() => TypeDescriptor.AddAttributes(typeof(TimeSpan), new TypeConverterAttribute(typeof(Converter)));

    /// <summary>A duration as people say it.</summary>
    public static string Words(TimeSpan span) => span.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.#} seconds")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0.#} minutes");

    /// <summary>The line for a setting that is not a duration.</summary>
    public static string Problem(string key) => $"{key} is not a duration. Write a number and ms, s, m, h or d, such as 30s.";

    private static bool Check(double ms, out TimeSpan duration)
    {
        var fits = ms is >= 0 and < uint.MaxValue;
        duration = fits ? TimeSpan.FromMilliseconds(ms) : Invalid;
        return fits;
    }

    private sealed class Converter : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
            TryParse(value as string, out var duration) ? duration : Invalid;
    }
}
