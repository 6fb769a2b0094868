using System.Globalization;
using System.Text.RegularExpressions;

namespace ChatApp.Tests.Infrastructure;

/// <summary>One line of a page: a name, its labels, a value.</summary>
internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>
/// A page in Prometheus' text format 0.0.4, read by the letter: every sample stands below the HELP and TYPE of its metric, no series stands
/// twice, buckets rise to <c>+Inf</c> and agree with <c>_count</c>.
/// </summary>
internal sealed partial class PrometheusPage
{
    private readonly Dictionary<string, string> _types = [];
    private readonly List<PrometheusSample> _samples = [];

    public IReadOnlyDictionary<string, string> Types => _types;

    public IReadOnlyList<PrometheusSample> Samples => _samples;

    public static PrometheusPage Parse(string text)
    {
        var page = new PrometheusPage();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        var (helped, current) = ("", "");
        foreach (var line in text[..^1].Split('\n'))
        {
            if (Comment().Match(line) is { Success: true } comment)
            {
                var name = comment.Groups["name"].Value;
                if (comment.Groups["word"].Value == "HELP")
                {
                    helped = name;
                    continue;
                }

                Assert.Equal(helped, name);
                Assert.Contains(comment.Groups["rest"].Value, (string[])["counter", "gauge", "histogram"]);
                Assert.True(page._types.TryAdd(name, comment.Groups["rest"].Value), $"{name} has two types");
                current = name;
                continue;
            }

            page._samples.Add(ParseSample(line, current, page._types.GetValueOrDefault(current)));
        }

        Assert.Equal(page._samples.Count, page._samples.Select(sample => Key(sample)).Distinct().Count());
        page.CheckHistograms();
        return page;
    }

    /// <summary>The sum of the samples of a name that have these labels.</summary>
    public double Value(string name, params (string Key, string Value)[] labels) =>
        _samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Key) == label.Value)).Sum(sample => sample.Value);

    private static PrometheusSample ParseSample(string line, string current, string? type)
    {
        var match = Sample().Match(line);
        Assert.True(match.Success, $"No sample: {line}");
        var name = match.Groups["name"].Value;
        Assert.Contains(name, type == "histogram" ? [$"{current}_bucket", $"{current}_sum", $"{current}_count"] : (string[])[current]);
        if (type == "counter")
        {
            Assert.EndsWith("_total", name, StringComparison.Ordinal);
        }

        var labels = Label().Matches(match.Groups["labels"].Value).ToDictionary(
            label => label.Groups["key"].Value,
            label => Escape().Replace(label.Groups["value"].Value, escape => escape.Value switch { "\\n" => "\n", _ => escape.Value[1..] }));
        return new PrometheusSample(name, labels, Number(match.Groups["value"].Value));
    }

    private void CheckHistograms()
    {
        foreach (var name in _types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            var buckets = _samples.Where(sample => sample.Name == $"{name}_bucket");
            foreach (var series in buckets.GroupBy(sample => Key(sample, without: "le")))
            {
                var bounds = series.Select(bucket => Number(bucket.Labels["le"])).ToList();
                Assert.Equal(bounds.Order(), bounds);
                Assert.Equal(double.PositiveInfinity, bounds[^1]);
                Assert.Equal(series.Select(bucket => bucket.Value).Order(), series.Select(bucket => bucket.Value));
                var key = series.Key[$"{name}_bucket".Length..];
                Assert.Equal(series.Last().Value, _samples.Single(sample => Key(sample) == $"{name}_count{key}").Value);
                Assert.Single(_samples, sample => Key(sample) == $"{name}_sum{key}");
            }
        }
    }

    private static string Key(PrometheusSample sample, string? without = null) =>
        sample.Name + string.Concat(sample.Labels.Where(label => label.Key != without).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"|{label.Key}={label.Value}"));

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("^# (?<word>HELP|TYPE) (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<rest>.*)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Comment();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)({(?<labels>[a-zA-Z_]\w*="([^"\\]|\\[\\"n])*"(,[a-zA-Z_]\w*="([^"\\]|\\[\\"n])*")*)})? (?<value>\+Inf|-?[0-9.]+([eE][-+]?[0-9]+)?)$""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<key>[a-zA-Z_]\w*)="(?<value>([^"\\]|\\.)*)",?""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Label();

    [GeneratedRegex("""\\[\\"n]""", RegexOptions.NonBacktracking)]
    private static partial Regex Escape();
}
