using System.Globalization;
using ChatApp.Providers;
using ChatApp.Telemetry;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Makes a run's answer: one model's, or that of several agents, in turn or at once. It ends the run.</summary>
internal sealed class RunPump(
    Run run, RunRequest request, IReadOnlyList<RunAgent> agents, RunsOptions options, RunMeters meters, TimeProvider time, ILogger logger, ToolsOptions? tools = null, ModelPaces? paces = null)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _places = agents.Count;
    private StepServices _work = null!;

    /// <summary>What another process has done of the run; null for one from the start.</summary>
    public RunHistory? Resumed { get; init; }

    /// <summary>Those that may be handed over to, by name.</summary>
    public IReadOnlyDictionary<string, RunAgent> Others { get; init; } = new Dictionary<string, RunAgent>(StringComparer.Ordinal);

    /// <param name="stop">Cancelled when whoever owns the run has ended it.</param>
    public async Task ReadAsync(CancellationToken stop)
    {
        using var whole = new RunLimit(options.MaxDuration, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stop, whole.Over);
        _work = new StepServices(options, tools ?? new ToolsOptions(), meters, time, logger) { Request = request, Limit = whole, Paces = paces ?? new ModelPaces() };
        UpstreamTimings.Current = run.Timings;
        run.Start();
        if (run.HasEnded)
        {
            // Stopped while it was queued: the provider never hears of it.
            return;
        }

        var end = agents is [{ Name: null } one] ? await ReadOneAsync(one, any.Token)
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

    private Task<AnswerEnd?> ReadOneAsync(RunAgent agent, CancellationToken stop)
    {
        if (Resumed is null)
        {
            AppendPrefix(run.Whole);
        }

        return ReadAsync(agent, run.Whole, request.Messages, request.Options, stop);
    }

    // Each one reads what those before it have said. One that fails ends the run: the next would build on nothing.
    private async Task<AnswerEnd?> ReadInTurnAsync(CancellationToken stop)
    {
        AnswerEnd? end = null;
        var messages = request.Messages.ToList();
        for (var i = 0; i < agents.Count; i++)
        {
            var part = AddPart(agents[i]);
            if (Resumed?.Find(part.Agent) is null)
            {
                run.Append(new ProgressEvent(Math.Round(100.0 * i / agents.Count), $"{agents[i].Name} ({i + 1} of {agents.Count})"));
            }

            // The form that was asked for is that of the whole, which the last one gives.
            var isLast = i == agents.Count - 1;
            end = await ReadAgentAsync(agents[i], part, messages, isLast ? request.Options : Unformed(), isFirst: i == 0, stop);
            if (end is not { State: RunState.Completed })
            {
                return end;
            }
        }

        return end;
    }

    private async Task<AnswerEnd?> ReadAtOnceAsync(CancellationToken stop)
    {
        // Their places are given before any of them begins, so that they stand in the order of the request.
        var parts = agents.Select(AddPart).ToList();
        var ends = await Task.WhenAll(agents.Select((agent, i) => ReadAgentAsync(agent, parts[i], [.. request.Messages], request.Options, isFirst: i == 0, stop)));
        return Array.Exists(ends, end => end is null) ? null
            : Array.TrueForAll(ends, end => end!.State == RunState.Failed) ? ends[0]
            : Array.Find(ends, end => end!.State != RunState.Completed) is { } cut ? cut with { State = RunState.Incomplete }
            : ends[0];
    }

    // Reads one agent's part, and those of the agents that it hands over to. What they say is added to the messages.
    private async Task<AnswerEnd?> ReadAgentAsync(RunAgent agent, RunPart part, List<ChatMessage> messages, ChatOptions? chatOptions, bool isFirst, CancellationToken stop)
    {
        while (true)
        {
            var lane = Resumed?.Find(part.Agent);
            if (lane is null)
            {
                run.Append(new AgentStartEvent { Agent = part.Agent });
                if (isFirst)
                {
                    AppendPrefix(part);
                }
            }

            isFirst = false;
            var end = lane is { End: { } ended } ? Ended(lane, ended) : await ReadAsync(agent, part, messages, chatOptions, stop);
            if (lane is not { IsDone: true })
            {
                end = end is { Problem: { } problem } ? end with { Problem = problem with { Detail = $"{part.Agent}: {problem.Detail}" } } : end;
                // Without an end of its own it has taken too long: where the run was stopped, nothing is added any more.
                run.Append(new AgentEndEvent { Agent = part.Agent, Cut = end is null ? RunState.Incomplete : end.State == RunState.Completed ? null : end.State, CutProblem = end?.Problem });
            }

            if (end is not { State: RunState.Completed })
            {
                return end;
            }

            // As something the user passes on: a model that finds an answer of its own at the end of the conversation would go on with that.
            if (part.Text.Length > 0 || end.HandOver is null)
            {
                messages.Add(new ChatMessage(ChatRole.User, $"{part.Agent} said:\n\n{part.Text.Slice(0, part.Text.Length)}"));
            }

            if (end.HandOver is not { } next)
            {
                return end;
            }

            messages.Add(new ChatMessage(ChatRole.User, $"{part.Agent} hands over to {next.Agent}:\n\n{next.Message}"));
            agent = Others[next.Agent];
            part = AddPart(agent);
        }
    }

    private Task<AnswerEnd?> ReadAsync(RunAgent agent, RunPart part, IReadOnlyList<ChatMessage> messages, ChatOptions? chatOptions, CancellationToken stop)
    {
        if (Resumed?.Find(part.Agent) is { } lane)
        {
            // The model that has begun goes on, and no other.
            agent = agent with { Model = lane.Model is { } other && Resumed.Resolve is { } resolve ? resolve(other) : agent.Model, Others = [], Passed = null };
        }

        var others = agent.HandOver.Where(Others.ContainsKey).Select(name => Others[name]).ToList();
        return new StepLoop(run, part, agent, _work, others.Count == 0 ? null : new HandOverTool(others, TakePlace)).ReadAsync(
            string.IsNullOrEmpty(agent.System) ? messages : [new ChatMessage(ChatRole.System, agent.System), .. messages], chatOptions, stop, Resumed);
    }

    // Of a part that another process has finished.
    private AnswerEnd Ended(LaneHistory lane, AgentEndEvent ended)
    {
        var next = lane.Rounds is [.., { IsAtTools: true } last] ? HandOverTool.Of(last) : null;
        return new AnswerEnd(ended.Cut ?? RunState.Completed, ended.CutProblem, null) { HandOver = next is not null && Others.ContainsKey(next.Agent) && TakePlace() ? next : null };
    }

    private void AppendPrefix(RunPart part)
    {
        if (request.Prefix is { Length: > 0 } prefix)
        {
            run.AppendPrefix(part, prefix);
        }
    }

    private ChatOptions? Unformed()
    {
        if (request.Options?.ResponseFormat is null)
        {
            return request.Options;
        }

        var plain = request.Options.Clone();
        plain.ResponseFormat = null;
        return plain;
    }

    private bool TakePlace()
    {
        lock (_lock)
        {
            return _places < RunRequest.MaxAgents && _places++ >= 0;
        }
    }

    // What an agent adds is known by its name: one that comes again has another there.
    private RunPart AddPart(RunAgent agent)
    {
        lock (_lock)
        {
            var name = agent.Name!;
            for (var n = 2; !_names.Add(name); n++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{agent.Name} ({n})");
            }

            return (Resumed is null ? null : run.FindPart(name)) ?? run.AddPart(name);
        }
    }
}

/// <summary>One of those that answer, with its model found.</summary>
/// <param name="Name">Its name; null for the only one of a run without agents.</param>
/// <param name="Model">Its model.</param>
/// <param name="System">What it is told before all else.</param>
internal sealed record RunAgent(string? Name, ResolvedModel Model, string? System)
{
    /// <summary>What it may call.</summary>
    public IReadOnlyList<Tool> Tools { get; init; } = [];

    /// <summary>What it is for, in the eyes of those that may hand over to it.</summary>
    public string? Description { get; init; }

    /// <summary>The names of those that it may hand over to.</summary>
    public IReadOnlyList<string> HandOver { get; init; } = [];

    /// <summary>The models that are asked, in turn, where its own gives no answer.</summary>
    public IReadOnlyList<ResolvedModel> Others { get; init; } = [];

    /// <summary>Why its model is not the one that was meant; null where it is.</summary>
    public FailOverEvent? Passed { get; init; }
}
