using ChatApp.Components.Chat.Answer;
using ChatApp.Conversations;
using ChatApp.Rendering;
using ChatApp.Runs;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace ChatApp.Components.Chat;

/// <summary>
/// One answer: text, or, with tools and agents, lanes of text and calls. It reads its run by a cursor and hands what is new to what shows it; it renders itself
/// only when its phase changes.
/// </summary>
public sealed partial class AnswerView : IAsyncDisposable
{
    // From here on, what is out of view is not laid out, markdown.css, and what has settled is the browser's alone, settled.js.
    private const int VeryLong = 50_000;

    private readonly List<AnswerLane> _lanes = [];
    private readonly List<LaneChange> _drawn = [];
    private AnswerText _first = null!;
    private RenderBatcher? _batcher;
    private ReasoningBlock? _reasoning;
    private ChatTurn? _shown;
    private bool _isStale;
    private Run? _run;
    private AnswerPhase _phase = AnswerPhase.Ended;
    private long _seq;
    private bool _isRich;
    private bool _isLong;
    private bool _mayLetGo;

    /// <summary>The turn whose answer it is.</summary>
    [Parameter, EditorRequired]
    public required ChatTurn Turn { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private IOptions<RenderingOptions> Options { get; set; } = null!;

    private bool HasAgents => _lanes is [{ Now.Agent: not null }, ..];

    // Two that answer at once stand side by side where there is room.
    private string Kind => (!HasAgents ? "markdown" : _lanes is [_, { Now.IsBeside: true }] ? "markdown lanes beside" : "markdown lanes") + (_isLong ? " long" : "");

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
        _first = new AnswerText(new StreamingMarkdown(idPrefix: Turn.Id));
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

    protected override void OnAfterRender(bool firstRender)
    {
        // A browser has it now, which a page that is only made to be sent has not.
        _mayLetGo = _isLong;
        OnShown();
        if (_mayLetGo)
        {
            _batcher!.Signal();
        }
    }

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
        // In this order: what comes after the number is signalled again, and the text read after the end was seen is all there is. A call is known once the
        // text after it is.
        Volatile.Write(ref _seq, _run!.Seq);
        var ended = _run.IsEnded;
        var phase = AnswerPhases.Of(_run);
        var lanes = _run.Lanes;
        var calls = _run.Calls;
        _batcher!.Interval = Options.Value.At(_run.TextLength);
        var isOther = phase != _phase || _isLong != _run.TextLength > VeryLong;
        _isLong = _run.TextLength > VeryLong;
        // Before anything new is read: all that can go has been drawn as it is.
        var letGo = _mayLetGo ? LetGo() : null;
        var isDrawn = false;
        for (var i = 0; i < lanes.Count; i++)
        {
            isOther |= Begin(lanes[i], i);
            var change = _lanes[i].Advance(lanes[i], calls, ended);
            isOther |= change == LaneChange.Parts && _lanes[i].View is null && _lanes[i].IsRich;
            _drawn.Add(change);
            if (_lanes[i].IsHolding)
            {
                _batcher!.Signal();
            }
        }

        if (ended)
        {
            _first.Markdown.Complete();
            Session.Changed -= OnChanged;
        }

        _isRich |= _lanes.Exists(lane => lane.IsRich);
        if (isOther)
        {
            _phase = phase;
            _isStale = true;
            StateHasChanged();
        }
        else
        {
            for (var i = 0; i < _lanes.Count; i++)
            {
                isDrawn |= _lanes[i].Draw(_drawn[i]);
            }

            letGo?.Refresh();
            isDrawn = isDrawn || letGo is not null || _reasoning?.Advance() is true;
            if (!isDrawn)
            {
                OnShown();
            }
        }

        _drawn.Clear();
        if (letGo is not null)
        {
            // There may be more.
            _batcher.Signal();
        }
    }

    private MarkdownView? LetGo()
    {
        foreach (var lane in _lanes)
        {
            if (lane.LetGo() is { } view)
            {
                return view;
            }
        }

        return null;
    }

    // Whether the page has to make room for it.
    private bool Begin(RunLane lane, int index)
    {
        if (index < _lanes.Count)
        {
            return _lanes[index].Now.IsBeside != lane.IsBeside;
        }

        // An answer without agents, which is most of them, is one text where it always was.
        _lanes.Add(new AnswerLane(_run!, lane, Turn.Id, index == 0 && lane.Agent is null ? _first : null));
        return lane.Agent is not null;
    }

    // The browser has what was sent, so there may be more.
    private void OnShown() => _batcher?.Rendered();
}
