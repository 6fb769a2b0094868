using System.Globalization;

namespace ChatApp.Conversations;

/// <summary>Titles: the first words of the first question until somebody gives another.</summary>
public static class ConversationTitles
{
    /// <summary>How many characters a title has at most.</summary>
    public const int MaxLength = 120;

    private const int FirstWords = 48;

    private const string Untitled = "New chat";

    /// <summary>The title of a conversation that begins with this question.</summary>
    public static string Of(string prompt)
    {
        // Enough for every title, however long the question is.
        var words = Clean(prompt.Length > 1000 ? prompt[..1000] : prompt);
        if (words.Length <= FirstWords)
        {
            return Shown(words);
        }

        var end = words.LastIndexOf(' ', FirstWords);
        return $"{Cut(words, end > FirstWords / 2 ? end : FirstWords)}…";
    }

    /// <summary>A stored title as people see it: a conversation that nothing was asked in may have none.</summary>
    public static string Shown(string title) => title.Length > 0 ? title : Untitled;

    /// <summary>One line without control characters and runs of spaces, of at most <see cref="MaxLength"/> characters.</summary>
    public static string Clean(string title)
    {
        var line = string.Join(
            ' ', string.Concat(title.Where(c => !TurnsAround(c)).Select(c => char.IsControl(c) || char.IsWhiteSpace(c) ? ' ' : c)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return Cut(line, MaxLength);
    }

    /// <summary>Whether a title given by a program can be taken as it is: something to see, on one line, not too long, and without characters that change how others read.</summary>
    public static bool IsFit(string title) => title.Length <= MaxLength
        && !title.Any(c => char.IsControl(c) || TurnsAround(c) || c is '\u2028' or '\u2029')
        && title.EnumerateRunes().Any(rune => !System.Text.Rune.IsWhiteSpace(rune) && System.Text.Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format);

    // Overrides and isolates of the reading direction: a title with one makes what stands beside it read differently.
    private static bool TurnsAround(char c) => c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    // Never half a character.
    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
