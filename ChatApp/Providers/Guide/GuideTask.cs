using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Guide;

/// <summary>Something the guide can't know but a tool can: the time somewhere, a result, what an earlier conversation says.</summary>
/// <param name="Tool">The tool's name.</param>
/// <param name="Argument">Its argument.</param>
/// <param name="Value">What the argument is; null to leave it out.</param>
internal sealed partial record GuideTask(string Tool, string Argument, string? Value)
{
    public const string Clock = "clock";
    public const string Calculator = "calculator";
    public const string Search = "search_conversations";

    private const int MostTasks = 8;
    private const int LongestQuestion = 1000;
    private const int MostWordsOfAPlace = 4;

    /// <summary>The tasks in a question, in its order, and what of it is none.</summary>
    public static (IReadOnlyList<GuideTask> Tasks, string Beside) Read(string question)
    {
        if (question.Length > LongestQuestion)
        {
            return ([], question);
        }

        if (SearchWish().Match(question.Trim()) is { Success: true } wish)
        {
            return ([new GuideTask(Search, "query", wish.Groups["words"].Value.Trim(Quotes))], "");
        }

        var tasks = new List<GuideTask>();
        var rest = new List<string>();
        foreach (var part in Joint().Split(question).Select(part => part.Trim(Ends)).Where(part => part.Length > 0))
        {
            if (TimeWish().Match(part) is { Success: true } time)
            {
                tasks.Add(new GuideTask(Clock, "timeZone", time.Groups["place"].Success ? time.Groups["place"].Value.Trim() : null));
            }
            else if (Expression(part) is { } expression)
            {
                tasks.Add(new GuideTask(Calculator, "expression", expression));
            }
            else if (tasks is [.., { Tool: Clock, Value: not null }] && Place().Match(part) is { Success: true } place && place.Groups["place"].Value.Split(' ').Length <= MostWordsOfAPlace)
            {
                // "in Tokyo and Paris"
                tasks.Add(new GuideTask(Clock, "timeZone", place.Groups["place"].Value));
            }
            else
            {
                rest.Add(part);
            }
        }

        return ([.. tasks.Distinct().Take(MostTasks)], tasks.Count == 0 ? question : string.Join(". ", rest));
    }

    /// <summary>The call of the tool.</summary>
    public FunctionCallContent ToCall(string id) =>
        new(id, Tool, Value is null ? new Dictionary<string, object?>(StringComparer.Ordinal) : new Dictionary<string, object?>(StringComparer.Ordinal) { [Argument] = Value });

    private static readonly char[] Quotes = [' ', '"', '\'', '“', '”', '‘', '’', '?', '.', '!'];
    private static readonly char[] Ends = [' ', '?', '!', '.', ',', ';', ':', '=', '\n', '\r', '\t'];

    // 12*7   17 % of 4310   12 times 7   the square root of 2
    private static string? Expression(string part)
    {
        var sum = Opening().Replace(part, "");
        foreach (var (words, sign) in Spoken)
        {
            sum = Regex.Replace(sum, words, sign, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }

        sum = sum.Trim(Ends);
        return sum.Any(char.IsAsciiDigit) && Sum().IsMatch(sum) && (Sign().IsMatch(sum) || sum.Contains('(', StringComparison.Ordinal)) ? sum : null;
    }

    private static readonly (string Words, string Sign)[] Spoken =
    [
        (@"\b(the )?square root of (?<n>[\d.]+)", "sqrt(${n})"), (@"\bplus\b", "+"), (@"\bminus\b", "-"), (@"\b(times|multiplied by)\b", "*"), (@"\b(divided by|over)\b", "/"),
        (@"(?<=\d)\s*per ?cent\b", " %"), (@"\bto the power of\b", "^"), (@"\bsquared\b", "^2"), (@"\bcubed\b", "^3"), (@"(?<=\d)\s*x\s*(?=\d)", " * "),
    ];

    // Where one question ends and another begins: "…, and what is …", "… in Tokyo and Paris".
    [GeneratedRegex(@"[?!\n;]+|\.(?=\s|$)|,?\s+(?:and|also|then)\s+|,\s+(?=(?:what|how|calculate|compute|the time)\b)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Joint();

    [GeneratedRegex(
        @"^(hi|hello|hey|please|so|tell me|say|can you tell me|could you tell me|do you know|,|\s)*"
        + @"(what time is it|what time it is|what('s|’s| is)( the)?( current| local| present)? (time|date)( is it)?|what (day|date) (is it|is today|it is)|the( current| local)? time|current time|time)"
        + @"( right now| now| today| currently| at the moment)?( (in|at|for) (?<place>[\p{L}][\p{L}\p{M}\p{N} .,/_+'’\-]{0,60}?))?( right now| now| today| currently| at the moment| please)?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TimeWish();

    [GeneratedRegex(@"^(in )?(?<place>\p{Lu}[\p{L}\p{M} ./_'’\-]{1,60})$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Place();

    [GeneratedRegex(@"^(please|can you|could you|tell me|so|,|\s)*(what('s|’s| is| are| does)|how much (is|are)|calculate|compute|work out|evaluate|solve)?\s+(?=[\w(.+\-])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Opening();

    [GeneratedRegex(@"^([\d\s.,()+\-*/%^×÷·−]|\b(of|sqrt|abs|round|floor|ceil|min|max|ln|log|sin|cos|tan|pi|e)\b)+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sum();

    // A sign between two things, not the point of a version or a date: 12*7, 17 % of 4310, 50%.
    [GeneratedRegex(@"[+*/%^×÷·−]|\d\s*-\s*[\d(]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sign();

    [GeneratedRegex(
        @"^(please|can you|could you|,|\s)*((search|look (in|through)|find in|browse)( all)?( of)? (my|our|the) (other |earlier |past |old |previous )?(chats?|conversations?|history|messages)( for| about|:)?"
        + @"|find (my|the|our|a) (chats?|conversations?)( about| on| with| where)|(which|what) (chats?|conversations?) (of mine )?(is|are|was|were|did i have) (about|on)|what did (we|i) (say|write|talk|discuss) (about|on)|when did (we|i) (talk|discuss|write|speak)( about| of)?)\s+(?<words>\S.{0,200})$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SearchWish();
}
