using ChatApp.Rendering;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Chat.Answer;

/// <summary>Some neighbouring children of a node. It renders again only when one of them is another or has changed.</summary>
public sealed class MarkdownChunk : IComponent
{
    private readonly (MarkdownNode? Node, long Version)[] _rendered = new (MarkdownNode?, long)[MarkdownRenderer.ChunkSize];
    private RenderHandle _handle;
    private bool _isRendered;

    /// <summary>Which children. One parameter, because each costs twenty bytes in every chunk that is sent.</summary>
    [Parameter]
    [EditorRequired]
    public required MarkdownRange Of { get; set; }

    public void Attach(RenderHandle renderHandle) => _handle = renderHandle;

    public Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        if (HasChanged() || !_isRendered)
        {
            _isRendered = true;
            _handle.Render(builder => MarkdownRenderer.Range(builder, Of.Node, Of.Start));
        }

        return Task.CompletedTask;
    }

    private bool HasChanged()
    {
        var hasChanged = false;
        for (var i = 0; i < _rendered.Length; i++)
        {
            var node = Of.Start + i < Of.Node.Children.Count ? Of.Node.Children[Of.Start + i] : null;
            var version = node?.Version ?? 0;
            hasChanged |= !ReferenceEquals(_rendered[i].Node, node) || _rendered[i].Version != version;
            _rendered[i] = (node, version);
        }

        return hasChanged;
    }
}

/// <summary>The children of a node from a place on.</summary>
public sealed record MarkdownRange(MarkdownNode Node, int Start);
