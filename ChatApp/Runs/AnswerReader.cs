using System.Text.Json;
using ChatApp.Providers;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Reads one model's answer into its part of a run, within the limits of silence and size, and says how it ended.</summary>
internal sealed partial class AnswerReader(Run run, RunPart part, ResolvedModel model, bool isLater, StepServices work)
{
    // Far above what is made of them: those are refused one by one, so that the model can do better.
    private const int MostCalls = 1024;
    private const int AtOnce = 64;

    private readonly RunsOptions _options = work.Options;
    private readonly List<AIContent> _kept = [];
    private readonly List<FunctionCallContent> _calls = [];
    private readonly WholeCharacters _answer = new();
    private readonly WholeCharacters _reasoning = new();
    private ChatFinishReason? _finish;
    private readonly Dictionary<int, WholeCharacters> _arguments = [];
    private long _argumentCharacters;
    private bool _hasContent;
    private int _calledCharacters;
    private bool _isSeparated = !isLater || part.Text.Length == 0;
    private Action _sawSign = null!;

    /// <summary>Whether another model can be asked where this one gives no answer.</summary>
    public bool CanPass { get; init; }

    /// <summary>Where in the part's text its own begins.</summary>
    public int From { get; private set; } = part.Text.Length;

    /// <summary>The tool calls that the model has made.</summary>
    public IReadOnlyList<FunctionCallContent> Calls => _calls;

    /// <summary>What it has said that no event tells of.</summary>
    public IReadOnlyList<AIContent> Kept => _kept;

    /// <summary>What it has said and called, to be put to it again with the results.</summary>
    public IList<AIContent> Contents => [.. _kept, .. part.Text.Length > From ? [new TextContent(part.Text.Slice(From, part.Text.Length))] : (AIContent[])[], .. _calls];

    /// <param name="messages">What the model is sent.</param>
    /// <param name="chatOptions">Temperature and the like.</param>
    /// <param name="stop">Cancelled when the run has ended, or has lasted too long.</param>
    /// <returns>How the answer ended; null where <paramref name="stop"/> ended it.</returns>
    public async Task<AnswerEnd?> ReadAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? chatOptions, CancellationToken stop)
    {
        using var silence = new SilenceWatch(work, work.Paces.Of(model.Id), CanPass && work.Options.FailOver.After > TimeSpan.Zero ? work.Options.FailOver.After : null, OnStall);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Over);
        _sawSign = silence.SawSign;
        var ready = 0;
        try
        {
            run.StartStep(part);
            await using var updates = model.Client.GetStreamingResponseAsync(messages, chatOptions, any.Token).GetAsyncEnumerator(any.Token);
            while (true)
            {
                var next = updates.MoveNextAsync();
                ready = next.IsCompleted ? ready + 1 : 0;
                if (!await next)
                {
                    break;
                }

                if (ready > AtOnce)
                {
                    // Of an answer that is all there already, the readers are let in between: the first word would come with the last.
                    ready = 0;
                    await Task.Yield();
                }

                if (Take(updates.Current))
                {
                    _hasContent = true;
                    silence.Heard();
                }

                if (Math.Max(Math.Max(part.Text.Length, part.Reasoning.Length), _argumentCharacters) > _options.MaxCharacters)
                {
                    return new AnswerEnd(RunState.Incomplete, RunProblem.CutShort($"The answer grew past {_options.MaxCharacters} characters and was cut there."), _finish);
                }

                if (Math.Max(_calls.Count, _arguments.Count) > MostCalls)
                {
                    return new AnswerEnd(RunState.Incomplete, RunProblem.ToolLoop($"{model.Id} asked for more than {MostCalls} tool calls at once, so the answer was ended here. Ask in other words, or without tools."), _finish);
                }
            }

            var end = EndOfStream();
            return end is { State: RunState.Incomplete, Finish: null } ? MayPass(end) : end;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (OperationCanceledException) when (silence.IsFailOver)
        {
            return MayPass(new AnswerEnd(RunState.Failed, RunProblem.TimedOut($"{model.Id} sent no answer within {Durations.Words(work.Options.FailOver.After)}."), _finish));
        }
        catch (OperationCanceledException) when (silence.Over.IsCancellationRequested)
        {
            return _hasContent
                ? new AnswerEnd(RunState.Incomplete, RunProblem.TimedOut($"{model.Id} sent nothing more for {Durations.Words(_options.InterTokenTimeout)}. Retry for a new answer."), _finish)
                : new AnswerEnd(RunState.Failed, RunProblem.TimedOut($"{model.Id} sent no answer within {Durations.Words(_options.FirstTokenTimeout)}. Check that it is up and not loading, then retry."), _finish);
        }
        catch (ProviderException exception)
        {
            Log.ProviderFailed(work.Logger, run.Id, model.Provider, exception.Fault, exception.Status, ExceptionTrace.Of(exception));
            var end = new AnswerEnd(exception.Fault == ProviderFault.Interrupted ? RunState.Incomplete : RunState.Failed, RunProblem.From(exception), _finish);
            // What is wrong with the request is wrong for every model.
            return exception is { Fault: ProviderFault.Refused or ProviderFault.ContextTooLong, Status: not 404 } ? end : MayPass(end);
        }
        catch (Exception exception)
        {
            // Whatever a client library throws ends this run only; the host lives.
            Log.ReadFailed(work.Logger, run.Id, model.Provider, ExceptionTrace.Of(exception));
            return new AnswerEnd(RunState.Failed, RunProblem.Internal(), _finish);
        }
        finally
        {
            if (_reasoning.End() is { Length: > 0 } thought)
            {
                run.AppendReasoning(part, thought, tokens: 0);
            }

            if (_answer.End() is { Length: > 0 } said)
            {
                run.AppendToken(part, said, tokens: 0);
            }
        }
    }

    // After the first content never: what has been shown can't be taken back.
    private AnswerEnd MayPass(AnswerEnd end) => end with { IsPassable = CanPass && !_hasContent };

    private void OnStall(TimeSpan silent)
    {
        work.Meters.Stalled(model.Provider);
        run.Append(new StallEvent(Math.Round(silent.TotalMilliseconds)) { Agent = part.Agent });
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
            case TextReasoningContent { ProtectedData: not null } thought:
                // Some providers want their own thoughts back with the results.
                _kept.Add(thought);
                run.AppendReasoning(part, _reasoning.Take(thought.Text), TokenEstimate.OfPiece(thought.Text));
                return true;
            case TextReasoningContent { Text.Length: > 0 } reasoning:
                run.AppendReasoning(part, _reasoning.Take(reasoning.Text), TokenEstimate.OfPiece(reasoning.Text));
                return true;
            case TextContent text:
                TakeSources(text);
                if (text.Text.Length == 0)
                {
                    return false;
                }

                if (!_isSeparated)
                {
                    // What it says after its tools is another paragraph.
                    _isSeparated = true;
                    run.AppendToken(part, "\n\n", tokens: 0);
                    From = part.Text.Length;
                }

                run.AppendToken(part, _answer.Take(text.Text), TokenEstimate.OfPiece(text.Text));
                return true;
            case ToolCallDeltaContent delta:
                _argumentCharacters += delta.Arguments.Length;
                return run.Append(new ToolCallDeltaEvent(delta.Index, Arguments(delta.Index).Take(delta.Arguments), delta.CallId, delta.Name) { Agent = part.Agent });
            case FunctionCallContent call:
                _calls.Add(call);
                var arguments = JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>());
                // Not every provider tells of the fragments.
                _calledCharacters += arguments.GetRawText().Length;
                _argumentCharacters = Math.Max(_argumentCharacters, _calledCharacters);
                return run.Append(new ToolCallEvent(call.CallId, call.Name, arguments) { Agent = part.Agent });
            case RetryContent retry:
                _sawSign();
                work.Meters.Retried(model.Provider);
                run.Append(new RetryEvent(retry.Attempt, Math.Round(retry.Delay.TotalMilliseconds), retry.Reason) { Agent = part.Agent });
                return false;
            case ThinkingContent thinking:
                _sawSign();
                run.Append(new ThinkingEvent(thinking.Message) { Agent = part.Agent });
                return false;
            case UsageContent usage:
                TakeUsage(usage.Details);
                return false;
            default:
                return false;
        }
    }

    private WholeCharacters Arguments(int index) =>
        _arguments.TryGetValue(index, out var known) ? known : _arguments[index] = new WholeCharacters();

    private void TakeSources(TextContent text)
    {
        foreach (var citation in text.Annotations?.OfType<CitationAnnotation>() ?? [])
        {
            if (citation.Url is { } url)
            {
                run.AddSource(part, new RunSource(citation.Title ?? url.ToString(), url.ToString()));
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
        int? answer = details.ReasoningTokenCount is { } reasoning ? Clamp(output - reasoning) : part.Reasoning.Length == 0 ? Clamp(output) : null;
        run.SetUsage(part, new RunUsage(Clamp(details.InputTokenCount ?? 0), Clamp(output), Estimated: false), answer);

        static int Clamp(long tokens) => (int)Math.Clamp(tokens, 0, int.MaxValue / 2);
    }

    private AnswerEnd EndOfStream() => _finish switch
    {
        null => new(RunState.Incomplete, RunProblem.CutShort($"{model.Id} closed the connection before the answer was whole. Retry for a new answer."), _finish),
        { } finish when finish == ChatFinishReason.Length => new(RunState.Incomplete, null, _finish),
        { } finish when finish == ChatFinishReason.ContentFilter =>
            new(RunState.Incomplete, RunProblem.CutShort($"{model.Id}'s content filter cut the answer. Ask in other words."), _finish),
        _ => new(RunState.Completed, null, _finish),
    };

    private static partial class Log
    {
        // No message of an exception and no model id: either may hold what somebody wrote.
        [LoggerMessage(Level = LogLevel.Warning, Message = "Run {RunId}: {Provider} failed: {Fault}, status {Status}\n{Trace}")]
        public static partial void ProviderFailed(ILogger logger, string runId, string provider, ProviderFault fault, int? status, string trace);

        [LoggerMessage(Level = LogLevel.Error, Message = "Run {RunId}: reading the answer of {Provider} failed\n{Trace}")]
        public static partial void ReadFailed(ILogger logger, string runId, string provider, string trace);
    }
}

/// <summary>How one answer ended.</summary>
/// <param name="State">The state a run of this answer alone has.</param>
/// <param name="Problem">What went wrong, where something did.</param>
/// <param name="Finish">The provider's own reason.</param>
internal sealed record AnswerEnd(RunState State, RunProblem? Problem, ChatFinishReason? Finish)
{
    /// <summary>Whether the model has said nothing, for a reason that another model need not have.</summary>
    public bool IsPassable { get; init; }

    /// <summary>Who goes on in its place, and what they shall do; null where nobody does.</summary>
    public HandOverTo? HandOver { get; init; }
}

/// <summary>An agent's word to the one that goes on.</summary>
/// <param name="Agent">The other agent's name.</param>
/// <param name="Message">What it shall do.</param>
internal sealed record HandOverTo(string Agent, string Message);
