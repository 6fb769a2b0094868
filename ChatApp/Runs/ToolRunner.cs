using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Makes the tool calls that a model has asked for, within the limits: whatever a call or a tool does wrong is a result that says so, to the model and to whoever watches.</summary>
internal sealed partial class ToolRunner(Run run, RunPart part, IReadOnlyDictionary<string, Tool> tools, StepServices work)
{
    // Results are read by models and by people, and put into no HTML as they are.
    private static readonly JsonSerializerOptions Json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);
    private const int MaxProgress = 200;
    private const int MaxName = 64;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _asking = new(StringComparer.Ordinal);

    /// <summary>Makes the calls, several at once.</summary>
    /// <param name="calls">The calls.</param>
    /// <param name="stop">Cancelled when the run has ended, or has lasted too long.</param>
    /// <param name="known">How far each of them had come in another process; null where they are new.</param>
    /// <param name="resumed">What else was done there.</param>
    /// <returns>Their results, in the order of the calls; null where <paramref name="stop"/> ended it.</returns>
    public async Task<IReadOnlyList<AIContent>?> RunAsync(
        IReadOnlyList<FunctionCallContent> calls, CancellationToken stop, IReadOnlyList<StepCall>? known = null, RunHistory? resumed = null)
    {
        using var places = new SemaphoreSlim(work.Tools.MaxParallel);
        var begun = work.Time.GetTimestamp();
        try
        {
            return await Task.WhenAll(calls.Select((call, i) => RunAsync(new Place(call, i, begun) { Known = known?[i], Resumed = resumed }, places, stop)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested || !run.IsOpen)
        {
            return null;
        }
    }

    private async Task<AIContent> RunAsync(Place place, SemaphoreSlim places, CancellationToken stop)
    {
        var call = place.Call;
        if (place.Known?.Result is { } before)
        {
            return new FunctionResultContent(call.CallId, before);
        }

        var asked = work.Time.GetTimestamp();
        var result = Refusal(place);
        if (result is null && tools[call.Name] is var tool)
        {
            if ((tool.Approval != ToolApproval.Never || place.AskedFor(tool) is not null) && await ApproveAsync(tool, place, stop) is { IsApproved: false } answer)
            {
                result = new Outcome(string.IsNullOrWhiteSpace(answer.Reason) ? "Refused: this call was not allowed." : $"Refused: {answer.Reason}", "denied");
            }
            else
            {
                await places.WaitAsync(stop);
                try
                {
                    asked = work.Time.GetTimestamp();
                    result = await InvokeAsync(tool, call, stop);
                }
                finally
                {
                    places.Release();
                }
            }
        }

        var took = work.Time.GetElapsedTime(asked);
        work.Meters.ToolCalled(tools.ContainsKey(call.Name) ? call.Name : "unknown", result!.Kind, took);
        run.Append(new ToolResultEvent(call.CallId, call.Name, result.Text, result.Kind != Outcome.Done, Math.Round(took.TotalMilliseconds, 1)) { Agent = part.Agent });
        return new FunctionResultContent(call.CallId, result.Text);
    }

    // Why a call is not made; null where it is.
    private Outcome? Refusal(Place place)
    {
        var call = place.Call;
        if (!tools.ContainsKey(call.Name))
        {
            var known = tools.Count == 0 ? "There are none" : $"There are: {string.Join(", ", tools.Keys)}";
            return NotCalled($"There is no tool '{(call.Name.Length > MaxName ? call.Name[..MaxName] : call.Name)}'. {known}.");
        }

        if (place.Index >= work.Tools.MaxCalls)
        {
            return NotCalled($"Not called: at most {work.Tools.MaxCalls} calls are made at once. Call it again in the next step.");
        }

        if (call.Exception is not null)
        {
            return NotCalled("Not called: the arguments are not valid JSON. Send an object.");
        }

        return Length(call) > work.Tools.MaxArguments ? NotCalled($"Not called: the arguments have more than {work.Tools.MaxArguments} characters.") : null;
    }

    private static Outcome NotCalled(string why) => new(why, "not-called");

    private static int Length(FunctionCallContent call) => JsonSerializer.Serialize(call.Arguments, Json).Length;

    private async Task<ApprovalAnswer> ApproveAsync(Tool tool, Place place, CancellationToken stop)
    {
        if (tool.Approval == ToolApproval.Always)
        {
            return await AskAsync(tool, place, stop);
        }

        // Of several calls that one yes would do for, one asks at a time.
        var asking = _asking.GetOrAdd(tool.Fingerprint, _ => new SemaphoreSlim(1));
        await asking.WaitAsync(stop);
        try
        {
            return place.AskedFor(tool) is null && (work.Request.Approved.Contains(tool.Fingerprint) || run.IsApproved(tool.Fingerprint))
                ? new ApprovalAnswer(IsApproved: true)
                : await AskAsync(tool, place, stop);
        }
        finally
        {
            asking.Release();
        }
    }

    private async Task<ApprovalAnswer> AskAsync(Tool tool, Place place, CancellationToken stop)
    {
        if (!work.Request.CanApprove)
        {
            return new ApprovalAnswer(IsApproved: false, "It needs somebody's yes, and nobody can be asked here.");
        }

        var call = place.Call;
        var asked = place.AskedFor(tool);
        var once = tool.Approval == ToolApproval.Once;
        var request = asked ?? new ApprovalRequestEvent(run.NewApprovalId(call.CallId), call.CallId, call.Name, JsonSerializer.SerializeToElement(call.Arguments, Json), once) { Agent = part.Agent };
        using var pause = work.Limit.Pause();
        // Those that were called together have the same time; of what another process has asked, the time when it did counts.
        var left = work.Tools.ApprovalTimeout
            - (asked is null ? work.Time.GetElapsedTime(place.Begun) : work.Time.GetUtcNow() - run.Created - TimeSpan.FromMilliseconds(asked.T));
        using var patience = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, work.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        ApprovalAnswer answer;
        try
        {
            answer = await run.AskAsync(request, any.Token, isAsked: asked is not null);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            answer = new ApprovalAnswer(IsApproved: false, $"Nobody answered within {Durations.Words(work.Tools.ApprovalTimeout)}.");
            answer = run.Settling is { } settling ? await settling(request.Id, answer) : answer;
        }

        if (!run.NoteAnswer(request, answer, once ? tool.Fingerprint : null))
        {
            // Whoever has ended it, or left it to another process, is about to stop this as well.
            throw new OperationCanceledException("Nothing is added to the run any more.");
        }

        if (answer.IsApproved)
        {
            // A process that dies between the two must not leave a call that was made and looks as if it still waited: the next one would make it again.
            await run.WaitUntilShownAsync(stop);
        }

        return answer;
    }

    private async Task<Outcome> InvokeAsync(Tool tool, FunctionCallContent call, CancellationToken stop)
    {
        var patience = tool.Timeout ?? work.Tools.Timeout;
        using var over = new CancellationTokenSource(patience, work.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, over.Token);
        // The tool's own: what it does when it hears of the end keeps nobody here. It may look at it long after that.
        var heard = new CancellationTokenSource();
        var progress = new Progress(run, part, call.CallId, work.Time);
        try
        {
            var context = new ToolCall { Owner = run.Owner ?? "", RunId = run.Id, ConversationId = run.ConversationId, Report = progress.Report };
            var arguments = new AIFunctionArguments(call.Arguments) { Context = new Dictionary<object, object?> { [typeof(ToolCall)] = context } };
            // A tool that does not hear of the stop is left behind: nobody waits for it.
            var result = await Task.Run(() => tool.Function.InvokeAsync(arguments, heard.Token).AsTask(), any.Token).WaitAsync(any.Token);
            return new Outcome(Cut(Text(result)), Outcome.Done);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return new Outcome($"The tool gave no answer within {Durations.Words(patience)}.", "timed-out");
        }
        catch (ToolException exception)
        {
            return new Outcome(Cut(exception.Message), Outcome.Failed);
        }
        catch (Exception exception)
        {
            Log.Failed(work.Logger, run.Id, tool.Name, ExceptionTrace.Of(exception));
            return new Outcome(exception is ArgumentException or JsonException ? "The arguments do not fit the tool's schema." : "The tool failed. The server's log has the cause.", Outcome.Failed);
        }
        finally
        {
            progress.End();
            if (any.IsCancellationRequested)
            {
                _ = heard.CancelAsync();
            }
        }
    }

    private static string Text(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        JsonElement other => other.GetRawText(),
        TextContent text => text.Text,
        IEnumerable<AIContent> contents => string.Join("\n\n", contents.OfType<TextContent>().Select(text => text.Text)),
        _ => JsonSerializer.Serialize(result, Json),
    };

    private string Cut(string text)
    {
        if (text.Length <= work.Tools.MaxResult)
        {
            return text;
        }

        var most = work.Tools.MaxResult;
        return $"{text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)}\n\n[Cut here: the result has {text.Length} characters, of which {most} are kept.]";
    }

    /// <param name="Text">What the model and people are told.</param>
    /// <param name="Kind">What became of it, for the figures.</param>
    private sealed record Outcome(string Text, string Kind)
    {
        public const string Done = "done";
        public const string Failed = "failed";
    }

    /// <param name="Call">A call.</param>
    /// <param name="Index">Its place among those that were called together.</param>
    /// <param name="Begun">When they were.</param>
    private sealed record Place(FunctionCallContent Call, int Index, long Begun)
    {
        /// <summary>How far it had come in another process; null where it is new.</summary>
        public StepCall? Known { get; init; }

        public RunHistory? Resumed { get; init; }

        /// <summary>What another process has asked about the call and nobody has answered; null for nothing. What was asked about another definition of the tool was asked in vain.</summary>
        public ApprovalRequestEvent? AskedFor(Tool tool) =>
            Known is { IsWaiting: true } && Resumed?.Fingerprints.GetValueOrDefault(Call.Name) == tool.Fingerprint ? Known.Request : null;
    }

    /// <summary>What a tool says of how far it has come: however fast that is, a few a second are kept, and none after the call's end.</summary>
    private sealed class Progress(Run run, RunPart part, string callId, TimeProvider time)
    {
        private readonly Lock _lock = new();
        private long? _last;
        private bool _isOver;

        public void Report(ToolProgress progress)
        {
            lock (_lock)
            {
                if (_isOver || (_last is { } before && time.GetElapsedTime(before) < ProgressInterval))
                {
                    return;
                }

                _last = time.GetTimestamp();
                var step = progress.Step ?? "";
                double? percent = progress.Percent is { } given && double.IsFinite(given) ? Math.Clamp(given, 0, 100) : null;
                run.Append(new ProgressEvent(percent, step.Length > MaxProgress ? step[..(char.IsHighSurrogate(step[MaxProgress - 1]) ? MaxProgress - 1 : MaxProgress)] : step, callId) { Agent = part.Agent });
            }
        }

        public void End()
        {
            lock (_lock)
            {
                _isOver = true;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId}: tool {Tool} failed\n{Trace}")]
        public static partial void Failed(ILogger logger, string runId, string tool, string trace);
    }
}
