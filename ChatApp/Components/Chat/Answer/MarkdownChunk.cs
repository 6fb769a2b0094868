using ChatApp.Rendering;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace ChatApp.Components.Chat.Answer;

/// <summary>Some neighbouring children of a node. It renders again only when one of them is another or has changed.</summary>
public sealed class MarkdownChunk : IComponent, IHandleAfterRender, IDisposable
{
    private (MarkdownNode Node, long Version)[] _shown = [];
    private RenderHandle _handle;
    private MarkdownRange? _range;
    private long _version = -1;
    private Action? _others;

    /// <summary>Which children. One parameter, because each costs twenty bytes in every chunk that is sent.</summary>
    [Parameter]
    [EditorRequired]
    public required MarkdownRange Of { get; set; }

    public void Attach(RenderHandle renderHandle) => _handle = renderHandle;

    public Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        if (_range is null)
        {
            Of.Drawing.Add(this);
        }

        if (_range is null || !ReferenceEquals(_range.Node, Of.Node) || HasChanged())
        {
            Draw();
        }

        _range = Of;
        return Task.CompletedTask;
    }

    public void Dispose() => Of.Drawing.Remove(this);

    Task IHandleAfterRender.OnAfterRenderAsync()
    {
        Of.Drawing.Rendered();
        return Task.CompletedTask;
    }

    /// <param name="others">Draws what else has changed, while this is being drawn.</param>
    internal void Draw(Action? others = null)
    {
        _others = others;
        _version = Of.Node.Version;
        var count = Count;
        if (_shown.Length != count)
        {
            _shown = new (MarkdownNode, long)[count];
        }

        for (var i = 0; i < count; i++)
        {
            var node = Of.Node.Children[Of.Start + i];
            _shown[i] = (node, node.OwnVersion);
        }

        _handle.Render(Render);
    }

    internal bool HasChanged()
    {
        if (_version == Of.Node.Version || Of.Node.HasLetGo(Of.Start))
        {
            return false;
        }

        if (_shown.Length != Count)
        {
            return true;
        }

        for (var i = 0; i < _shown.Length; i++)
        {
            var node = Of.Node.Children[Of.Start + i];
            if (!ReferenceEquals(_shown[i].Node, node) || _shown[i].Version != node.OwnVersion)
            {
                return true;
            }
        }

        // Something below has changed that other components draw.
        _version = Of.Node.Version;
        return false;
    }

    private int Count => Math.Clamp(Of.Node.Children.Count - Of.Start, 0, MarkdownLayout.ChunkSize);

    private void Render(RenderTreeBuilder builder)
    {
        MarkdownRenderer.Range(builder, Of.Node, Of.Start, MarkdownLayout.ChunkSize, Of.Drawing);
        var others = _others;
        _others = null;
        others?.Invoke();
    }
}
