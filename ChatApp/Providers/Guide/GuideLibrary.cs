using System.Reflection;

namespace ChatApp.Providers.Guide;

/// <summary>One section of the docs: what is found, shown and named as a source.</summary>
internal sealed record GuideSection(string File, string Document, string Heading, string Body)
{
    public string Title => Heading == Document ? Document : $"{Document}: {Heading}";

    public Uri Url { get; } = new(File, UriKind.Relative);
}

/// <summary>The docs and the guide's own pages, which are part of the program.</summary>
internal static class GuideLibrary
{
    private const string DocsPrefix = "guide:docs/";
    private const string PagePrefix = "guide:page/";

    private static readonly Assembly Source = typeof(GuideLibrary).Assembly;

    public static IReadOnlyList<GuideSection> Sections { get; } =
        [.. Names(DocsPrefix).OrderBy(name => name, StringComparer.Ordinal).SelectMany(name => Split(name[DocsPrefix.Length..], Read(name)))];

    public static IReadOnlyList<GuidePage> Pages { get; } =
        [.. Names(PagePrefix).Select(name => GuidePage.Parse(name[PagePrefix.Length..], Read(name)))];

    /// <summary>Cuts a document at its headings of the second level; what stands before the first of them is a section too.</summary>
    internal static IEnumerable<GuideSection> Split(string file, string text)
    {
        var (document, heading) = ("", "");
        var body = new List<string>();
        var fenced = false;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            fenced ^= line.StartsWith("```", StringComparison.Ordinal);
            if (fenced || !(line.StartsWith("# ", StringComparison.Ordinal) || line.StartsWith("## ", StringComparison.Ordinal)))
            {
                body.Add(line);
                continue;
            }

            if (Section() is { } section)
            {
                yield return section;
            }

            body.Clear();
            heading = line.TrimStart('#').Trim();
            document = document.Length == 0 ? heading : document;
        }

        if (Section() is { } last)
        {
            yield return last;
        }

        GuideSection? Section() => string.Join('\n', body).Trim() is { Length: > 0 } content ? new GuideSection(file, document, heading, content) : null;
    }

    private static IEnumerable<string> Names(string prefix) =>
        Source.GetManifestResourceNames().Where(name => name.StartsWith(prefix, StringComparison.Ordinal));

    private static string Read(string name)
    {
        using var reader = new StreamReader(Source.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
