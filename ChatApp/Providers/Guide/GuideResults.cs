using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Guide;

/// <summary>Says in a sentence or two what tools have found.</summary>
internal static partial class GuideResults
{
    private const int LongestQuote = 600;

    /// <summary>The results that stand at the end of what was said, with their calls; empty where something else does.</summary>
    public static IReadOnlyList<(FunctionCallContent? Call, string Result)> Read(IReadOnlyList<ChatMessage> history)
    {
        if (history.Count == 0 || !history[^1].Contents.OfType<FunctionResultContent>().Any())
        {
            return [];
        }

        var behind = history.Reverse().TakeWhile(message => message.Role != ChatRole.User).Reverse().SelectMany(message => message.Contents).ToList();
        var calls = behind.OfType<FunctionCallContent>().ToList();
        return [.. behind.OfType<FunctionResultContent>().Select(result => (calls.FindLast(call => call.CallId == result.CallId), Text(result.Result)))];
    }

    /// <summary>The sentences.</summary>
    public static string Say(IReadOnlyList<(FunctionCallContent? Call, string Result)> results)
    {
        // "In Tokyo it is …, and 17 % of 4310 is 732.7."
        var parts = results.Select(result => Say(result.Call, result.Result)).ToList();
        var clauses = parts.Where(part => part.IsClause).Select(part => part.Text).ToList();
        var text = new StringBuilder();
        if (clauses.Count > 0)
        {
            var said = clauses.Count == 1 ? clauses[0] : $"{string.Join(", ", clauses.SkipLast(1))}, and {clauses[^1]}";
            text.Append(char.ToUpperInvariant(said[0])).Append(said.AsSpan(1)).Append('.');
        }

        foreach (var part in parts.Where(part => !part.IsClause))
        {
            text.Append(text.Length > 0 ? "\n\n" : "").Append(part.Text);
        }

        return text.ToString();
    }

    private static (string Text, bool IsClause) Say(FunctionCallContent? call, string result) => call?.Name switch
    {
        GuideTask.Clock when Time(call, result) is { } time => (time, true),
        GuideTask.Calculator when Number().IsMatch(result) => ($"{Argument(call, "expression")} is {result}", true),
        GuideTask.Search => (result, false),
        null => (Quote(result), false),
        var name => ($"The tool `{name}` says: {Quote(result)}", false),
    };

    // {"timeZone":"Asia/Tokyo","utcOffset":"+09:00","date":"2026-11-22","weekday":"Sunday","time":"00:22:10"}
    private static string? Time(FunctionCallContent call, string result)
    {
        try
        {
            using var clock = JsonDocument.Parse(result);
            var (zone, offset, date, weekday, time) = (Of("timeZone"), Of("utcOffset"), Of("date"), Of("weekday"), Of("time"));
            if (!TimeOnly.TryParse(time, CultureInfo.InvariantCulture, out var clockTime) || !DateOnly.TryParse(date, CultureInfo.InvariantCulture, out var day))
            {
                return null;
            }

            var place = Argument(call, "timeZone");
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{(place.Length > 0 ? $"in {place} it is" : "it is")} {clockTime:HH:mm} on {weekday}, {day:d MMMM yyyy} ({zone}, UTC{offset})");

            string Of(string name) => JsonText.Read(clock.RootElement, name);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Argument(FunctionCallContent call, string name) => call.Arguments?.TryGetValue(name, out var value) == true ? Text(value) : "";

    private static string Text(object? value) => value switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => JsonText.Read(text),
        TextContent text => text.Text,
        _ => JsonSerializer.Serialize(value, AIJsonUtilities.DefaultOptions),
    };

    private static string Quote(string text) => text.Length > LongestQuote ? text[..LongestQuote] + "…" : text;

    [GeneratedRegex(@"^-?\d[\d.]*(E[+\-]?\d+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 250)]
    private static partial Regex Number();
}
