using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>The label of a code block: the first word after the fence if it looks like the name of a language, else nothing.</summary>
internal static class CodeLanguage
{
    private const int Longest = 24;

    public static string? Of(CodeBlock block)
    {
        var info = (block as FencedCodeBlock)?.Info?.Trim();
        if (info is not { Length: > 0 and <= Longest })
        {
            return null;
        }

        foreach (var c in info)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '#' or '-' or '.' or '_'))
            {
                return null;
            }
        }

        return info.ToLowerInvariant();
    }
}
