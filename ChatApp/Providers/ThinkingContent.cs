using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>Says what is being done before there is anything to read.</summary>
/// <param name="message">What, for people: <c>Searching the documentation</c>.</param>
public sealed class ThinkingContent(string message) : AIContent
{
    /// <summary>What, for people.</summary>
    public string Message { get; } = message;
}
