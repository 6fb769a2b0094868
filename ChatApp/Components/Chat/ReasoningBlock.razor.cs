using ChatApp.Runs;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Chat;

/// <summary>What the model thought before it answered: one quiet line that opens. Closed, it costs nothing until the thinking is over.</summary>
public sealed partial class ReasoningBlock
{
    private readonly List<string> _pieces = [];
    private bool _open;
    private int _read;

    /// <summary>The run whose reasoning it is.</summary>
    [Parameter, EditorRequired]
    public required Run Run { get; set; }

    /// <summary>The lane whose reasoning alone it is; null for the whole run's.</summary>
    [Parameter]
    public int? Lane { get; set; }

    /// <summary>Whether the model is at it.</summary>
    [Parameter, EditorRequired]
    public required bool IsThinking { get; set; }

    private string Thought => Lane is null && Run.GetMetrics() is { ReasoningMs: { } from, TtftMs: { } to } && to > from
        ? $"Thought for {AnswerWords.Duration(to - from)}"
        : "Thoughts";

    /// <summary>Called when a render has reached the browser.</summary>
    [Parameter]
    public Action? Rendered { get; set; }

    /// <summary>Shows what has been added, where there is anybody to see it.</summary>
    /// <returns>Whether it renders.</returns>
    internal bool Advance()
    {
        if (!_open || !Take())
        {
            return false;
        }

        StateHasChanged();
        return true;
    }

    protected override void OnAfterRender(bool firstRender) => Rendered?.Invoke();

    protected override void OnParametersSet()
    {
        if (_open || !IsThinking)
        {
            Take();
        }
    }

    private void Toggle()
    {
        _open = !_open;
        Take();
    }

    private bool Take()
    {
        var piece = Lane is { } lane ? Run.ReadLaneReasoning(lane, _read) : Run.ReadReasoning(_read);
        if (piece.Length == 0)
        {
            return false;
        }

        _read += piece.Length;
        _pieces.Add(piece);
        return true;
    }
}
