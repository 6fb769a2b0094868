using System.Text.RegularExpressions;

namespace ChatApp.Providers.Guide;

/// <summary>Makes words comparable: lower case, without common endings, one word for those that mean the same here.</summary>
internal static partial class GuideWords
{
    // "chatapp" too: it is what everything here is about.
    private static readonly HashSet<string> Empty =
    [
        .. ("a about all also am an and any anything are as at be been being but by can chatapp could did do does don each for from get gets go give had has have "
            + "hello hey hi how i if in into is it its just know let like ll look m many may me might more much must my need no not now of on one or our "
            + "out please re s see shall should show so some something t tell than thank thanks that the their them then there these they thing this those to "
            + "too up us use used uses using ve very want was way we were what when where which while who why will with work works would you your yours explain mean "
            + "means happen happens possible able support supports supported make makes really question").Split(' '),
    ];

    // The first of a line stands for the others.
    private static readonly Dictionary<string, string> Same = SameWords(
        "openai gpt chatgpt",
        "claude anthropic sonnet opus haiku",
        "ttft latency",
        "speed fast faster quick quickly slow slower tps",
        "stop cancel abort halt interrupt",
        "store stored save saved persist persistent history remember disk database",
        "image picture photo",
        "math formula equation latex katex",
        "keyboard shortcut shortcuts hotkey hotkeys keybinding",
        "environment env",
        "install setup",
        "start launch begin",
        "key apikey credential secret",
        "connect configure attach hook link",
        "timeout timeouts hang hangs stuck freeze",
        "sign login signin password authentication authenticate auth account user",
        "error errors fail fails failed failure fault problem",
        "private privacy gdpr confidential",
        "telemetry tracking track analytics",
        "resume reconnect",
        "port listen");

    /// <summary>The words of a text as they stand, in lower case.</summary>
    public static List<string> Plain(string text) => [.. Word().Matches(text).Select(match => match.Groups["word"].Value.ToLowerInvariant())];

    /// <summary>The words of a text that say what it is about, made comparable.</summary>
    public static List<string> Content(string text) => [.. Plain(text).Where(word => word.Length > 1 && !Empty.Contains(word)).Select(Root)];

    /// <summary>The comparable form of one lower-case word.</summary>
    public static string Root(string word)
    {
        var stem = Stem(word);
        return Same.GetValueOrDefault(stem, stem);
    }

    private static Dictionary<string, string> SameWords(params string[] lines) => lines
        .Select(line => line.Split(' ').Select(Stem).ToArray())
        .SelectMany(words => words.Select(word => (word, First: words[0])))
        .DistinctBy(pair => pair.word)
        .ToDictionary(pair => pair.word, pair => pair.First);

    // "connecting", "connected", "connects": "connect"; "stopping": "stop"; "queries": "query".
    private static string Stem(string word)
    {
        var stem = word switch
        {
            { Length: > 5 } when word.EndsWith("ing", StringComparison.Ordinal) => Single(word[..^3]),
            { Length: > 4 } when word.EndsWith("ies", StringComparison.Ordinal) => word[..^3] + "y",
            { Length: > 4 } when word.EndsWith("ed", StringComparison.Ordinal) => Single(word[..^2]),
            { Length: > 3 } when word.EndsWith('s') && word[^2] is not ('s' or 'u' or 'i') => word[..^1],
            _ => word,
        };
        return stem.Length > 3 && stem.EndsWith('e') ? stem[..^1] : stem;
    }

    private static string Single(string stem) => stem.Length > 3 && stem[^1] == stem[^2] && stem[^1] is not ('l' or 's') ? stem[..^1] : stem;

    // "close@300" is "close@", a key of a script: it speaks of no closing, and of no 300.
    [GeneratedRegex(@"(?<word>[\p{L}\p{N}]+@?)((?<=@)[\p{L}\p{N}]+)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
