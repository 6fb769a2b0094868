namespace ChatApp.Providers.Scripted;

/// <summary>Cuts text into pieces the size of a model's tokens: words with their space, long words in parts, 1 to 7 characters.</summary>
internal static class Tokenizer
{
    private const int Longest = 7;
    private const int Part = 4;

    public static IEnumerable<string> Split(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var length = NextLength(text.AsSpan(at));
            yield return text.Substring(at, length);
            at += length;
        }
    }

    private static int NextLength(ReadOnlySpan<char> rest)
    {
        var length = rest[0] == ' ' ? 1 : 0;
        var space = length;
        while (length < rest.Length && length <= Longest && char.IsLetterOrDigit(rest[length]))
        {
            length++;
        }

        if (length > space)
        {
            return length <= Longest ? length : Part;
        }

        // No word: a run of spaces or line ends, else one character; never half a surrogate pair.
        if (rest[0] is ' ' or '\n')
        {
            var run = rest[..Math.Min(rest.Length, Part)].IndexOfAnyExcept(rest[0]);
            return run < 0 ? Math.Min(rest.Length, Part) : run;
        }

        return rest.Length > 1 && char.IsSurrogatePair(rest[0], rest[1]) ? 2 : 1;
    }
}
