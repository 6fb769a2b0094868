using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChatApp.Providers.Scripted;

/// <summary>Reads a model name such as <c>ttft=200;rate=80;stall=3000@250;text=Hello; all of this is said</c>.</summary>
internal static class ScriptParser
{
    /// <summary>The name that stands for the defaults.</summary>
    public const string Demo = "demo";

    private const int LongestPause = 3_600_000;

    private static readonly Key[] Keys =
    [
        new("ttft=", "MS", (script, value) => Number(value, 0, LongestPause) is { } ms ? script with { FirstToken = Milliseconds(ms) } : null),
        new("rate=", "TOKENS_PER_SECOND", (script, value) => Decimal(value, 1_000_000) is { } rate ? script with { Rate = rate } : null),
        new("tokens=", "N", (script, value) => Number(value, 0) is { } n ? script with { Tokens = n } : null),
        new("seed=", "N", (script, value) => Number(value, int.MinValue) is { } n ? script with { Seed = n } : null),
        new("reasoning=", "N", (script, value) => Number(value, 0) is { } n ? script with { Reasoning = n } : null),
        new("tools=", "N", (script, value) => Number(value, 0, 64) is { } n ? script with { Tools = n } : null),
        new("rounds=", "N", (script, value) => Number(value, 0, 1000) is { } n ? script with { Rounds = n } : null),
        new("call=", "TOOL:{JSON}", (script, value) => Call(value) is { } call ? script with { Call = call } : null),
        new("badargs=", "1", (script, value) => Number(value, 0, 1) is { } n ? script with { HasBadArguments = n == 1 } : null),
        new("stall=", "MS@N", (script, value) => Pair(value, 0, LongestPause) is var (ms, n) ? script with { Stall = (Milliseconds(ms), n) } : null),
        new("error=", "STATUS@N", (script, value) => Pair(value, 400, 599) is var (status, n) ? script with { Error = (status, n) } : null),
        new("status=", "STATUS", (script, value) => Number(value, 400, 599) is { } status ? script with { Status = status } : null),
        new("retryAfter=", "SECONDS", (script, value) => Decimal(value, 86_400) is { } s ? script with { RetryAfter = TimeSpan.FromSeconds(s) } : null),
        new("close@", "N", (script, value) => Number(value, 0) is { } n ? script with { CloseAfter = n } : null),
        new("malformed@", "N", (script, value) => Number(value, 0) is { } n ? script with { MalformedAfter = n } : null),
        new("md=", "1", (script, value) => Number(value, 0, 1) is { } n ? script with { Markdown = n == 1 } : null),
        new("text=", "…", (script, value) => script with { Text = value }),
    ];

    private delegate Script? Reader(Script script, string value);

    /// <summary>Whether a name is meant as a script, also where it has a mistake.</summary>
    public static bool LooksLikeScript(string model) => model.Length == 0 || model == Demo || model.AsSpan().IndexOfAny('=', '@') >= 0;

    /// <exception cref="UnknownModelException">Something in it is not understood; the message lists what is.</exception>
    public static Script Parse(string model)
    {
        var script = new Script();
        var seen = new HashSet<string>();
        var rest = model == Demo ? "" : model;
        while (rest.Length > 0)
        {
            var end = EndOfPart(rest);
            var part = rest[..end];
            rest = rest[Math.Min(end + 1, rest.Length)..];
            if (string.IsNullOrWhiteSpace(part))
            {
                continue;
            }

            var key = Array.Find(Keys, key => part.StartsWith(key.Name, StringComparison.Ordinal)) ?? throw NotUnderstood(part);
            if (!seen.Add(key.Name))
            {
                throw NotUnderstood(part, " a second time");
            }

            script = key.Read(script, part[key.Name.Length..]) ?? throw NotUnderstood(part);
        }

        return script;
    }

    // A text may hold semicolons; it ends at the first one that is followed by a key.
    private static int EndOfPart(string rest)
    {
        if (rest.StartsWith("call=", StringComparison.Ordinal) && EndOfCall(rest) is { } endOfCall)
        {
            return endOfCall;
        }

        var end = rest.IndexOf(';', StringComparison.Ordinal);
        while (end >= 0 && rest.StartsWith("text=", StringComparison.Ordinal) && !Keys.Any(key => rest.AsSpan(end + 1).StartsWith(key.Name)))
        {
            end = rest.IndexOf(';', end + 1);
        }

        return end < 0 ? rest.Length : end;
    }

    // The arguments may hold semicolons; they end where their JSON does. Null where it has no end.
    private static int? EndOfCall(string rest)
    {
        var brace = rest.IndexOf(":{", StringComparison.Ordinal) + 1;
        var end = rest.IndexOf(';', StringComparison.Ordinal);
        if (brace == 0 || (end >= 0 && end < brace))
        {
            return null;
        }

        var json = Encoding.UTF8.GetBytes(rest[brace..]);
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            reader.Skip();
            var after = brace + Encoding.UTF8.GetCharCount(json, 0, (int)reader.BytesConsumed);
            return after == rest.Length || rest[after] == ';' ? after : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // fetch:{"url":"https://example.com/"}   clock
    private static (string Name, JsonElement Arguments)? Call(string value)
    {
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? value : value[..colon];
        if (name.Length is 0 or > 128)
        {
            return null;
        }

        try
        {
            var arguments = JsonElement.Parse(colon < 0 ? "{}" : JsonText.Mend(value[(colon + 1)..]));
            return arguments.ValueKind == JsonValueKind.Object ? (name, arguments) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan Milliseconds(int ms) => TimeSpan.FromMilliseconds(ms);

    private static int? Number(string value, int min, int max = int.MaxValue) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= min && n <= max ? n : null;

    private static double? Decimal(string value, double max) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var n) && n >= 0 && n <= max ? n : null;

    // "3000@250"
    private static (int What, int After)? Pair(string value, int min, int max) =>
        value.Split('@') is [var what, var after] && Number(what, min, max) is { } first && Number(after, 0) is { } second ? (first, second) : null;

    private static UnknownModelException NotUnderstood(string part, string how = "") =>
        new($"The scripted model doesn't understand '{part}'{how}. It understands, each once, in any order and parted by semicolons: "
            + string.Join("; ", Keys.Select(key => key.Name + key.Form)) + ".");

    private sealed record Key(string Name, string Form, Reader Read);
}
