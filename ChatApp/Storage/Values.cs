namespace ChatApp.Storage;

/// <summary>How values are stored.</summary>
internal static class Values
{
    /// <summary>Text that every database takes: no NUL, and no half of a surrogate pair. Each becomes U+FFFD.</summary>
    public static string Clean(this string text)
    {
        var span = text.AsSpan();
        var at = span.IndexOf('\0') is var zero && span.IndexOfAnyInRange('\uD800', '\uDFFF') is var half && zero >= 0 && half >= 0 ? Math.Min(zero, half) : Math.Max(zero, half);
        if (at < 0)
        {
            return text;
        }

        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                if (i + 1 < from.Length && char.IsSurrogatePair(from[i], from[i + 1]))
                {
                    (to[i], to[i + 1]) = (from[i], from[i + 1]);
                    i++;
                }
                else
                {
                    to[i] = from[i] == '\0' || char.IsSurrogate(from[i]) ? '\uFFFD' : from[i];
                }
            }
        });
    }

    public static long Ms(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
