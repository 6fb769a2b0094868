using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Infrastructure;

/// <summary>Tools whose calls answer when the test says so: <c>look</c>, which nobody has to allow, <c>send</c>, which needs a yes each time, and <c>open</c>, which needs one.</summary>
internal sealed class HeldTools : IToolSource
{
    private readonly List<(string What, ToolCall? Call, TaskCompletionSource<string> Answer)> _calls = [];

    public HeldTools() => Tools = [Make("look", ToolApproval.Never, "Look around"), Make("send", ToolApproval.Always), Make("open", ToolApproval.Once)];

    public IReadOnlyList<Tool> Tools { get; }

    /// <summary>How many calls have begun.</summary>
    public int Called
    {
        get
        {
            lock (_calls)
            {
                return _calls.Count;
            }
        }
    }

    /// <summary>Answers a call, by its place in the order of what is asked for.</summary>
    public void Answer(int number, string text)
    {
        lock (_calls)
        {
            _calls[number].Answer.SetResult(text);
        }
    }

    /// <summary>Says how far a call has come.</summary>
    public void Report(int number, ToolProgress progress)
    {
        lock (_calls)
        {
            _calls[number].Call!.Report(progress);
        }
    }

    private Tool Make(string name, ToolApproval approval, string? title = null) => new(AIFunctionFactory.Create(
        (AIFunctionArguments arguments, string what = "") =>
        {
            lock (_calls)
            {
                var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                // Those made at once begin in any order.
                _calls.Insert(_calls.FindLastIndex(call => string.CompareOrdinal(call.What, what) <= 0) + 1, (what, ToolCall.Of(arguments), answer));
                return answer.Task;
            }
        },
        name,
        $"Does {name}."))
    {
        Approval = approval,
        Title = title,
        Source = "test",
        IsDefault = true,
    };
}
