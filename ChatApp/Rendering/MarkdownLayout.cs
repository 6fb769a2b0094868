namespace ChatApp.Rendering;

/// <summary>
/// How the children of a node are shared out: the first ones are drawn together with the node, the others in chunks, each by a component.
/// A chunk costs some eighty bytes on the wire and a kilobyte in the circuit once; drawing deep inside a larger piece costs thirty-two bytes a level at every flush.
/// </summary>
public static class MarkdownLayout
{
    /// <summary>How many children a chunk holds. Those of the open chunk are compared at every flush.</summary>
    public const int ChunkSize = 64;

    /// <summary>How many children are drawn with their node.</summary>
    public static int InPlace(MarkdownNode node) => node.Element switch
    {
        MarkdownElement.Body or MarkdownElement.CodeBlock or MarkdownElement.MathBlock or MarkdownElement.TableBody => 0,
        MarkdownElement.UnorderedList or MarkdownElement.OrderedList => 0,
        MarkdownElement.Paragraph => 8,
        _ => 16,
    };

    /// <summary>How many chunks the rest makes.</summary>
    public static int Chunks(MarkdownNode node)
    {
        var rest = node.Children.Count - InPlace(node);
        return rest <= 0 ? 0 : ((rest - 1) / ChunkSize) + 1;
    }
}
