using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Rendering;

/// <summary>Makes texts out of pieces that are awkward next to each other.</summary>
internal static class MarkdownSamples
{
    private static readonly string[] Pieces =
    [
        "word ", "another ", "Text with words. ", "a", "\n", "\n", "\n\n", "\n\n", "\r\n", "    ", "  ", "\t", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">",
        "# ", "## Head", "---", "===", "***", "```", "```cs\n", "~~~", "`", "``", "*", "**", "_", "__", "~~", "$", "$$", "$$\n", "[", "]", "](", "](http://a.b/c", ")", "!", "![",
        "[a]", "[a]: http://x.y\n", "\n[b]: <http://z> \"t\"\n", "[b][a]", "[^1]", "\n[^1]: note ", "[^n]", "\n\n[^n]: more\n", "|", "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n",
        "a | b\n", ":--|--:\n", "[ ] ", "[x] ", "> [!NOTE]\n", "> [!tip]\n> ", "\\", "\\*", "&amp;", "&", "<http://u.v>", "<b>", "https://www.e.org/a_b*c ", "www.x.com", "  \n", "\\\n",
        "\u202E", "\uD83D\uDE00", "\uDB40\uDC41", "\0", "中文。字", "é", "snake_case_name ", "2 * 3 ", "$5 and $6 ", "![i](http://a.b/i.png)", "[l](https://e.org \"t\") ",
        "[j](javascript:alert(1))", "<!-- c -->", "\n- item\n", "\n  - sub\n", "\n1. one\n", "\n\n   more\n", "\n> quote\n", "\n# H\n", "\n\n| h |\n|---|\n| r |\n",
    ];

    public static Gen<string> Text(int most) =>
        from size in Gen.Choose(1, most)
        from pieces in Gen.ArrayOf(Gen.Elements(Pieces), size)
        select string.Concat(pieces);

    public static Gen<string[]> Chunked(int most) =>
        from text in Text(most)
        from largest in Gen.Elements(1, 3, 8, 40)
        from sizes in Gen.ArrayOf(Gen.Choose(1, largest), text.Length)
        select Cut(text, sizes).ToArray();

    /// <summary>Smaller cases that may fail the same way: a chunk less, or one without its first or last character.</summary>
    public static IEnumerable<string[]> Shrink(string[] chunks)
    {
        for (var size = chunks.Length / 2; size > 1; size /= 2)
        {
            for (var at = 0; at + size <= chunks.Length; at += size)
            {
                yield return [.. chunks[..at], .. chunks[(at + size)..]];
            }
        }

        for (var i = 0; i < chunks.Length; i++)
        {
            yield return [.. chunks[..i], .. chunks[(i + 1)..]];
            if (chunks[i].Length > 1)
            {
                yield return [.. chunks[..i], chunks[i][1..], .. chunks[(i + 1)..]];
                yield return [.. chunks[..i], chunks[i][..^1], .. chunks[(i + 1)..]];
            }
        }
    }

    private static IEnumerable<string> Cut(string text, int[] sizes)
    {
        for (int at = 0, i = 0; at < text.Length; i++)
        {
            var length = Math.Min(sizes[i], text.Length - at);
            yield return text.Substring(at, length);
            at += length;
        }
    }
}
