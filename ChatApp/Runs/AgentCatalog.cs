using ChatApp.Providers;
using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>The configured agents and teams. Each has an id, <c>agents/NAME</c>, that stands wherever a model's id does.</summary>
public sealed class AgentCatalog(IOptions<AgentsOptions> options, IModelCatalog models)
{
    /// <summary>What their ids begin with; no provider has that name.</summary>
    internal const string Prefix = $"{Provider}/";

    private const string Provider = "agents";

    /// <summary>All of them, teams after agents, each in the order of their names.</summary>
    public IReadOnlyList<ModelInfo> All { get; } =
    [
        .. options.Value.Agents.OrderBy(agent => agent.Key, StringComparer.Ordinal).Select(agent => Info(agent.Key, agent.Value.Description)),
        .. options.Value.Teams.OrderBy(team => team.Key, StringComparer.Ordinal).Select(team => Info(team.Key, team.Value.Description)),
    ];

    /// <summary>All models to offer, and after them the agents and teams.</summary>
    public async ValueTask<IReadOnlyList<ModelInfo>> ListAsync(CancellationToken cancellationToken) => [.. await models.ListAsync(cancellationToken), .. All];

    /// <summary>The whole id of a model, an agent or a team.</summary>
    /// <exception cref="UnknownModelException">There is none of that id.</exception>
    /// <exception cref="ProviderUnavailableException">Its provider can't be used now.</exception>
    public string Resolve(string? id) => Find(id)?.Id ?? models.Resolve(id).Id;

    /// <summary>Who answers for an id; null for that of a model.</summary>
    /// <exception cref="UnknownModelException">It is an agent's, and there is none of that name.</exception>
    internal AgentSet? Find(string? id)
    {
        if (id?.StartsWith(Prefix, StringComparison.Ordinal) != true)
        {
            return null;
        }

        var name = id[Prefix.Length..];
        if (options.Value.Teams.TryGetValue(name, out var team))
        {
            return new AgentSet(id, [.. team.Agents.Select(agent => new AgentRequest(agent, null, null))], team.Mode);
        }

        return options.Value.Agents.ContainsKey(name) ? new AgentSet(id, [new AgentRequest(name, null, null)], AgentMode.Sequence)
            : throw new UnknownModelException($"There is no agent '{(name.Length <= 100 ? name : $"{name[..100]}…")}'. "
                + (All is [] ? $"There are none: add it to {AgentsOptions.Section}." : $"There are: {string.Join(", ", All.Select(one => one.Id))}."));
    }

    /// <summary>The configured agent of that name; null where there is none.</summary>
    internal AgentOptions? Get(string name) => options.Value.Agents.TryGetValue(name, out var agent) ? agent : null;

    private static ModelInfo Info(string name, string? description) => new($"{Prefix}{name}", Provider, name) { Description = description };
}

/// <summary>Those who answer for one id.</summary>
/// <param name="Id">The id.</param>
/// <param name="Agents">The agents.</param>
/// <param name="Mode">Whether they answer in turn or at once.</param>
internal sealed record AgentSet(string Id, IReadOnlyList<AgentRequest> Agents, AgentMode Mode);
