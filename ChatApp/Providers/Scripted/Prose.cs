namespace ChatApp.Providers.Scripted;

/// <summary>Endless plain sentences from a seed. The pieces are cut once, so a token costs no allocation.</summary>
internal static class Prose
{
    private static readonly string[] Subjects =
    [
        "the stream", "a slow reader", "the first token", "every answer", "a quiet clock", "the network", "one more message", "the browser",
        "a patient server", "the conversation", "an early signal", "the last word", "a long document", "the cursor", "a second device", "the page",
    ];

    private static readonly string[] Predicates =
    [
        " keeps its pace", " arrives in small pieces", " waits for the next signal", " finds its place again", " never starts twice", " is shown at once",
        " says what happened", " comes back after a pause", " holds only what is new", " stops when it is asked to", " is counted exactly once",
        " leaves no gap behind", " moves on without hurry", " costs nobody anything", " ends with a clear reason", " reads well from the start",
    ];

    private static readonly string[] Joints = [", and ", ", while ", ", because ", ", until ", "; then ", ", although "];

    private static readonly string[][] Openings = Cut(Subjects.Select(Capital));
    private static readonly string[][] Middles = Cut(Subjects);
    private static readonly string[][] Endings = Cut(Predicates);
    private static readonly string[][] Links = Cut(Joints);

    /// <summary>The tokens of an endless text of paragraphs.</summary>
    public static IEnumerable<string> Write(int seed)
    {
        var random = new Random(seed);
        while (true)
        {
            for (var left = random.Next(3, 7); left > 0; left--)
            {
                foreach (var phrase in (string[][])[Pick(Openings), Pick(Endings), Pick(Links), Pick(Middles), Pick(Endings)])
                {
                    foreach (var token in phrase)
                    {
                        yield return token;
                    }
                }

                yield return left > 1 ? ". " : ".\n\n";
            }
        }

        string[] Pick(string[][] phrases) => phrases[random.Next(phrases.Length)];
    }

    /// <summary>One sentence, with its full stop.</summary>
    public static string Sentence(Random random) =>
        Capital(Pick(random, Subjects)) + Pick(random, Predicates) + Pick(random, Joints) + Pick(random, Subjects) + Pick(random, Predicates) + ".";

    /// <summary>A short phrase that may stand in a heading, an item or a cell.</summary>
    public static string Phrase(Random random) => Capital(Pick(random, Subjects)) + Pick(random, Predicates);

    public static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string[][] Cut(IEnumerable<string> phrases) => [.. phrases.Select(phrase => Tokenizer.Split(phrase).ToArray())];
}
