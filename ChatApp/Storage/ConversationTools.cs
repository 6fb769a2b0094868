using System.Text.Json;

namespace ChatApp.Storage;

/// <summary>What a conversation's owner has decided about tools in it.</summary>
public sealed record ConversationTools
{
    /// <summary>Nothing: the tools are the usual ones, and none is approved for good.</summary>
    public static readonly ConversationTools None = new();

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The names of tools that are not used, though they usually would be.</summary>
    public IReadOnlyList<string> Off { get; init; } = [];

    /// <summary>The names of tools that are used, though they usually would not be.</summary>
    public IReadOnlyList<string> On { get; init; } = [];

    /// <summary>The fingerprints of tools that were approved for good.</summary>
    public IReadOnlyList<string> Approved { get; init; } = [];

    /// <summary>Whether somebody has chosen tools.</summary>
    public bool IsChoice => Off.Count + On.Count > 0;

    /// <summary>With a tool switched on or off.</summary>
    public ConversationTools With(string name, bool isOn) => this with { On = Put(On, name, isOn), Off = Put(Off, name, !isOn) };

    /// <summary>With tools approved for good.</summary>
    public ConversationTools WithApproved(IEnumerable<string> fingerprints) => this with { Approved = [.. Approved.Union(fingerprints, StringComparer.Ordinal)] };

    /// <summary>Whether a tool is used, which usually <paramref name="isUsual"/> is.</summary>
    public bool IsOn(string name, bool isUsual) => !Off.Contains(name, StringComparer.Ordinal) && (isUsual || On.Contains(name, StringComparer.Ordinal));

    /// <summary>As it is stored; null where nothing was decided.</summary>
    internal string? ToJson() => IsChoice || Approved.Count > 0 ? JsonSerializer.Serialize(this, Json) : null;

    internal static ConversationTools FromJson(string? json)
    {
        try
        {
            return json is null ? None : JsonSerializer.Deserialize<ConversationTools>(json, Json) is { Off: not null, On: not null, Approved: not null } tools ? tools : None;
        }
        catch (JsonException)
        {
            // Damaged, or of a later version: as if nothing had been decided.
            return None;
        }
    }

    private static IReadOnlyList<string> Put(IReadOnlyList<string> names, string name, bool isIn) =>
        isIn ? [.. names.Union([name], StringComparer.Ordinal)] : [.. names.Where(one => one != name)];
}
