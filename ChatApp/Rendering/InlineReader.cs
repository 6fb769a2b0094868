using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChatApp.Rendering;

/// <summary>Runs Markdig's inline parsers over a piece of text, with the link and footnote definitions of a document.</summary>
internal sealed class InlineReader(MarkdownDocument definitions, int mostMarkers)
{
    private static readonly InlineParserList Parsers = MarkdigParsers.Inlines();

    private InlineProcessor _processor = new(definitions, Parsers, preciseSourcelocation: true, context: null);

    /// <summary>Null where Markdig gives up, it throws on what it finds too deeply nested, or would need too long.</summary>
    public ContainerInline? Read(string text)
    {
        if (Markers(text) > mostMarkers)
        {
            return null;
        }

        // One line, whatever line ends are in it: then every literal is a slice of this very text.
        var leaf = new ParagraphBlock { Lines = new StringLineGroup(1) };
        leaf.Lines.Add(new StringSlice(text));
        try
        {
            _processor.ProcessInlineLeaf(leaf);
            return leaf.Inline;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            // The text is shown plainly instead; the processor may be left half-way and is not used again.
            _processor = new(definitions, Parsers, preciseSourcelocation: true, context: null);
            return null;
        }
    }

    // Pairing "*", "_", "~~" and brackets takes Markdig time that grows with the square of their number.
    private static int Markers(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '[' || (text[i] is '*' or '_' or '~' && (i == 0 || text[i - 1] != text[i])))
            {
                count++;
            }
        }

        return count;
    }
}
