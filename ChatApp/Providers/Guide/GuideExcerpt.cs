using System.Text.RegularExpressions;

namespace ChatApp.Providers.Guide;

/// <summary>Trims a section to what was asked: its first block, those that speak of it with the code that follows them, and of a long table only the rows that do.</summary>
internal static partial class GuideExcerpt
{
    private const int ShortEnough = 90;
    private const int LongTable = 7;

    public static string Trim(GuideSection section, IReadOnlyCollection<string> words)
    {
        var blocks = Blocks(section.Body);
        // What every block of the section is about tells none from another.
        var telling = words.Except(GuideWords.Content(section.Heading)).ToHashSet();
        var whole = GuideWords.Plain(section.Body).Count <= ShortEnough || telling.Count == 0;
        var kept = new List<string>();
        var keptLast = true;
        foreach (var (index, block) in blocks.Index())
        {
            keptLast = whole || index == 0 || (keptLast && IsCode(block)) || Speaks(block, telling);
            if (keptLast)
            {
                kept.Add(TrimTable(block, telling));
            }
        }

        // Links between the docs lead nowhere in a chat; their words stay.
        return InnerLink().Replace(string.Join("\n\n", kept), "${words}");
    }

    internal static List<string> Blocks(string body)
    {
        var blocks = new List<string>();
        var open = false;
        foreach (var part in body.Split("\n\n"))
        {
            // A blank line within a fence ends nothing.
            if (open)
            {
                blocks[^1] += "\n\n" + part;
            }
            else
            {
                blocks.Add(part);
            }

            open = blocks[^1].Split('\n').Count(line => line.StartsWith("```", StringComparison.Ordinal)) % 2 == 1;
        }

        return blocks;
    }

    private static bool IsCode(string block) => block.StartsWith("```", StringComparison.Ordinal);

    private static bool Speaks(string text, HashSet<string> words) => GuideWords.Content(text).Exists(words.Contains);

    private static string TrimTable(string block, HashSet<string> telling)
    {
        var lines = block.Split('\n');
        if (!block.StartsWith('|') || lines.Length < LongTable)
        {
            return block;
        }

        var rows = lines.Skip(2).Where(row => Speaks(row, telling)).ToList();
        return rows.Count is 0 or > 4 ? block : string.Join('\n', [.. lines.Take(2), .. rows]);
    }

    [GeneratedRegex(@"\[(?<words>[^\]]+)\]\([^):]*\)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InnerLink();
}
