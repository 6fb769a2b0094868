using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace ChatApp.Tools;

/// <summary>A function that a model may ask for, and what surrounds it.</summary>
/// <param name="Function">The function: its name, which is unique, its description and its JSON schema are what the model is told.</param>
public sealed record Tool(AIFunction Function)
{
    /// <summary>The name that models, requests and settings use.</summary>
    public string Name => Function.Name;

    /// <summary>Where it comes from, for people: <c>built in</c>, or the name of an MCP server.</summary>
    public string Source { get; init; } = "built in";

    /// <summary>What people call it; null for its <see cref="Name"/>.</summary>
    public string? Title { get; init; }

    /// <summary>Whether it is used where neither the request, the agent nor the model's provider names its tools.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whether somebody has to say yes before it is called.</summary>
    public ToolApproval Approval { get; init; }

    /// <summary>How long one call may take; null for the configured time.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Equal for equal definitions: an approval given once holds for the definition it was given for, and for no later one.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Function.Name}\0{Function.Description}\0{Function.JsonSchema.GetRawText()}")).AsSpan(0, 16));
}

/// <summary>Who has to say yes before a tool is called.</summary>
public enum ToolApproval
{
    /// <summary>Nobody: it only looks.</summary>
    Never,

    /// <summary>Whoever asked, the first time in a conversation, or in a run that belongs to none.</summary>
    Once,

    /// <summary>Whoever asked, each time.</summary>
    Always,
}
