using System.Text;

namespace ChatApp.Rendering;

/// <summary>
/// Takes out what a reader cannot see but a machine or the text's direction can: tag characters (U+E0000 to U+E007F), direction
/// overrides (U+202A to U+202E, U+2066 to U+2069), other zero-width marks and control characters. U+200D and U+FE0F stay: emoji are made with them.
/// </summary>
internal static class InvisibleText
{
    // Two characters that mean nothing to anybody, used by TailRepair to blank out and to mask without moving any other character.
    internal const char Blank = '\uFFFF';
    internal const char Colon = '\uFFFE';

    public static string Clean(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\uDB40' || IsInvisible(text[i]))
            {
                return Strip(text, i);
            }
        }

        return text.ToString();
    }

    public static bool IsInvisible(char c) => c is (< ' ' and not ('\n' or '\t')) or (>= '\u007F' and <= '\u009F')
        or '\u200B' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u2069') or '\uFEFF' or Blank or Colon;

    private static string Strip(ReadOnlySpan<char> text, int clean)
    {
        var result = new StringBuilder(text.Length).Append(text[..clean]);
        for (var i = clean; i < text.Length; i++)
        {
            // U+E0000 to U+E007F are the pairs DB40 DC00 to DB40 DC7F.
            if (text[i] == '\uDB40' && i + 1 < text.Length && text[i + 1] is >= '\uDC00' and <= '\uDC7F')
            {
                i++;
            }
            else if (text[i] == Colon)
            {
                result.Append(':');
            }
            else if (!IsInvisible(text[i]))
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
