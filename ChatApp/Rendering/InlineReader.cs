using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ChatApp.Rendering;

/// <summary>Runs Markdig's inline parsers over a piece of text, with the link and footnote definitions of a document.</summary>
internal sealed class InlineReader(MarkdownDocument definitions)
{
    private static readonly InlineParserList Parsers = MarkdigParsers.Inlines();

    private InlineProcessor _processor = new(definitions, Parsers, preciseSourcelocation: false, context: null);

    /// <summary>Null where Markdig gives up: it throws on what it finds too deeply nested.</summary>
    public ContainerInline? Read(string text)
    {
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
            _processor = new(definitions, Parsers, preciseSourcelocation: false, context: null);
            return null;
        }
    }
}
