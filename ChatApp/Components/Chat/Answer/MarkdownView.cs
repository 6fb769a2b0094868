using ChatApp.Rendering;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace ChatApp.Components.Chat.Answer;

/// <summary>
/// Shows an answer. Whoever appends to the <see cref="StreamingMarkdown"/> calls <see cref="Refresh"/> afterwards, on the renderer's
/// dispatcher; rendering a parent refreshes it too. Nothing happens when nothing has changed. It writes no element around the answer:
/// the page puts it into one of class <c>markdown</c>.
/// </summary>
public sealed class MarkdownView : IComponent, IHandleAfterRender
{
    // How many chunks a flush leaves to the browser, which takes their blocks out and puts them back in.
    private const int MostAtOnce = 2;

    private readonly MarkdownDrawing _drawing;
    private RenderHandle _handle;
    private StreamingMarkdown? _rendered;
    private long _version;
    private long _ownVersion;

    public MarkdownView() => _drawing = new MarkdownDrawing(OnRendered);

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
        var isOther = !ReferenceEquals(_rendered, Markdown);
        if (!isOther && _version == Markdown.Version)
        {
            return;
        }

        (_rendered, _version) = (Markdown, Markdown.Version);
        if (!isOther && _ownVersion == Markdown.Root.OwnVersion)
        {
            _drawing.DrawChanged();
            return;
        }

        _ownVersion = Markdown.Root.OwnVersion;
        _handle.Render(Render);
    }

    /// <summary>
    /// Leaves some of what has been drawn and will never change to the browser alone; the next <see cref="Refresh"/> tells it. From then on nothing else can
    /// show this <see cref="StreamingMarkdown"/>.
    /// </summary>
    /// <returns>Whether there was anything.</returns>
    public bool LetGo() => ReferenceEquals(_rendered, Markdown) && _version == Markdown.Version && Markdown.LetGo(MostAtOnce);

    Task IHandleAfterRender.OnAfterRenderAsync()
    {
        OnRendered();
        return Task.CompletedTask;
    }

    private void OnRendered() => Rendered?.Invoke();

    private void Render(RenderTreeBuilder builder)
    {
        MarkdownRenderer.Children(builder, Markdown.Root.Children[0], _drawing);
        MarkdownRenderer.Notes(builder, Markdown.Root, _drawing);
        _drawing.JoinChanged();
    }
}
