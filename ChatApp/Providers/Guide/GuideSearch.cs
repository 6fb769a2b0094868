namespace ChatApp.Providers.Guide;

/// <summary>Finds the sections of the docs that answer a question, by their words (BM25). A word in a heading counts several times, and a heading that is asked for as a whole wins.</summary>
internal sealed class GuideSearch
{
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.3;
    private const int HeadingWeight = 4;
    private const int DocumentWeight = 2;

    // A section answers only if it has the better half of what the question is about; words that are nowhere in the docs weigh most.
    private const double LeastCoverage = 0.5;

    private readonly List<Entry> _sections;
    private readonly Dictionary<string, double> _rarity;
    private readonly double _average;
    private readonly double _unknown;

    public GuideSearch(IEnumerable<GuideSection> sections)
    {
        _sections = [.. sections.Select(Index)];
        _average = _sections.Average(section => section.Length);
        _unknown = Rarity(0);
        _rarity = _sections.SelectMany(section => section.Counts.Keys).CountBy(word => word).ToDictionary(pair => pair.Key, pair => Rarity(pair.Value));
    }

    /// <summary>The sections that answer the words, best first. Each word has a weight, less than 1 where it was said earlier.</summary>
    public List<GuideSection> Find(IReadOnlyDictionary<string, double> words)
    {
        var whole = words.Sum(word => word.Value * RarityOf(word.Key));
        var found =
            from section in _sections
            let covered = words.Where(word => section.Counts.ContainsKey(word.Key)).Sum(word => word.Value * RarityOf(word.Key))
            where whole > 0 && covered / whole >= LeastCoverage
            let asked = section.Heading.Sum(word => words.GetValueOrDefault(word)) / Math.Max(1, section.Heading.Count)
            let score = (1 + asked) * words.Sum(word => word.Value * Score(section.Counts.GetValueOrDefault(word.Key), section.Length, word.Key))
            orderby score descending
            select (section.Section, Score: score);
        var ranked = found.ToList();
        return [.. ranked.TakeWhile(hit => hit.Score > ranked[0].Score * 0.6).Select(hit => hit.Section)];
    }

    public double RarityOf(string word) => _rarity.GetValueOrDefault(word, _unknown);

    private static Entry Index(GuideSection section)
    {
        var heading = GuideWords.Content(section.Heading);
        var body = GuideWords.Content(section.Body);
        var all = body
            .Concat(Enumerable.Repeat(heading, HeadingWeight).SelectMany(words => words))
            .Concat(Enumerable.Repeat(GuideWords.Content(section.Document), DocumentWeight).SelectMany(words => words));
        return new Entry(section, heading, all.CountBy(word => word).ToDictionary(), body.Count);
    }

    private double Rarity(int sections) => Math.Log(1 + ((_sections.Count - sections + 0.5) / (sections + 0.5)));

    private double Score(int count, int length, string word) =>
        RarityOf(word) * count * (Saturation + 1) / (count + (Saturation * (1 - LengthWeight + (LengthWeight * length / _average))));

    private sealed record Entry(GuideSection Section, List<string> Heading, Dictionary<string, int> Counts, int Length);
}
