using System.Text.Json;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>What a run was asked, stored when it begins to wait for a person, so that another process can go on with it. As JSON it is stored: a name given here may not change.</summary>
internal sealed record StoredRequest
{
    private static readonly JsonSerializerOptions Json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false, MaxDepth = 128 };

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    public string? Model { get; init; }

    public ChatOptions? Options { get; init; }

    /// <summary>The asker's own tools, which <see cref="Options"/> does not keep.</summary>
    public IReadOnlyList<StoredTool>? ClientTools { get; init; }

    public IReadOnlyList<string>? Tools { get; init; }

    public IReadOnlyList<string>? Approved { get; init; }

    public bool CanApprove { get; init; }

    public IReadOnlyList<AgentRequest>? Agents { get; init; }

    public bool IsParallel { get; init; }

    /// <summary>The definitions of the tools by name, as they were then.</summary>
    public IReadOnlyDictionary<string, string>? Fingerprints { get; init; }

    public IReadOnlyList<KeptContents>? Kept { get; init; }

    /// <summary>The names of the asker's own tools.</summary>
    public IReadOnlyCollection<string> ClientNames => ClientTools is null ? [] : [.. ClientTools.Select(tool => tool.Name)];

    public static string Write(RunRequest request, IEnumerable<RunAgent> agents, IReadOnlyList<KeptContents> kept) => JsonSerializer.Serialize(
        new StoredRequest
        {
            Messages = request.Messages,
            Model = request.Model,
            Options = request.Options,
            ClientTools = request.Options?.Tools?.OfType<AIFunctionDeclaration>().Select(tool => new StoredTool(tool.Name, tool.Description, tool.JsonSchema)).ToList(),
            Tools = request.Tools,
            Approved = [.. request.Approved],
            CanApprove = request.CanApprove,
            Agents = request.Agents,
            IsParallel = request.AgentMode == AgentMode.Parallel,
            Fingerprints = agents.SelectMany(agent => agent.Tools).DistinctBy(tool => tool.Name, StringComparer.Ordinal).ToDictionary(tool => tool.Name, tool => tool.Fingerprint, StringComparer.Ordinal),
            Kept = kept,
        },
        Json);

    /// <returns>Null where it can't be read: damaged, or of a later version.</returns>
    public static StoredRequest? Read(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<StoredRequest>(json, Json);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The request again, to go on with.</summary>
    public RunRequest ToRequest(Run run, Caller caller)
    {
        var options = Options;
        foreach (var (key, value) in options?.AdditionalProperties?.ToList() ?? [])
        {
            // As it was before it was JSON.
            options!.AdditionalProperties![key] = value is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString() : value;
        }

        if (ClientTools is { Count: > 0 })
        {
            options ??= new ChatOptions();
            options.Tools = [.. ClientTools.Select(tool => AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Schema))];
        }

        return new RunRequest
        {
            Messages = Messages,
            Model = Model,
            Options = options,
            Tools = Tools,
            Approved = Approved ?? [],
            CanApprove = CanApprove,
            Agents = Agents ?? [],
            AgentMode = IsParallel ? AgentMode.Parallel : AgentMode.Sequence,
            ConversationId = run.ConversationId,
            MessageId = run.MessageId,
            OnDisconnect = DisconnectPolicy.Continue,
            Caller = caller,
            IsStreamed = false,
            IsResumed = true,
        };
    }
}

/// <summary>A tool of the asker's own.</summary>
internal sealed record StoredTool(string Name, string? Description, JsonElement Schema);
