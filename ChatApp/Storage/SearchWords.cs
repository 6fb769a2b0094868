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

    /// <summary>
    /// Whether a word is one for every database's index. In the scripts that are not named here words have no spaces between them, or vowels are marks
    /// at which SQLite cuts, or it knows the letters not yet: such a word is looked for in the texts themselves.
    /// </summary>
    public static bool IsIndexed(string word)
    {
        foreach (var letter in word)
        {
            // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, more of Latin and Greek, Hangul; as of Unicode 6.1 and without marks.
            if (letter is not (<= '\u024F' or (>= '\u0386' and <= '\u0481') or (>= '\u048A' and <= '\u0523') or (>= '\u0531' and <= '\u0587')
                or (>= '\u05D0' and <= '\u05EA') or (>= '\u0620' and <= '\u064A') or (>= '\u0671' and <= '\u06D3') or (>= '\u1E00' and <= '\u1FFF')
                or (>= '\uAC00' and <= '\uD7A3')))
            {
                return false;
            }
        }

        return true;
    }

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
