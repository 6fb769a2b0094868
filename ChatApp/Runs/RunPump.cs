using ChatApp.Providers;
using ChatApp.Telemetry;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Makes a run's answer: one model's, or that of several agents, in turn or at once. It ends the run.</summary>
internal sealed class RunPump(
    Run run, RunRequest request, IReadOnlyList<RunAgent> agents, RunsOptions options, RunMeters meters, TimeProvider time, ILogger logger, ToolsOptions? tools = null)
{
    private StepServices _work = null!;

    /// <summary>What another process has done of the run; null for one from the start.</summary>
    public RunHistory? Resumed { get; init; }

    /// <param name="stop">Cancelled when whoever owns the run has ended it.</param>
    public async Task ReadAsync(CancellationToken stop)
    {
        using var whole = new RunLimit(options.MaxDuration, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, whole.Over);
        _work = new StepServices(options, tools ?? new ToolsOptions(), meters, time, logger) { Request = request, Limit = whole };
        UpstreamTimings.Current = run.Timings;
        run.Start();
        if (run.HasEnded)
        {
            // Stopped while it was queued: the provider never hears of it.
            return;
        }

        if (Resumed is null && request.Prefix is { Length: > 0 } prefix)
        {
            run.AppendPrefix(run.Whole, prefix);
        }

        var end = agents is [{ Name: null } one] ? await ReadAsync(one, run.Whole, request.Messages, any.Token)
            : request.AgentMode == AgentMode.Parallel ? await ReadAtOnceAsync(any.Token)
            : await ReadInTurnAsync(any.Token);
        if (end is not null)
        {
            run.TryEnd(end.State, end.Problem, end.Finish);
        }
        else if (whole.Over.IsCancellationRequested)
        {
            run.TryEnd(RunState.Incomplete, RunProblem.TimedOut($"The answer took longer than {Durations.Words(options.MaxDuration)} and was cut there."));
        }

        // Otherwise its owner has ended it already.
    }

    // Each one reads what those before it have said. One that fails ends the run: the next would build on nothing.
    private async Task<AnswerEnd?> ReadInTurnAsync(CancellationToken stop)
    {
        AnswerEnd? end = null;
        var messages = request.Messages.ToList();
        for (var i = 0; i < agents.Count; i++)
        {
            if (Resumed?.Find(agents[i].Name) is null)
            {
                run.Append(new ProgressEvent(Math.Round(100.0 * i / agents.Count), $"{agents[i].Name} ({i + 1} of {agents.Count})"));
            }

            var part = Part(agents[i]);
            end = await ReadAgentAsync(agents[i], part, messages, stop);
            if (end is not { State: RunState.Completed })
            {
                return end;
            }

            // As something the user passes on: a model that finds an answer of its own at the end of the conversation would go on with that.
            messages.Add(new ChatMessage(ChatRole.User, $"{agents[i].Name} said:\n\n{part.Text.Slice(0, part.Text.Length)}"));
        }

        return end;
    }

    private async Task<AnswerEnd?> ReadAtOnceAsync(CancellationToken stop)
    {
        // Their places are given before any of them begins, so that they stand in the order of the request.
        var parts = agents.Select(Part).ToList();
        var ends = await Task.WhenAll(agents.Select((agent, i) => ReadAgentAsync(agent, parts[i], request.Messages, stop)));
        return Array.Exists(ends, end => end is null) ? null
            : Array.TrueForAll(ends, end => end!.State == RunState.Failed) ? ends[0]
            : Array.Find(ends, end => end!.State != RunState.Completed) is { } cut ? cut with { State = RunState.Incomplete }
            : ends[0];
    }

    private async Task<AnswerEnd?> ReadAgentAsync(RunAgent agent, RunPart part, IReadOnlyList<ChatMessage> messages, CancellationToken stop)
    {
        if (Resumed?.Find(part.Agent) is { } lane)
        {
            if (lane.End is { } ended)
            {
                return new AnswerEnd(ended.Cut ?? RunState.Completed, ended.CutProblem, null);
            }

            agent = lane.Model is { } other && Resumed.Resolve is { } resolve ? agent with { Model = resolve(other) } : agent;
        }
        else
        {
            run.Append(new AgentStartEvent { Agent = agent.Name });
        }

        var end = await ReadAsync(agent, part, messages, stop);
        end = end is { Problem: { } problem } ? end with { Problem = problem with { Detail = $"{agent.Name}: {problem.Detail}" } } : end;
        run.Append(new AgentEndEvent { Agent = agent.Name, Cut = end?.State is RunState.Completed ? null : end?.State, CutProblem = end?.Problem });
        return end;
    }

    private RunPart Part(RunAgent agent) => Resumed is null ? run.AddPart(agent.Name) : run.FindPart(agent.Name) ?? run.AddPart(agent.Name);

    private Task<AnswerEnd?> ReadAsync(RunAgent agent, RunPart part, IReadOnlyList<ChatMessage> messages, CancellationToken stop) =>
        new StepLoop(run, part, agent, _work).ReadAsync(
            string.IsNullOrEmpty(agent.System) ? messages : [new ChatMessage(ChatRole.System, agent.System), .. messages],
            request.Options,
            stop,
            Resumed);
}

/// <summary>One of those that answer, with its model found.</summary>
/// <param name="Name">Its name; null for the only one of a run without agents.</param>
/// <param name="Model">Its model.</param>
/// <param name="System">What it is told before all else.</param>
internal sealed record RunAgent(string? Name, ResolvedModel Model, string? System)
{
    /// <summary>What it may call.</summary>
    public IReadOnlyList<Tool> Tools { get; init; } = [];
}
