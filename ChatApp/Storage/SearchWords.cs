using System.Globalization;
using System.Text;

namespace ChatApp.Storage;

/// <summary>The words of a text: letters, digits and their marks, in lower case. All else separates them, so no word can mean anything to a database.</summary>
internal static class SearchWords
{
    /// <summary>What somebody asks for; the words after so many are left out.</summary>
    private const int MostAsked = 16;

    private const int LongestWord = 64;

    /// <summary>The words asked for, each once.</summary>
    public static IReadOnlyList<string> Of(string text) => [.. In(text).Distinct(StringComparer.Ordinal).Take(MostAsked)];

    /// <summary>All words of a text, in order.</summary>
    public static IEnumerable<string> In(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsOfWord(rune))
            {
                if (word.Length < LongestWord)
                {
                    word.Append(Rune.ToLowerInvariant(rune).ToString());
                }
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    // As SQLite's unicode61 has it: categories L*, N* and Co, and the marks of letters.
    private static bool IsOfWord(Rune rune) => Rune.GetUnicodeCategory(rune) is
        <= UnicodeCategory.OtherNumber and not UnicodeCategory.EnclosingMark or UnicodeCategory.PrivateUse;
}
