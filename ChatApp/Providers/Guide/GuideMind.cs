using System.Text;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Guide;

/// <summary>Decides what to answer: a page known by heart, sections of the docs, or that it does not know.</summary>
internal static class GuideMind
{
    private const string Honest = "*I'm ChatApp's built-in guide, no AI: I look answers up in the docs.*";
    private const string TourMark = "{{docs}}";
    private const string Beginning = "Getting started";
    private const int ShortFollowUp = 6;
    private const double EarlierWeight = 0.4;
    private const int MostBeside = 2;

    private static readonly string[] FollowUps = ["and", "or", "but", "also", "then", "what about", "how about", "same for"];

    private static readonly GuideSearch Search = new(GuideLibrary.Sections);

    /// <param name="question">The last message of the user.</param>
    /// <param name="earlier">The one before it, for questions such as "and for Claude?".</param>
    /// <param name="isFirst">Whether nothing was answered before: then it says what it is.</param>
    public static GuideAnswer Answer(string question, string? earlier, bool isFirst)
    {
        var answer = FromTools(question) ?? FromPage(question) ?? FromDocs(question, earlier) ?? FromPage(Page("unknown.md"));
        return !isFirst || answer.Text.Contains("no AI", StringComparison.Ordinal) ? answer : answer with { Text = $"{answer.Text}\n\n{Honest}" };
    }

    /// <summary>The same with tools: it asks for what they know, and says what they have found.</summary>
    /// <param name="question">The last message of the user.</param>
    /// <param name="earlier">The one before it.</param>
    /// <param name="isFirst">Whether nothing was answered before.</param>
    /// <param name="results">What tools have found for this question.</param>
    /// <param name="tools">The names of the tools that may be asked.</param>
    public static GuideAnswer Answer(
        string question, string? earlier, bool isFirst, IReadOnlyList<(FunctionCallContent? Call, string Result)> results, IReadOnlySet<string> tools)
    {
        var (tasks, rest) = GuideTask.Read(question);
        if (results.Count == 0)
        {
            return tasks.Count > 0 && tasks.Any(task => tools.Contains(task.Tool))
                ? new GuideAnswer("") { Tasks = [.. tasks.Where(task => tools.Contains(task.Tool))] }
                : Answer(question, earlier, isFirst);
        }

        // What was asked beside, and what no tool was there for.
        var found = GuideResults.Say(results);
        var missing = tasks.Where(task => results.All(result => result.Call?.Name != task.Tool)).ToList();
        found = missing.Count > 0 ? $"{found}\n\n{Missing(missing)}" : found;
        var beside = rest.Length > 0 && tasks.Count > 0 ? FromDocs(rest, null) : null;
        var answer = beside is null ? new GuideAnswer(found) : beside with { Text = $"{found}\n\n{beside.Text}" };
        return isFirst ? answer with { Text = $"{answer.Text}\n\n{Honest}" } : answer;
    }

    private static GuideAnswer? FromTools(string question) =>
        GuideTask.Read(question).Tasks is { Count: > 0 } tasks ? new GuideAnswer(Missing(tasks)) : null;

    private static string Missing(IReadOnlyList<GuideTask> tasks)
    {
        var names = tasks.Select(task => $"`{task.Tool}`").Distinct(StringComparer.Ordinal).ToList();
        return $"I don't know that by myself: it takes the {(names.Count == 1 ? $"tool {names[0]}, which is" : $"tools {string.Join(" and ", names)}, which are")} not switched on here. Switch {(names.Count == 1 ? "it" : "them")} on and ask again.";
    }

    private static GuideAnswer? FromPage(string question)
    {
        if (GuideWords.Plain(question).Count == 0)
        {
            return FromPage(Page("hello.md"));
        }

        var fitting = GuideLibrary.Pages.Select(page => (Page: page, Fit: page.Fit(question))).Where(match => match.Fit > 0)
            .OrderBy(match => match.Page.IsShow).ThenByDescending(match => match.Fit).Select(match => match.Page).ToList();
        return fitting switch
        {
            [] => null,
            [{ IsShow: true }, _, ..] when !fitting.Exists(IsTour) => Together(fitting.Select(FromPage)),
            _ => FromPage(fitting.Find(IsTour) ?? fitting[0]),
        };
    }

    // "Show me a table and some code"
    private static GuideAnswer Together(IEnumerable<GuideAnswer> answers) => answers.Aggregate((first, next) =>
        new GuideAnswer($"{first.Text}\n\n{next.Text}", first.Reasoning ?? next.Reasoning));

    private static bool IsTour(GuidePage page) => page.Text.Contains(TourMark, StringComparison.Ordinal);

    private static GuideAnswer FromPage(GuidePage page) =>
        new(IsTour(page) ? page.Text.Replace(TourMark, Tour(), StringComparison.Ordinal) : page.Text, page.Reasoning);

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

        var text = new StringBuilder(GuideExcerpt.Trim(found[0], words.Keys)).Append("\n\nSources: ").Append(Name(found[0]));
        if (found.Count > 1)
        {
            text.Append(". See also: ").AppendJoin(", ", found.Skip(1).Take(MostBeside).Select(Name));
        }

        return new GuideAnswer(text.ToString()) { Sources = [found[0]] };

        static string Name(GuideSection section) => $"{section.Title} (`{section.File}`)";
    }

    private static bool IsFollowUp(string question)
    {
        var words = GuideWords.Plain(question);
        var start = string.Join(' ', words) + " ";
        return words.Count <= ShortFollowUp && FollowUps.Any(opening => start.StartsWith(opening + " ", StringComparison.Ordinal));
    }

    private static string Tour() => string.Join(
        "\n\n",
        GuideLibrary.Sections.Where(section => section.File.StartsWith("docs/", StringComparison.Ordinal)).GroupBy(section => section.Document)
            .OrderByDescending(document => document.Key == Beginning).Select(document =>
            $"## {document.Key}\n\n" + string.Join("\n\n", document.Select(section =>
                (section.Heading == document.Key ? "" : $"### {section.Heading}\n\n") + GuideExcerpt.Trim(section, [])))));

    private static GuidePage Page(string name) => GuideLibrary.Pages.Single(page => page.Name == name);
}
