using Markdig.Parsers;
using Markdig.Syntax;

namespace ChatApp.Rendering;

/// <summary>
/// Takes a line that would nest a container too deeply as a paragraph. Markdig itself throws after 128 levels, and two hundred characters
/// of <c>- - - </c> are enough for that.
/// </summary>
internal sealed class DepthLimitParser : BlockParser
{
    private readonly int _deepest;
    private readonly ParagraphBlockParser _paragraphs;

    public DepthLimitParser(int deepest, ParagraphBlockParser paragraphs)
    {
        _deepest = deepest;
        _paragraphs = paragraphs;
        OpeningCharacters = [.. ">-+*0123456789"];
    }

    public override BlockState TryOpen(BlockProcessor processor)
    {
        var depth = 0;
        for (Block? block = processor.GetCurrentContainerOpened(); block is not null; block = block.Parent)
        {
            depth++;
        }

        return depth < _deepest ? BlockState.None : _paragraphs.TryOpen(processor);
    }
}
