using ChatApp.Rendering;

namespace ChatApp.Components.Chat.Answer;

/// <summary>The chunks one view has drawn. Mostly a flush changes one of them, which then draws itself and nobody above it.</summary>
public sealed class MarkdownDrawing(Action rendered)
{
    private readonly List<MarkdownChunk> _chunks = [];

    internal void Add(MarkdownChunk chunk) => _chunks.Add(chunk);

    internal void Remove(MarkdownChunk chunk) => _chunks.Remove(chunk);

    internal void Rendered() => rendered();

    /// <summary>Draws the chunks that differ from what they show; only while something is drawn, so that they join its batch.</summary>
    internal void JoinChanged()
    {
        // Each for itself and not one by way of another: what is drawn may be about to take some of them away.
        foreach (var chunk in _chunks)
        {
            if (chunk.HasChanged())
            {
                chunk.Draw();
            }
        }
    }

    /// <summary>Draws the chunks that differ from what they show, as one batch: the first starts it, the others join while it is made.</summary>
    internal void DrawChanged()
    {
        foreach (var chunk in _chunks)
        {
            if (chunk.HasChanged())
            {
                chunk.Draw(JoinChanged);
                return;
            }
        }
    }
}

/// <summary>The children of a node from a place on.</summary>
public sealed record MarkdownRange(MarkdownNode Node, int Start, MarkdownDrawing Drawing);
