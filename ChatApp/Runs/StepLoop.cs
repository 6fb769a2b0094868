using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Lets one model answer with tools: it is asked, what it calls is called, the results are put to it, and so on until it calls nothing more.</summary>
/// <param name="run">The run.</param>
/// <param name="part">What the model adds to.</param>
/// <param name="agent">The model and its tools.</param>
/// <param name="work">What every step needs.</param>
/// <param name="handOver">The tool with which it may hand over; null where it may not.</param>
internal sealed class StepLoop(Run run, RunPart part, RunAgent agent, StepServices work, HandOverTool? handOver = null)
{
    // The same calls with the same arguments so often in a row lead nowhere.
    private const int MostRepeats = 3;
    private const int MaxName = 64;

    private readonly Queue<ResolvedModel> _others = new(agent.Others);
    private ResolvedModel _model = agent.Model;
    private string? _lastCalls;
    private int _repeats;

    /// <param name="messages">What the model is sent.</param>
    /// <param name="options">Temperature and the like; its tools are the client's, who answers them in its next request.</param>
    /// <param name="stop">Cancelled when the run has ended, or has lasted too long.</param>
    /// <param name="resumed">What another process has done of it; null for an answer from the start.</param>
    /// <returns>How the answer ended; null where <paramref name="stop"/> ended it.</returns>
    public async Task<AnswerEnd?> ReadAsync(IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken stop, RunHistory? resumed = null)
    {
        var lane = resumed?.Find(part.Agent);
        var history = messages.ToList();
        var clients = (options?.Tools ?? []).OfType<AIFunctionDeclaration>().Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        var tools = Tools().Where(tool => !clients.Contains(tool.Name)).ToDictionary(tool => tool.Name, StringComparer.Ordinal);
        var runner = new ToolRunner(run, part, tools, work);
        options = Offer(options, tools.Values);
        if (agent.Passed is { } passed)
        {
            Pass(passed);
        }

        for (var round = 1; ; round++)
        {
            if (lane is not null && round <= lane.Rounds.Count && lane.Rounds[round - 1] is { IsAtTools: true } past)
            {
                // Said and called before this process went on with it: only what is left of the calls is made.
                var known = past.Calls.Where(call => !clients.Contains(call.Call.Name)).ToList();
                handOver?.Restore(past);
                if (await runner.RunAsync([.. known.Select(call => call.Call)], stop, known, resumed) is not { } rest)
                {
                    return null;
                }

                if (known.Count < past.Calls.Count || handOver?.Taken is not null)
                {
                    return new AnswerEnd(RunState.Completed, null, ChatFinishReason.ToolCalls) { HandOver = known.Count < past.Calls.Count ? null : handOver?.Taken };
                }

                if (Limit([.. known.Select(call => call.Call)], round, ChatFinishReason.ToolCalls) is { } over)
                {
                    return over;
                }

                history.Add(new ChatMessage(ChatRole.Assistant, past.Contents(resumed!.KeptIn(part.Agent, round), isLater: round > 1)));
                history.Add(new ChatMessage(ChatRole.Tool, [.. rest]));
                run.NextRound(part);
                continue;
            }

            var (reader, end) = await AskAsync(history, options, isLater: round > 1, stop);
            if (reader.Kept.Count > 0)
            {
                run.Keep(new KeptContents(part.Agent, round, reader.Kept));
            }

            if (end is not { State: RunState.Completed })
            {
                return end;
            }

            if (reader.Calls is [])
            {
                return Check(end, options, isWhole: round == 1, reader.From);
            }

            // A call of the client's ends the answer, also where the model called others with it: only the client can go on.
            if (tools.Count == 0 && clients.Count > 0)
            {
                return end;
            }

            var ours = reader.Calls.Where(call => !clients.Contains(call.Name)).ToList();
            if (ours.Count > 0)
            {
                run.MoveToTools(part, Action(ours));
            }

            if (await runner.RunAsync(ours, stop) is not { } results)
            {
                return null;
            }

            if (ours.Count < reader.Calls.Count)
            {
                return end;
            }

            if (handOver?.Taken is { } taken)
            {
                return end with { HandOver = taken };
            }

            if (Limit(ours, round, end.Finish) is { } limit)
            {
                return limit;
            }

            history.Add(new ChatMessage(ChatRole.Assistant, reader.Contents));
            history.Add(new ChatMessage(ChatRole.Tool, [.. results]));
            run.NextRound(part);
        }
    }

    // Asks the model, and where it gives no answer the others after it.
    private async Task<(AnswerReader Reader, AnswerEnd? End)> AskAsync(List<ChatMessage> history, ChatOptions? options, bool isLater, CancellationToken stop)
    {
        while (true)
        {
            // What one model has called tools for, no other goes on with.
            var reader = new AnswerReader(run, part, _model, isLater, work) { CanPass = !isLater && _others.Count > 0 };
            var end = await reader.ReadAsync(history, options, stop);
            if (end is not { IsPassable: true } || !_others.TryDequeue(out var next))
            {
                return (reader, end);
            }

            Pass(new FailOverEvent(_model.Id, next.Id, end.Problem!.Detail));
            _model = next;
        }
    }

    private void Pass(FailOverEvent @event)
    {
        work.Meters.FailedOver(@event.From.Split('/')[0]);
        run.PassOn(part, @event);
    }

    // The text after the last calls is the answer; what was said before them is not.
    private AnswerEnd Check(AnswerEnd end, ChatOptions? options, bool isWhole, int from) =>
        StructuredOutput.SchemaOf(options) is { } schema && StructuredOutput.Problem(schema, _model.Id, part.Text.Slice(isWhole ? 0 : from, part.Text.Length)) is { } problem
            ? end with { State = RunState.Failed, Problem = problem }
            : end;

    private IEnumerable<Tool> Tools() => handOver is null ? agent.Tools : [.. agent.Tools.Where(tool => tool.Name != HandOverTool.Name), handOver.Tool];

    private static ChatOptions? Offer(ChatOptions? options, Dictionary<string, Tool>.ValueCollection tools)
    {
        if (tools.Count == 0)
        {
            return options;
        }

        options = options?.Clone() ?? new ChatOptions();
        options.Tools = [.. options.Tools ?? [], .. tools.Select(tool => tool.Function)];
        return options;
    }

    private static string Action(List<FunctionCallContent> calls) =>
        string.Join(", ", calls.Select(call => call.Name.Length > MaxName ? call.Name[..MaxName] : call.Name).Distinct(StringComparer.Ordinal).Take(3));

    // Why the model is not asked again after these calls; null where it is.
    private AnswerEnd? Limit(List<FunctionCallContent> calls, int round, ChatFinishReason? finish)
    {
        var problem = IsLoop(calls) ? $"{_model.Id} made the same tool calls {MostRepeats} times in a row, so the answer was ended here. Ask in other words, or without tools."
            : round >= work.Tools.MaxRounds ? $"{_model.Id} still called tools after {round} rounds, so the answer was ended here. Continue for more."
            : null;
        return problem is null ? null : new AnswerEnd(RunState.Incomplete, RunProblem.ToolLoop(problem), finish);
    }

    private bool IsLoop(List<FunctionCallContent> calls)
    {
        var now = string.Join('\n', calls.Select(call => $"{call.Name} {JsonSerializer.Serialize(call.Arguments)}"));
        _repeats = now == _lastCalls ? _repeats + 1 : 1;
        _lastCalls = now;
        return _repeats >= MostRepeats;
    }
}

/// <summary>What every step of a run needs.</summary>
/// <param name="Options">The limits of runs.</param>
/// <param name="Tools">The limits of tools.</param>
/// <param name="Meters">Counts what happens.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where failures are noted.</param>
internal sealed record StepServices(RunsOptions Options, ToolsOptions Tools, Telemetry.RunMeters Meters, TimeProvider Time, ILogger Logger)
{
    /// <summary>What was asked.</summary>
    public required RunRequest Request { get; init; }

    /// <summary>How long the run may take; people who are asked for something have their own time.</summary>
    public required RunLimit Limit { get; init; }

    /// <summary>How fast each model usually is.</summary>
    public required ModelPaces Paces { get; init; }
}
