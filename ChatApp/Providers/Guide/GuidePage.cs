namespace ChatApp.Providers.Guide;

/// <summary>
/// A page the guide knows by heart. The file begins with what calls it, then <c>---</c>, then the answer; with reasoning, that stands
/// first and a second <c>---</c> after it:
/// <code>
/// show: table, tables
/// ---
/// Here is a table…
/// </code>
/// <c>ask</c> phrases may stand anywhere in the message, <c>say</c> phrases must be all of it, <c>show</c> phrases need a wish to see.
/// </summary>
internal sealed record GuidePage(string Name, IReadOnlyList<(string Kind, string[] Words)> Phrases, string? Reasoning, string Text)
{
    // "Show me a table of fruit and prices" is still a wish for a table; with more beside it the question is about something else.
    private const int MostBeside = 2;

    private static readonly HashSet<string> Wishes =
        [.. "show demo demonstrate display give draw example examples sample render print write stream make produce see test try".Split(' ')];

    /// <summary>Whether it shows something, and so may stand beside another that does.</summary>
    public bool IsShow => Phrases.All(phrase => phrase.Kind == "show");

    public static GuidePage Parse(string name, string text)
    {
        var parts = text.ReplaceLineEndings("\n").Split("\n---\n");
        var phrases =
            from line in parts[0].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            let colon = line.IndexOf(':', StringComparison.Ordinal)
            from phrase in line[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries)
            select (line[..colon], GuideWords.Plain(phrase).ToArray());
        return new GuidePage(name, [.. phrases], parts.Length > 2 ? parts[1].Trim() : null, parts[^1].Trim());
    }

    /// <summary>How well the page fits a message: the words of its longest phrase that does, 0 for none.</summary>
    public int Fit(string message)
    {
        var words = GuideWords.Plain(message);
        return Phrases.Where(phrase => Fits(phrase.Kind, phrase.Words, words, message)).Select(phrase => phrase.Words.Length).DefaultIfEmpty().Max();
    }

    private static bool Fits(string kind, string[] phrase, List<string> words, string message)
    {
        if (!Contains(words, phrase))
        {
            return false;
        }

        var own = phrase.Select(GuideWords.Root).ToHashSet();
        var beside = GuideWords.Content(message).Except(own).Count(word => !Wishes.Contains(word));
        return kind switch
        {
            "ask" => true,
            "show" => beside == 0 || (beside <= MostBeside && words.Exists(Wishes.Contains)),
            _ => beside == 0,
        };
    }

    private static bool Contains(List<string> words, string[] phrase)
    {
        for (var at = 0; at + phrase.Length <= words.Count; at++)
        {
            if (phrase.Index().All(word => words[at + word.Index] == word.Item))
            {
                return true;
            }
        }

        return false;
    }
}
