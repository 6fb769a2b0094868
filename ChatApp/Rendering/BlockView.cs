using Markdig.Extensions.Footnotes;
using Markdig.Extensions.Mathematics;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>
/// Keeps the node of one Markdig block up to date while the block grows. What the block parser has closed is taken over once and for
/// all; of what is still open, the part that only stands on the screen is taken back before the next text is looked at.
/// </summary>
internal abstract class BlockView(Block block, MarkdownNode node)
{
    public Block Block => block;

    public MarkdownNode Node => node;

    /// <summary>Takes over what is new in the block. Afterwards nothing is shown that is not settled.</summary>
    public abstract void Update(bool isClosed, Func<StringLineSource, long> sourceOf);

    /// <summary>Shows what is not settled, and with it a piece of a line that has no end yet.</summary>
    public virtual void Show(ReadOnlySpan<char> partial, long source, bool hasPartial)
    {
    }

    /// <param name="state">The answer.</param>
    /// <param name="block">The block.</param>
    /// <param name="parent">What it stands in.</param>
    /// <param name="unused">A node that was only shown: taken again where it fits, so that what draws it finds the same one.</param>
    public static BlockView? Create(AnswerState state, Block block, ContainerView? parent, MarkdownNode? unused = null) => block switch
    {
        ParagraphBlock or HeadingBlock when state.LongLine?.Adopt((LeafBlock)block, parent, state) is { } shown => shown,
        ParagraphBlock paragraph => new TextView(state, paragraph, Take(unused, MarkdownElement.Paragraph), parent),
        HeadingBlock heading => new TextView(state, heading, Take(unused, MarkdownElement.Heading1 + (Math.Clamp(heading.Level, 1, 6) - 1)), parent),
        MathBlock math => new CodeView(state, math, new MarkdownNode(MarkdownElement.MathBlock)),
        CodeBlock code => new CodeView(state, code, new MarkdownNode(MarkdownElement.CodeBlock, CodeLanguage.Of(code))),
        TableBlock table => new TableView(state, table),
        ThematicBreakBlock rule => new RuleView(rule),
        Footnote footnote => new ContainerView(state, footnote, state.Footnotes.AddBody(footnote)),
        ContainerBlock container => ContainerView.Create(state, container),
        _ => null,
    };

    private static MarkdownNode Take(MarkdownNode? unused, MarkdownElement element)
    {
        // One that a line has become since is in use, though another container had shown it.
        if (unused?.Element != element || unused.IsAttached)
        {
            return new MarkdownNode(element);
        }

        unused.Truncate(0);
        return unused;
    }
}

/// <summary>A line's number and where its text starts in the string it was read from.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct StringLineSource(int Line, int Start);

/// <summary>A thematic break has nothing in it.</summary>
internal sealed class RuleView(Block block) : BlockView(block, new MarkdownNode(MarkdownElement.ThematicBreak))
{
    public override void Update(bool isClosed, Func<StringLineSource, long> sourceOf)
    {
    }
}
