using System.Globalization;
using ChatApp.Components.Chat;
using ChatApp.Conversations;
using ChatApp.Rendering;
using ChatApp.Runs;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Panels;

/// <summary>
/// The figures of the last answer, once a second while it is made, and every other second once it takes long: each time costs the circuit as much as some forty
/// characters of text.
/// </summary>
public sealed partial class MetricsPanel : IAsyncDisposable
{
    private const int LongAnswerMs = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private RenderBatcher _batcher = null!;
    private Run? _shown;
    private string? _figures;

    /// <summary>The answer, if there is one.</summary>
    [Parameter, EditorRequired]
    public required Run? Run { get; set; }

    [Inject]
    private ChatSession Session { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    public async ValueTask DisposeAsync()
    {
        Session.Changed -= _batcher.Signal;
        await _batcher.DisposeAsync();
    }

    protected override void OnInitialized()
    {
        _batcher = new RenderBatcher(Time, Interval, () => InvokeAsync(Advance), DispatchExceptionAsync);
        Session.Changed += _batcher.Signal;
    }

    protected override void OnParametersSet()
    {
        // The page renders at the end of an answer: its last figures need not wait for their second.
        if (!ReferenceEquals(_shown, Run) || Run is { IsEnded: true })
        {
            _shown = Run;
            Take();
        }
    }

    protected override void OnAfterRender(bool firstRender) => _batcher.Rendered();

    private void Advance()
    {
        var before = _figures;
        Take();
        if (_figures != before)
        {
            StateHasChanged();
        }
        else
        {
            _batcher.Rendered();
        }
    }

    // Most of what is sent for a token is what surrounds it, so six figures go as one value: "streaming|182.4|84|80.1|561|6712|1".
    private void Take() => _figures = Run is null ? null : Format(Run);

    private string Format(Run run)
    {
        // Until there is something to measure, nothing is worth sending again.
        if (AnswerPhases.Of(run) == AnswerPhase.Waiting)
        {
            return "waiting||||0|0|0";
        }

        var metrics = run.GetMetrics();
        _batcher.Interval = metrics.DurationMs > LongAnswerMs ? 2 * Interval : Interval;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{State(run)}|{metrics.TtftMs}|{metrics.TokensPerSecondNow}|{metrics.TokensPerSecond}|{metrics.Tokens}|{metrics.DurationMs:0}|{metrics.Steps}");
    }

    private static string State(Run run) => AnswerPhases.Of(run) switch
    {
        AnswerPhase.Thinking => "thinking",
        AnswerPhase.Streaming => "streaming",
        _ => run.State.ToWire(),
    };
}
