using ChatApp.Providers;
using ChatApp.Tools;

namespace ChatApp.Runs;

/// <summary>Who answers a request: the models, the agents, and those that stand in for them.</summary>
public sealed partial class RunHost
{
    private Asked Ask(RunRequest request)
    {
        if (_agents?.Find(request.Model) is not { } set)
        {
            var model = Choose(request.Model);
            return request.Agents is []
                ? new Asked(model.Id, request, [Agent(request, () => model, new AgentRequest("", null, null)) with { Name = null }])
                : Ask(request, model.Id, () => model);
        }

        // Whoever names agents of their own asks these, each of which may have a model of its own.
        var asked = request.Agents is [] ? request with { Agents = set.Agents, AgentMode = set.Mode } : request;
        return Ask(asked, set.Id, () => Choose(null));
    }

    private Asked Ask(RunRequest request, string id, Func<Choice> standard)
    {
        var agents = request.Agents.Select(agent => Agent(request, standard, agent)).ToList();
        return new Asked(id, request, agents) { Others = HandedTo(request, standard, agents) };
    }

    // Those that agents may hand over to, and those that these may. One whose model can't be had now is left out.
    private Dictionary<string, RunAgent> HandedTo(RunRequest request, Func<Choice> standard, List<RunAgent> agents)
    {
        var others = new Dictionary<string, RunAgent>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var names = new Queue<string>(agents.SelectMany(agent => agent.HandOver));
        while (names.TryDequeue(out var name))
        {
            if (!seen.Add(name))
            {
                continue;
            }

            try
            {
                // As the request has it, where it has one of that name.
                var agent = agents.Find(agent => agent.Name == name) ?? Agent(request, standard, new AgentRequest(name, null, null));
                others[name] = agent;
                foreach (var next in agent.HandOver)
                {
                    names.Enqueue(next);
                }
            }
            catch (Exception exception) when (exception is UnknownModelException or ProviderUnavailableException)
            {
                Log.NoAgent(_logger, name);
            }
        }

        return others;
    }

    private RunAgent Agent(RunRequest request, Func<Choice> standard, AgentRequest agent)
    {
        var known = agent.Name.Length > 0 ? _agents?.Get(agent.Name) : null;
        var choice = (agent.Model ?? known?.Model) is { } model ? Choose(model) : standard();
        return new RunAgent(agent.Name, choice.Model, agent.System ?? known?.System)
        {
            Tools = ToolsOf(request, agent, known, choice.Model),
            Description = known?.Description,
            HandOver = known?.HandOver ?? [],
            Others = choice.Others,
            Passed = choice.Passed,
        };
    }

    private IReadOnlyList<Tool> ToolsOf(RunRequest request, AgentRequest agent, AgentOptions? known, ResolvedModel model)
    {
        if (_tools is null || agent.Tools is not null || known?.Tools is not { } own)
        {
            // Whoever asks is told of a name that nothing has. Of those of the settings, one that is not there now, its server being down, is none.
            var asked = agent.Tools ?? request.Tools;
            return _tools?.Pick(asked ?? model.Tools ?? (request.HasDefaultTools ? null : []), passOver: asked is null || request.IsResumed) ?? [];
        }

        // An agent has no more than its own, and of those the ones that are switched on.
        var allowed = request.Tools is null ? _tools.All : _tools.Pick(request.Tools, request.IsResumed);
        return [.. allowed.Where(tool => own.Contains(tool.Name))];
    }

    /// <exception cref="UnknownModelException">There is no such model.</exception>
    /// <exception cref="ProviderUnavailableException">Its provider can't be used now, nor can that of any other that may stand in.</exception>
    private Choice Choose(string? id)
    {
        try
        {
            var model = _catalog.Resolve(id);
            return new Choice(model.Id, model, [.. OthersOf(model.Id)], null);
        }
        catch (ProviderUnavailableException exception)
        {
            var asked = string.IsNullOrWhiteSpace(id) ? _catalog.DefaultModel : id;
            var others = OthersOf(asked).ToList();
            if (others.Count == 0)
            {
                throw;
            }

            return new Choice(asked, others[0], others[1..], new FailOverEvent(asked, others[0].Id, exception.Message));
        }
    }

    // Those that can be had now.
    private IEnumerable<ResolvedModel> OthersOf(string model)
    {
        foreach (var id in _options.FailOver.Of(model).Where(id => id != model).Distinct(StringComparer.Ordinal))
        {
            ResolvedModel? other = null;
            try
            {
                other = _catalog.Resolve(id);
            }
            catch (Exception exception) when (exception is UnknownModelException or ProviderUnavailableException)
            {
                Log.NoOther(_logger, id.Split('/')[0]);
            }

            if (other is not null && other.Id != model)
            {
                yield return other;
            }
        }
    }

    /// <param name="Model">The id that the run has.</param>
    /// <param name="Request">What is asked.</param>
    /// <param name="Agents">Who answers.</param>
    private sealed record Asked(string Model, RunRequest Request, IReadOnlyList<RunAgent> Agents)
    {
        public IReadOnlyDictionary<string, RunAgent> Others { get; init; } = new Dictionary<string, RunAgent>(StringComparer.Ordinal);
    }

    /// <param name="Id">The id of the model that was asked for.</param>
    /// <param name="Model">The one that is asked first.</param>
    /// <param name="Others">Those after it.</param>
    /// <param name="Passed">Why it is another one; null where it is not.</param>
    private sealed record Choice(string Id, ResolvedModel Model, IReadOnlyList<ResolvedModel> Others, FailOverEvent? Passed);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "No agent can hand over to {Agent} now: its model can't be had")]
        public static partial void NoAgent(ILogger logger, string agent);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A model of {Provider} is named to stand in for others, and can't be had now")]
        public static partial void NoOther(ILogger logger, string provider);
    }
}
