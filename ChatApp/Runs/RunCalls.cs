using System.Text;

namespace ChatApp.Runs;

/// <summary>The tool calls of a run as its events tell them. The run's lock guards it.</summary>
internal sealed class RunCalls
{
    // More of a call's arguments is not shown, whatever a model writes.
    private const int MaxArguments = 64 * 1024;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, int> _steps = new(StringComparer.Ordinal);

    // Found at once, however many there are: a fragment comes as often as a piece of text.
    private readonly Dictionary<(string? Agent, int Index), Entry> _writing = [];
    private readonly Dictionary<(string? Agent, string Id), List<Entry>> _open = [];
    private RunCall[]? _all;

    /// <summary>All of them, in the order they began.</summary>
    public IReadOnlyList<RunCall> All => _all ??= [.. _entries.Select(entry => entry.View)];

    /// <param name="event">The event.</param>
    /// <param name="textAt">How much text of the same agent came before it.</param>
    public void Take(RunEvent @event, int textAt)
    {
        switch (@event)
        {
            case StepEvent { State: RunStep.Model } step:
                _steps[step.Agent ?? ""] = step.Index;
                foreach (var written in _writing.Keys.Where(key => key.Agent == step.Agent).ToList())
                {
                    _writing.Remove(written);
                }

                return;
            case ToolCallDeltaEvent delta:
                if (!_writing.TryGetValue((delta.Agent, delta.Index), out var entry))
                {
                    _writing[(delta.Agent, delta.Index)] = entry = Add(delta, textAt);
                }

                Name(entry, delta.Id);
                entry.Name ??= delta.Name;
                if (entry.Arguments.Length < MaxArguments)
                {
                    entry.Arguments.Append(delta.Arguments);
                }

                entry.Update();
                break;
            case ToolCallEvent call:
                entry = Find(call, call.Id, open => open.State == RunCallState.Writing) ?? Name(Add(call, textAt), call.Id);
                entry.Name = call.Name;
                entry.Arguments.Clear().Append(call.Arguments.GetRawText());
                entry.Update(view => view with { State = RunCallState.Running });
                break;
            case ProgressEvent { CallId: { } id } progress:
                Open(progress, id, open => open.State == RunCallState.Running)?.Update(view => view with { Step = progress.Step, Percent = progress.Percent });
                break;
            case ApprovalRequestEvent request:
                Open(request, request.CallId, open => open is { State: RunCallState.Running, ApprovalId: null })?.Update(view => view with { State = RunCallState.Waiting, ApprovalId = request.Id, IsOnce = request.IsOnce });
                break;
            case ApprovalResponseEvent response:
                Open(response, response.CallId, open => open.State == RunCallState.Waiting && open.ApprovalId == response.Id)?.Update(view => view with { State = response.IsApproved ? RunCallState.Running : RunCallState.Denied });
                break;
            case ToolResultEvent result:
                entry = Open(result, result.Id, open => open.State is RunCallState.Running or RunCallState.Denied) ?? Name(Add(result, textAt), result.Id);
                entry.Name ??= result.Name;
                entry.Update(view => view with
                {
                    State = view.State == RunCallState.Denied ? RunCallState.Denied : result.IsError ? RunCallState.Failed : RunCallState.Done,
                    Result = result.Content,
                    Ms = result.Ms,
                });
                Close(result, entry);
                break;
            case DoneEvent done:
                foreach (var open in _entries.Where(entry => entry.State is RunCallState.Writing or RunCallState.Running or RunCallState.Waiting))
                {
                    // A call of the client's, which answers it in its next request, is whole all the same.
                    open.Update(view => view with { State = view.State == RunCallState.Running && done.Reason == RunState.Completed ? RunCallState.Passed : RunCallState.Cut });
                }

                break;
            default:
                return;
        }

        _all = null;
    }

    /// <summary>Stands for calls that are known, and whose events are not.</summary>
    public void Set(IEnumerable<RunCall> calls) => _all = [.. calls];

    // Of those without a result. A model may give several calls one id: then the first that the event can be about is meant.
    private Entry? Open(RunEvent @event, string id, Predicate<Entry> fits) => Find(@event, id, fits) ?? Find(@event, id, _ => true);

    private Entry? Find(RunEvent @event, string id, Predicate<Entry> fits) => _open.TryGetValue((@event.Agent, id), out var open) ? open.Find(fits) : null;

    private Entry Add(RunEvent @event, int textAt)
    {
        var entry = new Entry(new RunCall(_entries.Count, @event.Agent, textAt) { StepIndex = _steps.GetValueOrDefault(@event.Agent ?? "") });
        _entries.Add(entry);
        return entry;
    }

    private Entry Name(Entry entry, string? id)
    {
        if (entry.CallId is null && id is not null)
        {
            entry.CallId = id;
            if (!_open.TryGetValue((entry.Agent, id), out var open))
            {
                _open[(entry.Agent, id)] = open = [];
            }

            open.Add(entry);
        }

        return entry;
    }

    private void Close(ToolResultEvent result, Entry entry)
    {
        if (_open.TryGetValue((result.Agent, result.Id), out var open) && open.Remove(entry) && open.Count == 0)
        {
            _open.Remove((result.Agent, result.Id));
        }
    }

    private sealed class Entry(RunCall first)
    {
        private RunCall _view = first;
        private bool _isChanged;

        // Put together when it is looked at, and not for every fragment of its arguments.
        public RunCall View
        {
            get
            {
                if (_isChanged)
                {
                    (_view, _isChanged) = (_view with { CallId = CallId ?? "", Name = Name ?? "", Arguments = Arguments.ToString() }, false);
                }

                return _view;
            }
        }

        public string? CallId { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();

        public RunCallState State => _view.State;

        public string? ApprovalId => _view.ApprovalId;

        public string? Agent => _view.Agent;

        public void Update(Func<RunCall, RunCall>? change = null)
        {
            _isChanged = true;
            _view = change?.Invoke(_view) ?? _view;
        }
    }
}

/// <summary>A tool call as it stands.</summary>
/// <param name="Number">Its place among the run's calls, from 0.</param>
/// <param name="Agent">Whose call it is; null without agents.</param>
/// <param name="TextAt">How many characters of that agent's text come before it.</param>
public sealed record RunCall(int Number, string? Agent, int TextAt)
{
    /// <summary>The step in which the model asked for it; 0 where that is not known.</summary>
    public int StepIndex { get; init; }

    /// <summary>The provider's id of it; another call may have the same.</summary>
    public string CallId { get; init; } = "";

    /// <summary>The tool; empty until the model has said it.</summary>
    public string Name { get; init; } = "";

    /// <summary>The arguments as JSON text, as far as they are written.</summary>
    public string Arguments { get; init; } = "";

    public RunCallState State { get; init; }

    /// <summary>What answers the question whether it may be made.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>Whether a yes holds for later calls as well.</summary>
    public bool IsOnce { get; init; }

    /// <summary>What is being done, where the tool says so.</summary>
    public string? Step { get; init; }

    /// <summary>How far it has come, 0 to 100, where the tool says so.</summary>
    public double? Percent { get; init; }

    /// <summary>What the tool answered, or what went wrong; null before.</summary>
    public string? Result { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    public double? Ms { get; init; }
}

/// <summary>Where a tool call stands.</summary>
public enum RunCallState
{
    /// <summary>The model is still writing it.</summary>
    Writing,

    /// <summary>It is being made.</summary>
    Running,

    /// <summary>It waits for somebody's yes or no.</summary>
    Waiting,

    /// <summary>It has its result.</summary>
    Done,

    /// <summary>It has gone wrong; the result says how.</summary>
    Failed,

    /// <summary>Somebody said no.</summary>
    Denied,

    /// <summary>The run ended before it.</summary>
    Cut,

    /// <summary>It is for the program that asked.</summary>
    Passed,
}
