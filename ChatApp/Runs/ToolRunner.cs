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
        try
        {
            return await Task.WhenAll(calls.Select((call, i) => RunAsync(call, i, places, known?[i], resumed, stop)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<AIContent> RunAsync(FunctionCallContent call, int index, SemaphoreSlim places, StepCall? known, RunHistory? resumed, CancellationToken stop)
    {
        if (known?.Result is { } before)
        {
            return new FunctionResultContent(call.CallId, before);
        }

        var asked = work.Time.GetTimestamp();
        var result = Refusal(call, index);
        if (result is null && tools[call.Name] is var tool)
        {
            // What was asked about another definition of the tool was asked in vain.
            var waiting = known is { IsWaiting: true } && resumed!.Fingerprints.GetValueOrDefault(call.Name) == tool.Fingerprint ? known.Request : null;
            if ((waiting is not null || NeedsApproval(tool)) && await AskAsync(tool, call, waiting, stop) is { IsApproved: false } answer)
            {
                result = new Outcome(string.IsNullOrWhiteSpace(answer.Reason) ? "Refused: this call was not allowed." : $"Refused: {answer.Reason}", IsError: true);
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

        var ms = Math.Round(work.Time.GetElapsedTime(asked).TotalMilliseconds, 1);
        run.Append(new ToolResultEvent(call.CallId, call.Name, result!.Text, result.IsError, ms) { Agent = part.Agent });
        return new FunctionResultContent(call.CallId, result.Text);
    }

    // Why a call is not made; null where it is.
    private Outcome? Refusal(FunctionCallContent call, int index)
    {
        if (!tools.ContainsKey(call.Name))
        {
            return new Outcome($"There is no tool '{call.Name}'. There are: {string.Join(", ", tools.Keys)}.", IsError: true);
        }

        if (index >= work.Tools.MaxCalls)
        {
            return new Outcome($"Not called: at most {work.Tools.MaxCalls} calls are made at once. Call it again in the next step.", IsError: true);
        }

        if (call.Exception is not null)
        {
            return new Outcome("Not called: the arguments are not valid JSON. Send an object.", IsError: true);
        }

        return Length(call) > work.Tools.MaxArguments
            ? new Outcome($"Not called: the arguments have more than {work.Tools.MaxArguments} characters.", IsError: true)
            : null;
    }

    private static int Length(FunctionCallContent call) => JsonSerializer.SerializeToUtf8Bytes(call.Arguments, Json).Length;

    private bool NeedsApproval(Tool tool) => tool.Approval switch
    {
        ToolApproval.Never => false,
        ToolApproval.Once => !work.Request.Approved.Contains(tool.Fingerprint) && !run.IsApproved(tool.Fingerprint),
        _ => true,
    };

    private async Task<ApprovalAnswer> AskAsync(Tool tool, FunctionCallContent call, ApprovalRequestEvent? asked, CancellationToken stop)
    {
        if (!work.Request.CanApprove)
        {
            return new ApprovalAnswer(IsApproved: false, "It needs somebody's yes, and nobody can be asked here.");
        }

        var once = tool.Approval == ToolApproval.Once;
        var request = asked ?? new ApprovalRequestEvent(run.NewApprovalId(call.CallId), call.CallId, call.Name, JsonSerializer.SerializeToElement(call.Arguments, Json), once) { Agent = part.Agent };
        using var pause = work.Limit.Pause();
        // By the time when it was asked, whoever asked then.
        var left = work.Tools.ApprovalTimeout - (asked is null ? TimeSpan.Zero : work.Time.GetUtcNow() - run.Created - TimeSpan.FromMilliseconds(asked.T));
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

        run.NoteAnswer(request, answer, once ? tool.Fingerprint : null);
        return answer;
    }

    private async Task<Outcome> InvokeAsync(Tool tool, FunctionCallContent call, CancellationToken stop)
    {
        var patience = tool.Timeout ?? work.Tools.Timeout;
        using var over = new CancellationTokenSource(patience, work.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, over.Token);
        try
        {
            var arguments = new AIFunctionArguments(call.Arguments) { Context = new Dictionary<object, object?> { [typeof(ToolCall)] = Describe(call) } };
            // A tool that does not hear of the stop is left behind: nobody waits for it.
            var result = await Task.Run(() => tool.Function.InvokeAsync(arguments, any.Token).AsTask(), any.Token).WaitAsync(any.Token);
            return new Outcome(Cut(Text(result)), IsError: false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return new Outcome($"The tool gave no answer within {Durations.Words(patience)}.", IsError: true);
        }
        catch (ToolException exception)
        {
            return new Outcome(Cut(exception.Message), IsError: true);
        }
        catch (Exception exception)
        {
            Log.Failed(work.Logger, run.Id, tool.Name, ExceptionTrace.Of(exception));
            return new Outcome(exception is ArgumentException or JsonException ? "The arguments do not fit the tool's schema." : "The tool failed. The server's log has the cause.", IsError: true);
        }
    }

    private ToolCall Describe(FunctionCallContent call)
    {
        var last = default(long?);
        return new ToolCall
        {
            Owner = run.Owner ?? "",
            RunId = run.Id,
            ConversationId = run.ConversationId,
            Report = progress =>
            {
                // However fast it comes, a few a second are kept.
                if (last is { } before && work.Time.GetElapsedTime(before) < ProgressInterval && progress.Percent is not >= 100)
                {
                    return;
                }

                last = work.Time.GetTimestamp();
                run.Append(new ProgressEvent(progress.Percent, progress.Step.Length > MaxProgress ? progress.Step[..MaxProgress] : progress.Step, call.CallId) { Agent = part.Agent });
            },
        };
    }

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(250);
    private const int MaxProgress = 200;

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

    private sealed record Outcome(string Text, bool IsError);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId}: tool {Tool} failed\n{Trace}")]
        public static partial void Failed(ILogger logger, string runId, string tool, string trace);
    }
}
