using System.ComponentModel;
using System.Globalization;

namespace ChatApp.Runs;

/// <summary>What happens to a run whose last reader left: it is cancelled, goes on, or goes on for a while.</summary>
/// <param name="GoesOnFor">How long it goes on: zero cancels at once, <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
[TypeConverter(typeof(Converter))]
public readonly record struct DisconnectPolicy(TimeSpan GoesOnFor)
{
    /// <summary>The run is cancelled at once.</summary>
    public static DisconnectPolicy Cancel => new(TimeSpan.Zero);

    /// <summary>The run goes on to its end.</summary>
    public static DisconnectPolicy Continue => new(Timeout.InfiniteTimeSpan);

    /// <summary>Whether what was written could be read.</summary>
    public bool IsValid => GoesOnFor != Durations.Invalid;

    /// <summary>Reads <c>cancel</c>, <c>continue</c> or a duration.</summary>
    public static bool TryParse(string? text, out DisconnectPolicy policy)
    {
        policy = text?.Trim().ToLowerInvariant() switch
        {
            "cancel" => Cancel,
            "continue" => Continue,
            var other => new(Durations.TryParse(other, out var duration) ? duration : Durations.Invalid),
        };
        return policy.IsValid;
    }

    private sealed class Converter : TypeConverter
    {
        public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

        public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
            TryParse(value as string, out var policy) ? policy : new DisconnectPolicy(Durations.Invalid);
    }
}
