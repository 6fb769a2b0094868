using System.Text.Json;
using ChatApp.Api;
using ChatApp.Api.AgUi;
using ChatApp.Api.AiSdk;
using ChatApp.Runs;
using ChatApp.Tests.Api.AgUi;
using ChatApp.Tests.Api.AiSdk;
using ChatApp.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace ChatApp.Tests.Api;

/// <summary>Whatever a run's events are, in whatever order: the streams obey their clients' rules.</summary>
public sealed class PartFormatTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Fact]
    public void AiSdk_AnyRun_ObeysTheClient() => Check(events => AiSdkRules.Check(RandomRuns.Write(new AiSdkFormat.Kind(), events), cut: false));

    [Fact]
    public void AiSdk_AnyRunCutByAShutdown_ObeysTheClient() =>
        Check(events => AiSdkRules.Check(RandomRuns.Write(new AiSdkFormat.Kind(), events.SkipLast(2), goodbye: true), cut: true));

    [Fact]
    public void AgUi_AnyRun_ObeysTheClient() => Check(events => AgUiRules.Check(RandomRuns.Write(new AgUiFormat.Kind(), events)));

    [Fact]
    public void AgUi_AnyRunCutByAShutdown_ObeysTheClient() =>
        Check(events => AgUiRules.Check(RandomRuns.Write(new AgUiFormat.Kind(), events.SkipLast(2), goodbye: true)));

    [Fact]
    public void AnyFormat_RunReadFromACursorOn_ObeysTheClient() => Check(events =>
    {
        var rest = events.Skip(events.Count / 2).ToList();
        AiSdkRules.Check(RandomRuns.Write(new AiSdkFormat.Kind(), rest), cut: false);
        AgUiRules.Check(RandomRuns.Write(new AgUiFormat.Kind(), rest));
    });

    [Fact]
    public void AiSdk_PiecesMerged_SaysTheSame() => Check(events => AssertSame(new AiSdkFormat.Kind(), events));

    [Fact]
    public void AgUi_PiecesMerged_SaysTheSame() => Check(events => AssertSame(new AgUiFormat.Kind(), events));

    [Fact]
    public void AiSdk_AnyRun_SaysEveryPiece() => Check(events =>
    {
        var frames = RandomRuns.Write(new AiSdkFormat.Kind(), events);
        Assert.Equal(string.Concat(events.OfType<TokenEvent>().Select(token => token.Content)), Pieces(frames, "text-delta"));
        Assert.Equal(string.Concat(events.OfType<ReasoningEvent>().Select(token => token.Content)), Pieces(frames, "reasoning-delta"));
    });

    [Fact]
    public void AgUi_AnyRun_SaysEveryPiece() => Check(events =>
    {
        var frames = RandomRuns.Write(new AgUiFormat.Kind(), events);
        Assert.Equal(string.Concat(events.OfType<TokenEvent>().Select(token => token.Content)), Pieces(frames, "TEXT_MESSAGE_CONTENT"));
        Assert.Equal(string.Concat(events.OfType<ReasoningEvent>().Select(token => token.Content)), Pieces(frames, "REASONING_MESSAGE_CONTENT"));
    });

    /// <summary>The rules are written down from the clients; this says that the clients agree.</summary>
    [Fact]
    public async Task AnyRun_ToTheClientsThemselves_IsRefusedByNone()
    {
        var runs = Enumerable.Range(0, 150).Select(seed => (Events: RandomRuns.Make(seed), Goodbye: seed % 5 == 0)).ToList();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { aiSdk = Write(new AiSdkFormat.Kind()), agUi = Write(new AgUiFormat.Kind()) }), TestContext.Current.CancellationToken);
            var seen = await NodeClient.RunAsync("any-run.mjs", new Uri("http://localhost"), file);

            Assert.Equal("""{"refused":[],"warnings":[]}""", seen.GetRawText());
        }
        finally
        {
            File.Delete(file);
        }

        IEnumerable<List<JsonElement>> Write(IRunFormatKind kind) =>
            runs.Select(run => RandomRuns.Write(kind, run.Goodbye ? run.Events.SkipLast(2) : run.Events, run.Goodbye));
    }

    private static string Pieces(List<JsonElement> frames, string type) => string.Concat(
        frames.Where(frame => frame.ValueKind == JsonValueKind.Object && frame.GetProperty("type").GetString() == type).Select(frame => frame.GetProperty("delta").GetString()));

    private static void AssertSame(IRunFormatKind kind, List<RunEvent> events) =>
        Assert.Equal(Merged(RandomRuns.Write(kind, events)), Merged(RandomRuns.Write(kind, RandomRuns.Merged(events))));

    // Neighbouring pieces of one part as one.
    private static List<string> Merged(List<JsonElement> frames)
    {
        var merged = new List<(string Key, string Text)>();
        foreach (var frame in frames)
        {
            var isPiece = frame.ValueKind == JsonValueKind.Object && frame.TryGetProperty("delta", out _) && !frame.TryGetProperty("toolCallId", out _);
            var key = isPiece ? string.Join(' ', frame.EnumerateObject().Where(property => property.Name != "delta").Select(property => property.Value)) : "";
            var text = isPiece ? frame.GetProperty("delta").GetString()! : frame.GetRawText();
            if (isPiece && merged is [.., var last] && last.Key == key)
            {
                merged[^1] = (key, last.Text + text);
            }
            else
            {
                merged.Add((key, text));
            }
        }

        return [.. merged.Select(frame => frame.Key + frame.Text)];
    }

    private static void Check(Action<List<RunEvent>> check) => Prop.ForAll(Seeds, seed => check(RandomRuns.Make(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
