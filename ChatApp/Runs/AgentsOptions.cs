using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>
/// Sections <c>ChatApp:Agents</c> and <c>ChatApp:Teams</c>. Read by hand: the binder passes over misspelt names in silence, and makes no difference between a list
/// that is empty and one that is not there.
/// </summary>
public sealed class AgentsOptions
{
    public const string Section = "ChatApp:Agents";

    private static readonly string[] Known = [nameof(AgentOptions.Model), nameof(AgentOptions.System), nameof(AgentOptions.Description), nameof(AgentOptions.Tools), nameof(AgentOptions.HandOver)];
    private static readonly string[] KnownOfTeams = [nameof(TeamOptions.Agents), nameof(TeamOptions.Mode), nameof(TeamOptions.Description)];

    /// <summary>The agents by name.</summary>
    internal IDictionary<string, AgentOptions> Agents { get; } = new Dictionary<string, AgentOptions>(StringComparer.Ordinal);

    /// <summary>The teams by name.</summary>
    internal IDictionary<string, TeamOptions> Teams { get; } = new Dictionary<string, TeamOptions>(StringComparer.Ordinal);

    /// <summary>What is wrong with the settings themselves.</summary>
    internal List<string> Problems { get; } = [];

    internal void Read(IConfiguration settings)
    {
        foreach (var entry in settings.GetSection(Section).GetChildren())
        {
            CheckNames(entry, Known, "an agent");
            Agents[entry.Key] = new AgentOptions
            {
                Model = Text(entry[nameof(AgentOptions.Model)]),
                System = Text(entry[nameof(AgentOptions.System)]),
                Description = Text(entry[nameof(AgentOptions.Description)]),
                Tools = List(entry.GetSection(nameof(AgentOptions.Tools))),
                HandOver = List(entry.GetSection(nameof(AgentOptions.HandOver))) ?? [],
            };
        }

        foreach (var entry in settings.GetSection(TeamsOptions.Section).GetChildren())
        {
            CheckNames(entry, KnownOfTeams, "a team");
            Teams[entry.Key] = new TeamOptions
            {
                Agents = List(entry.GetSection(nameof(TeamOptions.Agents))) ?? [],
                Mode = ReadMode(entry),
                Description = Text(entry[nameof(TeamOptions.Description)]),
            };
        }
    }

    private AgentMode ReadMode(IConfigurationSection entry)
    {
        var value = entry[nameof(TeamOptions.Mode)];
        if (string.IsNullOrWhiteSpace(value) || string.Equals(value, "sequence", StringComparison.OrdinalIgnoreCase))
        {
            return AgentMode.Sequence;
        }

        if (!string.Equals(value, "parallel", StringComparison.OrdinalIgnoreCase))
        {
            Problems.Add($"{entry.Path}:{nameof(TeamOptions.Mode)} is neither sequence nor parallel. Write one of the two.");
        }

        return AgentMode.Parallel;
    }

    private void CheckNames(IConfigurationSection entry, string[] known, string what)
    {
        foreach (var child in entry.GetChildren().Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            Problems.Add($"{child.Path} is no setting of {what}. Use one of: {string.Join(", ", known)}.");
        }
    }

    private static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    // A list, or, as environment variables hold it, one text with commas. Null where it is not there: an empty list is one.
    private static string[]? List(IConfigurationSection section) => section.GetChildren().Any() ? [.. section.GetChildren().Select(child => child.Value ?? "")]
        : section.Value?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>A configured agent.</summary>
public sealed class AgentOptions
{
    /// <summary>The id of its model; null for the request's, or the default one.</summary>
    public string? Model { get; init; }

    /// <summary>What it is told before all else.</summary>
    public string? System { get; init; }

    /// <summary>What it is for, for people and for agents that may hand over to it.</summary>
    public string? Description { get; init; }

    /// <summary>The names of its tools; null for the request's, or the default ones.</summary>
    public IReadOnlyList<string>? Tools { get; init; }

    /// <summary>The names of the agents that it may hand over to.</summary>
    public IReadOnlyList<string> HandOver { get; init; } = [];
}

/// <summary>Section <c>ChatApp:Teams</c>: a <see cref="TeamOptions"/> by each name.</summary>
internal static class TeamsOptions
{
    public const string Section = "ChatApp:Teams";
}

/// <summary>Agents that answer together.</summary>
public sealed class TeamOptions
{
    /// <summary>The names of its agents; one that is named twice answers twice.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];

    /// <summary>Whether they answer in turn or at once.</summary>
    public AgentMode Mode { get; init; }

    /// <summary>What it is for, for people.</summary>
    public string? Description { get; init; }
}

internal sealed class AgentsOptionsValidator : IValidateOptions<AgentsOptions>
{
    private const int MaxName = 64;

    public ValidateOptionsResult Validate(string? name, AgentsOptions options)
    {
        var problems = new List<string>(options.Problems);
        foreach (var (agent, settings) in options.Agents)
        {
            var path = $"{AgentsOptions.Section}:{agent}";
            CheckName(agent, path, problems);
            if (settings.System is null)
            {
                problems.Add($"{path}:{nameof(settings.System)} is missing. Write what the agent is told before all else.");
            }

            if (settings.Model?.StartsWith(AgentCatalog.Prefix, StringComparison.Ordinal) == true)
            {
                problems.Add($"{path}:{nameof(settings.Model)} is an agent. Write the id of a model.");
            }

            CheckAgents(settings.HandOver, $"{path}:{nameof(settings.HandOver)}", options, problems);
            if (settings.HandOver.Contains(agent, StringComparer.Ordinal))
            {
                problems.Add($"{path}:{nameof(settings.HandOver)} names the agent itself. Name others.");
            }
        }

        foreach (var (team, settings) in options.Teams)
        {
            var path = $"{TeamsOptions.Section}:{team}";
            CheckName(team, path, problems);
            if (options.Agents.ContainsKey(team))
            {
                problems.Add($"{path} has the name of an agent, and both would be {AgentCatalog.Prefix}{team}. Rename one.");
            }

            if (settings.Agents.Count is 0 or > RunRequest.MaxAgents)
            {
                problems.Add($"{path}:{nameof(settings.Agents)} must name 1 to {RunRequest.MaxAgents} agents.");
            }

            CheckAgents(settings.Agents, $"{path}:{nameof(settings.Agents)}", options, problems);
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void CheckName(string name, string path, List<string> problems)
    {
        if (name.Length > MaxName || name.Trim().Length != name.Length || name.Any(c => char.IsControl(c) || c is '/' or '(' or ')'))
        {
            problems.Add($"{path} must have a name of at most {MaxName} characters without / and brackets, which ids and parts of answers use.");
        }
    }

    private static void CheckAgents(IReadOnlyList<string> names, string path, AgentsOptions options, List<string> problems)
    {
        foreach (var name in names.Where(name => !options.Agents.ContainsKey(name)).Distinct(StringComparer.Ordinal))
        {
            problems.Add($"{path} names '{name}', which is no agent. {(options.Agents.Count == 0 ? $"There are none in {AgentsOptions.Section}" : $"There are: {string.Join(", ", options.Agents.Keys)}")}.");
        }
    }
}
