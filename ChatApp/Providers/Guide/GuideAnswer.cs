namespace ChatApp.Providers.Guide;

/// <summary>What the guide says, what it thinks before, and the sections it rests on.</summary>
internal sealed record GuideAnswer(string Text, string? Reasoning = null)
{
    public IReadOnlyList<GuideSection> Sources { get; init; } = [];

    /// <summary>What it asks of tools before it can answer; the text is then empty.</summary>
    public IReadOnlyList<GuideTask> Tasks { get; init; } = [];
}
