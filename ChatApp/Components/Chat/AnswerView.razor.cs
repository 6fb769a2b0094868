using ChatApp.Components.Chat.Answer;
using ChatApp.Conversations;
using ChatApp.Rendering;
using ChatApp.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace ChatApp.Components.Chat;

/// <summary>
/// One answer. It reads its run by a cursor and hands new text to the Markdown it shows; it renders itself only when its phase changes.
/// </summary>
public sealed partial class AnswerView : IAsyncDisposable
{
    private StreamingMarkdown _markdown = null!;
    private RenderBatcher? _batcher;
    private MarkdownView? _view;
    private ReasoningBlock? _reasoning;
    private ChatTurn? _shown;
    private bool _isStale;
    private Run? _run;
    private AnswerPhase _phase = AnswerPhase.Ended;
    private long _seq;
    private int _read;

    /// <summary>The turn whose answer it is.</summary>
    [Parameter, EditorRequired]
    public required ChatTurn Turn { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private IOptions<RenderingOptions> Options { get; set; } = null!;

    public async ValueTask DisposeAsync()
    {
        Session.Changed -= OnChanged;
        if (_batcher is not null)
        {
            await _batcher.DisposeAsync();
        }
    }

    protected override void OnInitialized()
    {
        _run = Turn.Run;
        _markdown = new StreamingMarkdown(idPrefix: Turn.Id);
        if (_run is null)
        {
            return;
        }

        _batcher = new RenderBatcher(Time, Options.Value.Interval, () => InvokeAsync(Advance), DispatchExceptionAsync);
        Session.Changed += OnChanged;
        Advance();
    }

    // The turn is an immutable record: the same one means nothing to do, whatever made the page render.
    protected override bool ShouldRender()
    {
        var stale = _isStale;
        (_isStale, _shown) = (false, Turn);
        return stale;
    }

    protected override void OnAfterRender(bool firstRender) => OnShown();

    protected override void OnParametersSet() => _isStale |= !ReferenceEquals(_shown, Turn);

    // Any thread, with every token of any answer.
    private void OnChanged()
    {
        if (_run!.Seq != Volatile.Read(ref _seq))
        {
            _batcher!.Signal();
        }
    }

    private void Advance()
    {
        // The number first: an end that comes after it has another one, and calls again. The text last: after an end it is all there is.
        Volatile.Write(ref _seq, _run!.Seq);
        var ended = _run.IsEnded;
        var phase = AnswerPhases.Of(_run);
        var version = _markdown.Version;
        Take();
        if (ended)
        {
            _markdown.Complete();
            Session.Changed -= OnChanged;
        }

        if (phase != _phase)
        {
            _phase = phase;
            _isStale = true;
            StateHasChanged();
        }
        else if (_markdown.Version != version)
        {
            _view?.Refresh();
        }
        else if (_reasoning?.Advance() is not true)
        {
            OnShown();
        }
    }

    private void Take()
    {
        var text = _run!.ReadText(_read);
        _read += text.Length;
        _markdown.Append(text);
    }

    // The browser has what was sent, so there may be more.
    private void OnShown() => _batcher?.Rendered();
}
