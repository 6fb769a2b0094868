using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatApp.Api;
using ChatApp.Runs;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api;

/// <summary>
/// What every protocol sends for a run, byte for byte. A case is a folder of <c>Traces/</c>: <c>run.jsonl</c> has the run's events in the words of the
/// native protocol, and <c>FORMAT.txt</c> what that format writes. After a change that is meant, <c>RECORD_TRACES=1</c> writes the files anew; read the difference.
/// </summary>
public sealed class TraceTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "ChatApp.Tests", "Api", "Traces");

    public static TheoryData<string> Cases() => [.. Directory.EnumerateDirectories(Folder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Write_RecordedRun_SendsTheRecordedBytes(string name)
    {
        var folder = Path.Combine(Folder, name);
        var lines = (await File.ReadAllLinesAsync(Path.Combine(folder, "run.jsonl"), TestContext.Current.CancellationToken)).Select(line => JsonElement.Parse(line)).ToList();
        var (events, clients, hasTools) = (lines.ConvertAll(Parse), ClientTools(lines), lines[0].TryGetProperty("hasTools", out _));
        await using var app = await TestApp.StartAsync();
        var wrong = new List<string>();
        foreach (var kind in app.Services.GetServices<IRunFormatKind>())
        {
            var file = Path.Combine(folder, $"{kind.Name}.txt");
            var written = Write(kind, events, clients, hasTools);
            if (Environment.GetEnvironmentVariable("RECORD_TRACES") is not null)
            {
                await File.WriteAllTextAsync(file, written, TestContext.Current.CancellationToken);
            }
            else if (!File.Exists(file) || await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken) != written)
            {
                wrong.Add($"{kind.Name} writes:\n{written}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Write_RecordedRunFromTheDatabase_SendsTheSameBytes(string name)
    {
        var lines = (await File.ReadAllLinesAsync(Path.Combine(Folder, name, "run.jsonl"), TestContext.Current.CancellationToken)).Select(line => JsonElement.Parse(line)).ToList();
        var (events, clients, hasTools) = (lines.ConvertAll(Parse), ClientTools(lines), lines[0].TryGetProperty("hasTools", out _));
        // What is stored belongs to a conversation.
        events[0] = ((ConnectedEvent)events[0]) with { ConversationId = "c" };
        var stored = Store(events);
        (stored.ClientTools, stored.HasTools) = (clients, hasTools);
        Assert.Equal(events.Select(@event => (@event.Seq, @event.T, @event.Agent)), Read(stored).Select(@event => (@event.Seq, @event.T, @event.Agent)));
        await using var app = await TestApp.StartAsync();
        foreach (var kind in app.Services.GetServices<IRunFormatKind>())
        {
            Assert.Equal(Write(kind, events, clients, hasTools), Write(kind, stored, Read(stored)));
        }
    }

    // As the journal stores it and another process reads it.
    private static Run Store(List<RunEvent> events)
    {
        var connected = (ConnectedEvent)events[0];
        var log = new RunLog();
        foreach (var @event in events)
        {
            if (@event is TokenEvent or ReasoningEvent)
            {
                var part = log.Parts.Find(part => part.Agent == @event.Agent);
                if (part is null)
                {
                    log.Parts.Add(part = new RunPart((byte)log.Parts.Count, @event.Agent));
                }

                log.Add(part, (@event as TokenEvent)?.Content ?? ((ReasoningEvent)@event).Content, @event is ReasoningEvent, @event.T);
            }
            else
            {
                log.Add(@event, @event.T);
            }
        }

        var time = new FakeTime();
        var row = new RunRow
        {
            Id = connected.RunId,
            ConversationId = "c",
            MessageId = "m",
            Owner = "",
            Model = connected.Model,
            State = "completed",
            Node = "",
            Created = time.GetUtcNow(),
        };
        return Run.OfEvents(row, [new RunBatch(row.Id, 1, events.Count, log.Record(0))], time);
    }

    // One by one, so that no two pieces of text come as one.
    private static List<RunEvent> Read(Run run)
    {
        var events = new List<RunEvent>();
        for (var seq = 0L; seq < run.Seq; seq++)
        {
            run.Read(seq, events, upTo: seq + 1);
        }

        return events;
    }

    private static string Write(IRunFormatKind kind, List<RunEvent> events, IReadOnlySet<string> clients, bool hasTools)
    {
        var connected = (ConnectedEvent)events[0];
        var run = new Run(connected.RunId, connected.Model, new RunRequest { Messages = [], ConversationId = connected.ConversationId }, new FakeTime()) { ClientTools = clients, HasTools = hasTools };
        return Write(kind, run, events);
    }

    // Not a word of the native protocol; a trace says with its first event which tools are the client's.
    private static HashSet<string> ClientTools(List<JsonElement> lines) =>
        lines[0].TryGetProperty("clientTools", out var names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];

    private static string Write(IRunFormatKind kind, Run run, List<RunEvent> events)
    {
        var output = new ArrayBufferWriter<byte>();
        using var format = kind.Create(run, new QueryCollection());
        foreach (var @event in events)
        {
            format.Write(@event, output);
        }

        // A run that waits for a person stands still at its last event.
        if (format.IsPaused)
        {
            format.WritePause(output);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static RunEvent Parse(JsonElement json)
    {
        RunEvent @event = Text("type") switch
        {
            "connected" => new ConnectedEvent(Text("runId")!, Text("model")!, Text("conversationId")),
            "agent-start" => new AgentStartEvent(),
            "agent-end" => new AgentEndEvent(),
            "thinking" => new ThinkingEvent(Text("message")!),
            "progress" => new ProgressEvent(Number("percent"), Text("step")!, Text("toolCallId")),
            "approval_request" => new ApprovalRequestEvent(Text("id")!, Text("toolCallId")!, Text("name")!, json.GetProperty("arguments").Clone(), json.GetProperty("once").GetBoolean()),
            "approval_response" => new ApprovalResponseEvent(Text("id")!, Text("toolCallId")!, json.GetProperty("approved").GetBoolean(), Text("reason")),
            "stall" => new StallEvent(Number("afterMs")),
            "fail_over" => new FailOverEvent(Text("from")!, Text("to")!, Text("reason")!),
            "step" => new StepEvent(json.GetProperty("step").GetProperty("index").GetInt32(), Enum.Parse<RunStep>(json.GetProperty("step").GetProperty("state").GetString()!, ignoreCase: true)),
            "reasoning" => new ReasoningEvent(Text("content")!),
            "token" => new TokenEvent(Text("content")!),
            "tool_call_delta" => new ToolCallDeltaEvent((int)Number("index"), Text("arguments")!, Text("id"), Text("name")),
            "tool_call" => new ToolCallEvent(Text("id")!, Text("name")!, json.GetProperty("arguments").Clone()),
            "tool_result" => new ToolResultEvent(Text("id")!, Text("name")!, Text("content")!, json.GetProperty("isError").GetBoolean(), Number("ms")),
            "source" => new SourceEvent(Text("url")!, Text("title")!),
            "retry" => new RetryEvent((int)Number("attempt"), Number("afterMs"), Text("reason")!),
            "metrics" => new MetricsEvent(Metrics(json)),
            "error" => new ErrorEvent(Problem(json.GetProperty("problem"))),
            "done" => new DoneEvent(Enum.Parse<RunState>(Text("reason")!, ignoreCase: true), Usage(json.GetProperty("usage")), Metrics(json.GetProperty("metrics")), Finish()),
            "complete" => new CompleteEvent((int)Number("tokens"), Number("durationMs")),
            var other => throw new InvalidOperationException($"There is no event {other}."),
        };
        return @event with { Seq = json.GetProperty("seq").GetInt64(), T = Number("t"), Agent = Text("agent") };

        string? Text(string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

        double Number(string name) => json.GetProperty(name).GetDouble();

        // Not a word of the native protocol; a trace says it beside the rest.
        ChatFinishReason? Finish() => Text("finish") is { } finish ? new ChatFinishReason(finish) : null;
    }

    private static RunMetrics Metrics(JsonElement json) => new()
    {
        TtftMs = json.TryGetProperty("ttftMs", out var first) ? first.GetDouble() : null,
        Tokens = json.GetProperty("tokens").GetInt32(),
        TokensPerSecond = json.TryGetProperty("tokensPerSecond", out var rate) ? rate.GetDouble() : null,
        DurationMs = json.GetProperty("durationMs").GetDouble(),
        Steps = json.GetProperty("steps").GetInt32(),
    };

    private static RunUsage Usage(JsonElement json) =>
        new(json.GetProperty("inputTokens").GetInt32(), json.GetProperty("outputTokens").GetInt32(), json.TryGetProperty("estimated", out var estimated) && estimated.GetBoolean());

    private static RunProblem Problem(JsonElement json) =>
        new(json.GetProperty("type").GetString()!.Split(':')[^1], json.GetProperty("title").GetString()!, json.GetProperty("status").GetInt32(), json.GetProperty("detail").GetString()!);
}
