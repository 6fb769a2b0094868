using System.Globalization;
using System.Text;

namespace ChatApp.Providers.Scripted;

/// <summary>An endless Markdown document from a seed: every construct a reader should be able to show, dealt like cards so that each comes up early.</summary>
internal static class MarkdownDocument
{
    private static readonly Func<Random, string>[] Kinds = [Paragraph, Bullets, Steps, Table, Quote, Tasks, Math, Alert, Table, Links];

    private static readonly string[] Notes = ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"];

    private static readonly string[] Formulas =
    [
        "The mean is $\\bar{x} = \\frac{1}{n} \\sum_{i=1}^{n} x_i$, and for the whole stream:\n\n$$\n\\int_0^T r(t)\\,dt = N\n$$\n\n",
        "Euler wrote $e^{i\\pi} + 1 = 0$; the roots are\n\n$$\nx_{1,2} = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$\n\n",
        "With $\\lambda$ arrivals a second and $W$ seconds each,\n\n$$\nL = \\lambda W\n$$\n\n",
    ];

    private static readonly string[] Addresses =
        ["https://www.rfc-editor.org/rfc/rfc9457", "https://spec.commonmark.org/0.31.2/", "https://html.spec.whatwg.org/", "https://learn.microsoft.com/aspnet/core/"];

    /// <summary>The document's blocks, each with its blank line.</summary>
    public static IEnumerable<string> Write(int seed)
    {
        var random = new Random(seed);
        var sample = random.Next(CodeSamples.All.Length);
        yield return $"# {Prose.Phrase(random)}\n\n{Paragraph(random)}";
        while (true)
        {
            Func<Random, string>[] deal = [.. Kinds, NextCode, NextCode];
            random.Shuffle(deal);
            for (var i = 0; i < deal.Length; i++)
            {
                if (i % 4 == 0)
                {
                    yield return $"{(i == 0 ? "##" : "###")} {Prose.Phrase(random)}\n\n";
                }

                yield return deal[i](random);
            }
        }

        // One language after the other, or a rare one would be long in coming.
        string NextCode(Random r) => CodeSamples.All[sample++ % CodeSamples.All.Length](Number(r));
    }

    private static string Paragraph(Random random) =>
        $"{Prose.Sentence(random)} **{Prose.Phrase(random)}**, *{Lower(random)}*, ~~{Lower(random)}~~ and `cursor.Next({Number(random)})`. {Prose.Sentence(random)}\n\n";

    private static string Bullets(Random random) => Lines(random, 4, (line, _) =>
        $"- {Prose.Phrase(random)}\n  - {Prose.Phrase(random)}\n    - `{Number(random)} ms`, {Lower(random)}\n" + (line % 2 == 0 ? $"- **{Prose.Phrase(random)}**\n" : ""));

    private static string Steps(Random random) => Lines(random, 4, (line, _) =>
        $"{line.ToString(CultureInfo.InvariantCulture)}. {Prose.Sentence(random)}\n   - {Prose.Phrase(random)}\n");

    private static string Tasks(Random random) => Lines(random, 5, (line, done) => $"- [{(line <= done ? 'x' : ' ')}] {Prose.Phrase(random)}\n");

    private static string Table(Random random) =>
        "| What | Count | Median | State |\n| :--- | ---: | ---: | :---: |\n"
        + Lines(random, 6, (_, _) => $"| {Prose.Phrase(random)} | {Number(random)} | {Number(random)} ms | {Prose.Pick(random, (string[])["ok", "**late**", "`idle`"])} |\n");

    private static string Quote(Random random) => $"> {Prose.Sentence(random)}\n>\n> > {Prose.Sentence(random)}\n\n";

    private static string Alert(Random random) => $"> [!{Prose.Pick(random, Notes)}]\n> {Prose.Sentence(random)}\n\n";

    private static string Math(Random random) => Prose.Pick(random, Formulas);

    private static string Links(Random random) =>
        $"{Prose.Sentence(random)} See [{Lower(random)}]({Prose.Pick(random, Addresses)}) or <{Prose.Pick(random, Addresses)}>.\n\n---\n\n";

    private static string Lines(Random random, int most, Func<int, int, string> line)
    {
        var count = random.Next(3, most + 1);
        var marked = random.Next(count);
        var text = new StringBuilder();
        for (var i = 1; i <= count; i++)
        {
            text.Append(line(i, marked));
        }

        return text.Append('\n').ToString();
    }

    private static string Number(Random random) => random.Next(2, 5000).ToString(CultureInfo.InvariantCulture);

    private static string Lower(Random random)
    {
        var phrase = Prose.Phrase(random);
        return char.ToLowerInvariant(phrase[0]) + phrase[1..];
    }
}
