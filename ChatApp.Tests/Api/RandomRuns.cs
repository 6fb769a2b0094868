using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Api;

/// <summary>Runs made of any events in any order, and what a format writes for them.</summary>
internal static class RandomRuns
{
    private const string RunId = "0199a1b2c3d47e5f8091a2b3c4d5e6f7";

    private static readonly string?[] Agents = [null, null, "red", "blue", ""];
    private static readonly string[] Pieces = ["", "Hel", "lo\r\n\n", "data: [DONE]", "👋", "\u2028\"\\"];
    private static readonly string[] Fragments = ["", "{", "\"a\":", "1}", "\ud83d"];
    private static readonly string[] Ids = ["", "call_1", "call_2", "call_3"];

    /// <summary>The run of a seed: first a beginning, then anything, then an end.</summary>
    public static List<RunEvent> Make(int seed)
    {
        var random = new Random(seed);
        var agents = random.Next(2) == 0 ? [null] : Agents;
        List<RunEvent> events = [new ConnectedEvent(RunId, "fake/model", random.Next(2) == 0 ? "c1" : null)];
        for (var left = random.Next(40); left > 0; left--)
        {
            events.Add(Any(random) with { Agent = Pick(random, agents) });
        }

        var state = Pick(random, [RunState.Completed, RunState.Cancelled, RunState.Incomplete, RunState.Failed, RunState.Interrupted]);
        if (random.Next(2) == 0)
        {
            events.Add(new ErrorEvent(new RunProblem("upstream-error", "The provider failed", 502, "It failed. Try again.")));
        }

        if (random.Next(3) > 0)
        {
            events.Add(new StepEvent(1, RunStep.Done));
        }

        ChatFinishReason?[] finishes = [null, ChatFinishReason.Stop, ChatFinishReason.Length, ChatFinishReason.ToolCalls, ChatFinishReason.ContentFilter, new("odd")];
        events.Add(new DoneEvent(state, new RunUsage(1, 2, Estimated: true), new RunMetrics { Tokens = 2 }, Pick(random, finishes)));
        events.Add(new CompleteEvent(2, 1));
        return [.. events.Select((@event, i) => @event with { Seq = i + 1 })];
    }

    /// <summary>The same run as a reader that fell behind gets it: neighbouring pieces of one text are one, under the last one's number.</summary>
    public static List<RunEvent> Merged(IEnumerable<RunEvent> events)
    {
        var merged = new List<RunEvent>();
        foreach (var @event in events)
        {
            switch ((merged.LastOrDefault(), @event))
            {
                case (TokenEvent last, TokenEvent next) when last.Agent == next.Agent:
                    merged[^1] = next with { Content = last.Content + next.Content };
                    break;
                case (ReasoningEvent last, ReasoningEvent next) when last.Agent == next.Agent:
                    merged[^1] = next with { Content = last.Content + next.Content };
                    break;
                default:
                    merged.Add(@event);
                    break;
            }
        }

        return merged;
    }

    /// <summary>Every JSON object a format writes for the events, and then perhaps for a server that goes away; what is no JSON comes as a string.</summary>
    public static List<JsonElement> Write(IRunFormatKind kind, IEnumerable<RunEvent> events, bool goodbye = false)
    {
        var connected = events.OfType<ConnectedEvent>().FirstOrDefault() ?? new ConnectedEvent(RunId, "fake/model", null);
        var run = new Run(connected.RunId, connected.Model, new RunRequest { Messages = [], ConversationId = connected.ConversationId }, new FakeTime());
        var output = new ArrayBufferWriter<byte>();
        using var format = kind.Create(run, new QueryCollection());
        foreach (var @event in events)
        {
            format.Write(@event, output);
        }

        if (goodbye)
        {
            format.WriteGoodbye(Goodbye.Shutdown, TimeSpan.FromSeconds(2), output);
        }

        return Read(Encoding.UTF8.GetString(output.WrittenSpan));
    }

    /// <summary>The frames of a stream: one line of data each.</summary>
    public static List<JsonElement> Read(string stream)
    {
        Assert.DoesNotContain('\r', stream);
        Assert.EndsWith("\n\n", stream, StringComparison.Ordinal);
        var frames = stream.Split("\n\n")[..^1];
        Assert.All(frames, frame => Assert.StartsWith("data: ", frame, StringComparison.Ordinal));
        return [.. frames.Select(frame => frame[6..]).Select(data => JsonElement.Parse(data == "[DONE]" ? "\"[DONE]\"" : data))];
    }

    private static RunEvent Any(Random random) => random.Next(18) switch
    {
        0 or 1 => new TokenEvent(Pick(random, Pieces)),
        2 => new ReasoningEvent(Pick(random, Pieces)),
        3 or 4 => new StepEvent(random.Next(1, 3), Pick(random, [RunStep.Model, RunStep.Model, RunStep.Tools, RunStep.Done])),
        5 or 6 or 7 => new ToolCallDeltaEvent(random.Next(2), Pick(random, Fragments), Pick(random, [null, .. Ids]), Pick(random, [null, "clock"])),
        8 => new ToolCallEvent(Pick(random, Ids), "clock", JsonElement.Parse("""{"a":1}""")),
        9 => new ToolResultEvent(Pick(random, Ids), "clock", Pick(random, Pieces), random.Next(2) == 0, 1.5),
        10 => new SourceEvent("https://example.org/", "Example"),
        11 => random.Next(2) == 0 ? new AgentStartEvent() : new AgentEndEvent(),
        12 => new ThinkingEvent("Searching"),
        13 => random.Next(2) == 0 ? new ProgressEvent(50, "1 of 2") : new RetryEvent(1, 500, "It answered 503"),
        14 => new MetricsEvent(new RunMetrics { Tokens = 1 }),
        15 => new ApprovalRequestEvent($"a{random.Next(3)}", Pick(random, Ids), "clock", JsonElement.Parse("""{"a":1}"""), random.Next(2) == 0),
        16 => new ApprovalResponseEvent($"a{random.Next(3)}", Pick(random, Ids), random.Next(2) == 0, Pick(random, [null, "No."])),
        _ => random.Next(2) == 0 ? new StallEvent(4000) : new FailOverEvent("fake/model", "fake/other", "It answered 503"),
    };

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
