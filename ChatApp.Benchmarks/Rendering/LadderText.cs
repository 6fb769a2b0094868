using System.Text;

namespace ChatApp.Benchmarks.Rendering;

/// <summary>Texts of any length, the same for the same name: answers of mixed Markdown, and single blocks without end.</summary>
internal static class LadderText
{
    private static readonly string[] Words =
        ["stream", "token", "model", "server", "client", "buffer", "event", "render", "batch", "cursor", "queue", "reader", "of", "the", "and", "a"];

    public static IReadOnlyList<string> Kinds { get; } = ["mixed", "list", "table", "quote", "fence", "paragraph", "stray"];

    public static string Of(string kind, int length)
    {
        var random = new Random(7);
        var text = new StringBuilder(kind switch
        {
            "fence" => "```csharp\n",
            "table" => "| name | count | note |\n|---|---:|---|\n",
            "stray" => "2 *3 and ",
            _ => "",
        });
        while (text.Length < length)
        {
            text.Append(Next(kind, random));
        }

        return text.ToString(0, length);
    }

    private static string Next(string kind, Random random) => kind switch
    {
        "list" => $"- {Sentence(random, 9)} `{Word(random)}()`\n",
        "table" => $"| {Word(random)} | {random.Next(1000)} | {Sentence(random, 5)} |\n",
        "quote" => $"> {Sentence(random, 12)}\n>\n",
        "fence" => $"    var {Word(random)} = await {Word(random)}.ReadAsync({random.Next(100)}, token);\n",
        "paragraph" or "stray" => Sentence(random, 12) + " ",
        _ => Mixed(random),
    };

    private static string Mixed(Random random) => random.Next(8) switch
    {
        0 => $"## {Word(random)} {Word(random)}\n\n",
        1 => Lines(random, i => $"{i + 1}. **{Word(random)}**: {Sentence(random, 10)}\n"),
        2 => Lines(random, _ => $"- {Sentence(random, 8)} [{Word(random)}](https://example.org/{random.Next(100)})\n"),
        3 => "```csharp\n" + Lines(random, _ => Next("fence", random)) + "```\n\n",
        4 => "| name | count | note |\n|---|---:|---|\n" + Lines(random, _ => Next("table", random)),
        5 => $"> {Sentence(random, 18)}\n\n",
        _ => Sentence(random, random.Next(20, 80)) + "\n\n",
    };

    private static string Lines(Random random, Func<int, string> line) =>
        string.Concat(Enumerable.Range(0, random.Next(3, 9)).Select(line)) + "\n";

    private static string Word(Random random) => Words[random.Next(Words.Length)];

    private static string Sentence(Random random, int words)
    {
        var text = new StringBuilder();
        for (var i = 0; i < words; i++)
        {
            var word = Word(random);
            text.Append(random.Next(12) switch { 0 => $"**{word}**", 1 => $"*{word}*", 2 => $"`{word}`", _ => word }).Append(i + 1 < words ? " " : ".");
        }

        return text.ToString();
    }
}
