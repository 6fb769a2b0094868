using System.Text;

namespace ChatApp.Tests.Rendering;

/// <summary>Texts that are one block, however long.</summary>
internal static class EndlessText
{
    public static string Of(string kind, int length)
    {
        var random = new Random(1);
        var text = new StringBuilder(kind switch { "fence" => "```text\n", "table" => "| a | b |\n|---|---|\n", _ => "" });
        while (text.Length < length)
        {
            text.Append(kind switch
            {
                "list" => $"- {AnswerText.Sentence(random, 8)}\n",
                "table" => $"| {AnswerText.Sentence(random, 3)} | {random.Next(1000)} |\n",
                "quote" => $"> {AnswerText.Sentence(random, 9)}\n>\n",
                "fence" => $"line {random.Next(1000)} of the code;\n",
                _ => AnswerText.Sentence(random, 10) + " ",
            });
        }

        return text.ToString(0, length);
    }
}
