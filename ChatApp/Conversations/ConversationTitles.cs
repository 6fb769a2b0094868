namespace ChatApp.Conversations;

/// <summary>Titles: the first words of the first question until somebody gives another.</summary>
public static class ConversationTitles
{
    /// <summary>How many characters a title has at most.</summary>
    public const int MaxLength = 120;

    private const int FirstWords = 48;

    /// <summary>The title of a conversation that begins with this question.</summary>
    public static string Of(string prompt)
    {
        // Enough for every title, however long the question is.
        var words = Clean(prompt.Length > 1000 ? prompt[..1000] : prompt);
        if (words.Length <= FirstWords)
        {
            return words.Length > 0 ? words : "New chat";
        }

        var end = words.LastIndexOf(' ', FirstWords);
        return $"{Cut(words, end > FirstWords / 2 ? end : FirstWords)}…";
    }

    /// <summary>One line without control characters and runs of spaces, of at most <see cref="MaxLength"/> characters.</summary>
    public static string Clean(string title)
    {
        var line = string.Join(' ', string.Concat(title.Select(c => char.IsControl(c) || char.IsWhiteSpace(c) ? ' ' : c)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return Cut(line, MaxLength);
    }

    // Never half a character.
    private static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
