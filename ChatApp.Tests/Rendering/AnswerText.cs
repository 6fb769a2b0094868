using System.Text;

namespace ChatApp.Tests.Rendering;

/// <summary>Makes up answers like those of a model: paragraphs, lists, code, tables. The same seed gives the same text.</summary>
internal static class AnswerText
{
    private static readonly string[] Words =
    [
        "server", "client", "stream", "latency", "buffer", "answer", "token", "the", "a", "of", "and", "when", "waits", "reads", "writes", "quickly", "another",
    ];

    public static string Mixed(int length, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append(Block(random)).Append('\n');
        }

        return text.ToString(0, length);
    }

    public static string Sentence(Random random, int words)
    {
        var text = new StringBuilder();
        for (var i = 0; i < words; i++)
        {
            var word = Words[random.Next(Words.Length)];
            text.Append(random.Next(30) switch { 0 => $"**{word}**", 1 => $"`{word}`", 2 => $"*{word}*", _ => word }).Append(i + 1 < words ? " " : ".");
        }

        return text.ToString();
    }

    private static string Block(Random random) => random.Next(8) switch
    {
        0 => $"## {Words[random.Next(Words.Length)]} {Words[random.Next(Words.Length)]}\n",
        1 => Lines(random, i => $"{i + 1}. **{Words[random.Next(Words.Length)]}**: {Sentence(random, 12)}\n"),
        2 => Lines(random, _ => $"- {Sentence(random, 9)} [{Words[random.Next(Words.Length)]}](https://example.org/{random.Next(100)})\n"),
        3 => "```csharp\n" + Lines(random, i => $"{new string(' ', 4 * (i % 3))}var {Words[i]} = await client.ReadAsync({random.Next(100)}, token);\n") + "```\n",
        4 => "| name | count | what |\n|---|---:|---|\n" + Lines(random, _ => $"| {Words[random.Next(Words.Length)]} | {random.Next(999)} | {Sentence(random, 4)} |\n"),
        5 => $"> {Sentence(random, 20)}\n",
        _ => Sentence(random, random.Next(20, 90)) + "\n",
    };

    private static string Lines(Random random, Func<int, string> line) => string.Concat(Enumerable.Range(0, random.Next(3, 9)).Select(line));
}
