using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Telemetry;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Reads one model's answer into its run, within the limits of time and size, and says how it ended.</summary>
internal sealed partial class RunPump(Run run, IChatClient client, RunRequest request, RunsOptions options, RunMeters meters, TimeProvider time, ILogger logger)
{
    private readonly WholeCharacters _answer = new();
    private readonly WholeCharacters _reasoning = new();
    private ChatFinishReason? _finish;
    private bool _hasContent;
    private bool _hasToken;

    /// <param name="stop">Cancelled when whoever owns the run has ended it.</param>
    public async Task ReadAsync(CancellationToken stop)
    {
        using var silence = new CancellationTokenSource(options.FirstTokenTimeout, time);
        using var whole = new CancellationTokenSource(options.MaxDuration, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token, whole.Token);
        UpstreamTimings.Current = run.Timings;
        try
        {
            run.Start();
            run.StartStep();
            await foreach (var update in client.GetStreamingResponseAsync(request.Messages, request.Options, any.Token))
            {
                if (Take(update))
                {
                    _hasContent = true;
                    silence.CancelAfter(options.InterTokenTimeout);
                }

                if (Math.Max(run.TextLength, run.ReasoningLength) > options.MaxCharacters)
                {
                    End(RunState.Incomplete, RunProblem.CutShort($"The answer grew past {options.MaxCharacters} characters and was cut there."));
                    return;
                }
            }

            EndOfStream();
        }
        catch (OperationCanceledException) when (any.IsCancellationRequested)
        {
            EndCancelled(silence.IsCancellationRequested, whole.IsCancellationRequested);
        }
        catch (ProviderException exception)
        {
            Log.ProviderFailed(logger, run.Id, run.Provider, exception.Fault, exception.Status, ExceptionTrace.Of(exception));
            End(exception.Fault == ProviderFault.Interrupted ? RunState.Incomplete : RunState.Failed, RunProblem.From(exception));
        }
        catch (Exception exception)
        {
            // Whatever a client library throws ends this run only; the host lives.
            Log.ReadFailed(logger, run.Id, run.Provider, ExceptionTrace.Of(exception));
            End(RunState.Failed, RunProblem.Internal());
        }
    }

    private bool Take(ChatResponseUpdate update)
    {
        var content = false;
        foreach (var item in update.Contents)
        {
            content |= Take(item);
        }

        _finish ??= update.FinishReason;
        return content;
    }

    private bool Take(AIContent item)
    {
        switch (item)
        {
            case TextReasoningContent { Text.Length: > 0 } reasoning:
                run.AppendReasoning(_reasoning.Take(reasoning.Text), TokenEstimate.OfPiece(reasoning.Text));
                return true;
            case TextContent text:
                TakeSources(text);
                if (text.Text.Length == 0)
                {
                    return false;
                }

                run.AppendToken(_answer.Take(text.Text), TokenEstimate.OfPiece(text.Text));
                CountFirstToken();
                return true;
            case ToolCallDeltaContent delta:
                return run.Append(new ToolCallDeltaEvent(delta.Index, delta.Arguments, delta.CallId, delta.Name));
            case FunctionCallContent call:
                return run.Append(new ToolCallEvent(call.CallId, call.Name, JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>())));
            case RetryContent retry:
                meters.Retried(run.Provider);
                run.Append(new RetryEvent(retry.Attempt, Math.Round(retry.Delay.TotalMilliseconds), retry.Reason));
                return false;
            case UsageContent usage:
                TakeUsage(usage.Details);
                return false;
            default:
                return false;
        }
    }

    private void CountFirstToken()
    {
        if (!_hasToken && run.Timings.FirstToken is { } ms)
        {
            _hasToken = true;
            meters.FirstToken(run.Provider, TimeSpan.FromMilliseconds(ms));
        }
    }

    private void TakeSources(TextContent text)
    {
        foreach (var citation in text.Annotations?.OfType<CitationAnnotation>() ?? [])
        {
            if (citation.Url is { } url)
            {
                run.AddSource(new RunSource(citation.Title ?? url.ToString(), url.ToString()));
            }
        }
    }

    private void TakeUsage(UsageDetails details)
    {
        if (details.OutputTokenCount is not { } output)
        {
            return;
        }

        // Where the provider does not say how much of its output was reasoning, the answer's own tokens stay as counted.
        int? answer = details.ReasoningTokenCount is { } reasoning ? Clamp(output - reasoning) : run.ReasoningLength == 0 ? Clamp(output) : null;
        run.SetUsage(new RunUsage(Clamp(details.InputTokenCount ?? 0), Clamp(output), Estimated: false), answer);

        static int Clamp(long tokens) => (int)Math.Clamp(tokens, 0, int.MaxValue / 2);
    }

    private void EndOfStream()
    {
        if (_finish is null)
        {
            End(RunState.Incomplete, RunProblem.CutShort($"{run.Model} closed the connection before the answer was whole. Retry for a new answer."));
        }
        else if (_finish == ChatFinishReason.Length)
        {
            End(RunState.Incomplete);
        }
        else if (_finish == ChatFinishReason.ContentFilter)
        {
            End(RunState.Incomplete, RunProblem.CutShort($"{run.Model}'s content filter cut the answer. Ask in other words."));
        }
        else
        {
            End(RunState.Completed);
        }
    }

    private void EndCancelled(bool silent, bool tooLong)
    {
        if (tooLong)
        {
            End(RunState.Incomplete, RunProblem.TimedOut($"The answer took longer than {Words(options.MaxDuration)} and was cut there."));
        }
        else if (silent && _hasContent)
        {
            End(RunState.Incomplete, RunProblem.TimedOut($"{run.Model} sent nothing more for {Words(options.InterTokenTimeout)}. Retry for a new answer."));
        }
        else if (silent)
        {
            End(RunState.Failed, RunProblem.TimedOut($"{run.Model} sent no answer within {Words(options.FirstTokenTimeout)}. Check that it is up and not loading, then retry."));
        }

        // Otherwise its owner has ended it already.
    }

    private void End(RunState state, RunProblem? problem = null)
    {
        if (_reasoning.End() is { Length: > 0 } thought)
        {
            run.AppendReasoning(thought, tokens: 0);
        }

        if (_answer.End() is { Length: > 0 } said)
        {
            run.AppendToken(said, tokens: 0);
        }

        run.TryEnd(state, problem, _finish);
    }

    private static string Words(TimeSpan span) => span.TotalSeconds < 120 ? $"{span.TotalSeconds:0.#} seconds" : $"{span.TotalMinutes:0.#} minutes";

    private static partial class Log
    {
        // No message of an exception and no model id: either may hold what somebody wrote.
        [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId}: {Provider} failed: {Fault}, status {Status}\n{Trace}")]
        public static partial void ProviderFailed(ILogger logger, string runId, string provider, ProviderFault fault, int? status, string trace);

        [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId}: reading the answer of {Provider} failed\n{Trace}")]
        public static partial void ReadFailed(ILogger logger, string runId, string provider, string trace);
    }
}
