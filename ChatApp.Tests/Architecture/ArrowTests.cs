using System.Text.RegularExpressions;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Architecture;

/// <summary>Which folder may use which, read from the <c>using</c> lines. The table is docs/architecture.md's.</summary>
public sealed partial class ArrowTests
{
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Telemetry"] = [],
        ["Storage"] = ["Telemetry"],
        ["Providers"] = ["Telemetry"],
        ["Tools"] = ["Telemetry"],
        ["Rendering"] = ["Telemetry"],
        ["Security"] = ["Storage", "Telemetry"],
        ["Runs"] = ["Providers", "Tools", "Storage", "Security", "Telemetry"],
        ["Conversations"] = ["Runs", "Providers", "Tools", "Storage", "Security", "Telemetry"],
        ["Api"] = ["Conversations", "Runs", "Providers", "Tools", "Security", "Telemetry"],
        ["Components"] = ["Conversations", "Runs", "Rendering", "Providers", "Tools", "Security", "Telemetry"],
    };

    // What a single folder below may use besides: a kernel's plugins are tools.
    private static readonly Dictionary<string, string[]> MayUseBesides = new() { ["Providers/SemanticKernel"] = ["Tools"] };

    [Fact]
    public void Usings_OfEveryFolder_FollowTheAllowedArrows()
    {
        var app = Path.Combine(Repository.Root, "ChatApp");
        var wrong =
            from file in Repository.Files("ChatApp", ".cs", ".razor")
            let parts = Path.GetRelativePath(app, file).Split(Path.DirectorySeparatorChar)
            where parts.Length > 1
            from Match use in Using().Matches(File.ReadAllText(file))
            let target = use.Groups["folder"].Value
            where target != parts[0] && !MayUse[parts[0]].Contains(target) && !MayUseBesides.GetValueOrDefault($"{parts[0]}/{parts[1]}", []).Contains(target)
            select $"{Path.GetRelativePath(app, file)} uses {target}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Arrows_OfTheTable_NeverPointBothWays() =>
        Assert.Empty(from pair in MayUse.Concat(MayUseBesides) from target in pair.Value where MayUse[target].Contains(pair.Key.Split('/')[0]) select $"{pair.Key} and {target}");

    // using ChatApp.Runs;   using static ChatApp.Runs.X;   @using ChatApp.Runs   and a name written out in code
    [GeneratedRegex(@"(^|[^\w.])ChatApp\.(?<folder>[A-Z]\w*)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Using();
}
