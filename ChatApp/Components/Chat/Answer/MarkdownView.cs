using ChatApp.Rendering;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace ChatApp.Components.Chat.Answer;

/// <summary>
/// Shows an answer. Whoever appends to the <see cref="StreamingMarkdown"/> calls <see cref="Refresh"/> afterwards, on the renderer's
/// dispatcher; rendering a parent refreshes it too. Nothing happens when nothing has changed.
/// </summary>
public sealed class MarkdownView : IComponent, IHandleAfterRender
{
    private RenderHandle _handle;
    private StreamingMarkdown? _rendered;
    private long _version;

    /// <summary>The answer.</summary>
    [Parameter]
    [EditorRequired]
    public required StreamingMarkdown Markdown { get; set; }

    /// <summary>Told when the browser has drawn what was last sent; <see cref="RenderBatcher.Rendered"/> wants to know. It must not render anything.</summary>
    [Parameter]
    public Action? Rendered { get; set; }

    public void Attach(RenderHandle renderHandle) => _handle = renderHandle;

    public Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        Refresh();
        return Task.CompletedTask;
    }

    /// <summary>Renders what has changed since the last time.</summary>
    public void Refresh()
    {
        if (!ReferenceEquals(_rendered, Markdown) || _version != Markdown.Version)
        {
            _rendered = Markdown;
            _version = Markdown.Version;
            _handle.Render(Render);
        }
    }

    Task IHandleAfterRender.OnAfterRenderAsync()
    {
        Rendered?.Invoke();
        return Task.CompletedTask;
    }

    private void Render(RenderTreeBuilder builder)
    {
        MarkdownRenderer.Chunks(builder, Markdown.Root.Children[0], 0);
        MarkdownRenderer.Notes(builder, Markdown.Root);
    }
}
