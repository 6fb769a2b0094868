using ChatApp.Rendering;
using ChatApp.Runs;
using ChatApp.Tools;
using Microsoft.AspNetCore.Components;

namespace ChatApp.Components.Chat;

/// <summary>One tool call: what is called with what, how far it has come, what came of it. Open while it is made, one line once it is done; it renders only when its call changes.</summary>
public sealed partial class ToolCard
{
    // So many characters are shown at first, and so many at all: all of it goes through the circuit and stands in the page.
    private const int First = 4000;
    private const int Most = 200_000;

    private readonly List<string> _pieces = [];
    private RunCall? _shown;
    private bool? _choice;
    private bool _isStale;
    private bool _isAllOfArguments;
    private bool _isAllOfResult;
    private int _written;
    private int _argumentsLeft;
    private int _resultLeft;
    private int _resultCut;
    private bool _isPretty;
    private string _title = "";
    private string _summary = "";
    private string? _result;

    /// <summary>The call; another object where it has changed.</summary>
    [Parameter, EditorRequired]
    public required RunCall Call { get; set; }

    [Inject]
    private ToolBox Tools { get; set; } = null!;

    private string State => Call.State.ToString().ToLowerInvariant();

    private bool IsOpen => _choice ?? Call.State is RunCallState.Writing or RunCallState.Running or RunCallState.Waiting;

    private string Words => Call.State switch
    {
        RunCallState.Writing => "is being written",
        RunCallState.Running => "running",
        RunCallState.Waiting => "waits for you",
        RunCallState.Done => $"in {Took}",
        RunCallState.Failed => $"failed in {Took}",
        RunCallState.Denied => "refused",
        RunCallState.Cut => "cut off",
        _ => "passed on to the program that asked",
    };

    private string Took => AnswerWords.Duration(Call.Ms ?? 0);

    private string ResultLabel => Call.State switch
    {
        RunCallState.Failed => "went wrong",
        RunCallState.Denied => "was not called",
        _ => _result is "" ? "answered nothing" : "answered",
    };

    protected override bool ShouldRender() => _isStale;

    protected override void OnAfterRender(bool firstRender) => _isStale = false;

    protected override void OnParametersSet()
    {
        if (!ReferenceEquals(_shown, Call))
        {
            _title = _shown?.Name == Call.Name ? _title : FindTitle();
            Take();
            _shown = Call;
            _isStale = true;
        }
    }

    private void Toggle()
    {
        _choice = !IsOpen;
        Take();
        _isStale = true;
    }

    private void ShowAllArguments()
    {
        _isAllOfArguments = true;
        Take();
        _isStale = true;
    }

    private void ShowAllOfResult()
    {
        _isAllOfResult = true;
        Take();
        _isStale = true;
    }

    private void Take()
    {
        var isClosed = Call.State is not (RunCallState.Writing or RunCallState.Running or RunCallState.Waiting);
        if (Call.State != RunCallState.Writing && _summary.Length == 0 && !ReferenceEquals(_shown, Call))
        {
            _summary = CallText.Summary(Call.Arguments);
        }

        if (isClosed && Call.State is RunCallState.Failed or RunCallState.Denied)
        {
            _summary = CallText.Line(Call.Result ?? "", 160);
        }

        if (!IsOpen)
        {
            return;
        }

        TakeArguments();
        if (Call.Result is { } result)
        {
            var shown = CallText.Shown(CallText.Cut(result, Most));
            _result = _isAllOfResult ? shown : CallText.Cut(shown, First);
            _resultLeft = shown.Length - _result.Length;
            _resultCut = _resultLeft > 0 ? 0 : Math.Max(0, result.Length - Most);
        }
    }

    // While they are written, what is new is added: the whole of them each time would be sent each time.
    private void TakeArguments()
    {
        if (Call.State is RunCallState.Writing or RunCallState.Cut && CallText.Pretty(Call.Arguments) is null)
        {
            var most = _isAllOfArguments ? Most : First;
            var end = Math.Min(most, Call.Arguments.Length);
            // Half a character waits for its other half.
            end -= end > 0 && char.IsHighSurrogate(Call.Arguments[end - 1]) ? 1 : 0;
            if (end > _written)
            {
                _pieces.Add(InvisibleText.Clean(Call.Arguments.AsSpan(_written, end - _written)));
                _written = end;
            }

            _argumentsLeft = Call.State == RunCallState.Cut ? Call.Arguments.Length - _written : 0;
            return;
        }

        if (_isPretty && !_isAllOfArguments && Call.State != RunCallState.Waiting)
        {
            return;
        }

        var pretty = CallText.Pretty(Call.Arguments) ?? Call.Arguments;
        // Nothing is hidden from somebody who is to say yes to it.
        var shown = _isAllOfArguments || Call.State == RunCallState.Waiting ? pretty : CallText.Cut(pretty, First);
        _argumentsLeft = pretty.Length - shown.Length;
        _isPretty = true;
        _pieces.Clear();
        if (shown is not "{}" and not "")
        {
            _pieces.AddRange(Pieces(shown));
        }
    }

    // A browser lays out one piece of text in a time that grows with its square, where it is written from right to left: seconds for 100,000 characters.
    private static IEnumerable<string> Pieces(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = Math.Min(at + First, text.Length);
            end -= end < text.Length && char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
            yield return text[at..end];
            at = end;
        }
    }

    private string FindTitle() => Call.Name.Length == 0 ? "A tool" : Tools.All.FirstOrDefault(tool => tool.Name == Call.Name)?.Title ?? CallText.Line(Call.Name, 80);
}
