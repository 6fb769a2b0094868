using System.Text;

namespace ChatApp.Providers.Guide;

/// <summary>Decides what to answer: a page known by heart, sections of the docs, or that it does not know.</summary>
internal static class GuideMind
{
    private const string Honest = "*I'm ChatApp's built-in guide, no AI: I look answers up in the docs.*";
    private const string TourMark = "{{docs}}";
    private const int ShortFollowUp = 6;
    private const double EarlierWeight = 0.4;
    private const int MostSources = 3;

    private static readonly string[] FollowUps = ["and", "or", "but", "also", "then", "what about", "how about", "same for"];

    private static readonly GuideSearch Search = new(GuideLibrary.Sections);

    /// <param name="question">The last message of the user.</param>
    /// <param name="earlier">The one before it, for questions such as "and for Claude?".</param>
    /// <param name="isFirst">Whether nothing was answered before: then it says what it is.</param>
    public static GuideAnswer Answer(string question, string? earlier, bool isFirst)
    {
        var answer = FromPage(question) ?? FromDocs(question, earlier) ?? FromPage(Page("unknown.md"));
        return !isFirst || answer.Text.Contains("no AI", StringComparison.Ordinal) ? answer : answer with { Text = $"{answer.Text}\n\n{Honest}" };
    }

    private static GuideAnswer? FromPage(string question)
    {
        if (GuideWords.Plain(question).Count == 0)
        {
            return FromPage(Page("hello.md"));
        }

        var (page, fit) = GuideLibrary.Pages.Select(page => (page, Fit: page.Fit(question))).MaxBy(match => match.Fit);
        return fit > 0 ? FromPage(page) : null;
    }

    private static GuideAnswer FromPage(GuidePage page) =>
        new(page.Text.Contains(TourMark, StringComparison.Ordinal) ? page.Text.Replace(TourMark, Tour(), StringComparison.Ordinal) : page.Text, page.Reasoning);

    private static GuideAnswer? FromDocs(string question, string? earlier)
    {
        var words = GuideWords.Content(question).Distinct().ToDictionary(word => word, _ => 1.0);
        if (earlier is not null && IsFollowUp(question))
        {
            foreach (var word in GuideWords.Content(earlier))
            {
                words.TryAdd(word, EarlierWeight);
            }
        }

        var found = Search.Find(words);
        if (found.Count == 0)
        {
            return null;
        }

        var sources = found.Take(MostSources).ToList();
        var text = new StringBuilder(GuideExcerpt.Trim(sources[0], words.Keys)).Append("\n\nSources: ")
            .AppendJoin(", ", sources.Select(source => $"{source.Title} (`{source.File}`)"));
        return new GuideAnswer(text.ToString()) { Sources = sources };
    }

    private static bool IsFollowUp(string question)
    {
        var words = GuideWords.Plain(question);
        var start = string.Join(' ', words) + " ";
        return words.Count <= ShortFollowUp && FollowUps.Any(opening => start.StartsWith(opening + " ", StringComparison.Ordinal));
    }

    private static string Tour() => string.Join(
        "\n\n",
        GuideLibrary.Sections.Where(section => section.File.StartsWith("docs/", StringComparison.Ordinal)).GroupBy(section => section.Document).Select(document =>
            $"## {document.Key}\n\n" + string.Join("\n\n", document.Select(section =>
                (section.Heading == document.Key ? "" : $"### {section.Heading}\n\n") + GuideExcerpt.Trim(section, [])))));

    private static GuidePage Page(string name) => GuideLibrary.Pages.Single(page => page.Name == name);
}
