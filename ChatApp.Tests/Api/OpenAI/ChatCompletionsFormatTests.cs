using System.Text.Json;
using ChatApp.Runs;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Api.OpenAI;

public sealed class ChatCompletionsFormatTests
{
    private static readonly RunUsage Usage = new(9, 3, Estimated: false);
    private static readonly RunProblem Problem = new("upstream-error", "The provider failed", 502, "It \"burns\".\nRetry.");

    [Fact]
    public void Write_Usage_IsNullInEveryChunkButTheExtraOne()
    {
        var chunks = ChatFrames.Write([new TokenEvent("a"), Done()], includeUsage: true).Chunks();

        Assert.All(chunks[..^1], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal("""{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}""", chunks[^1].GetProperty("usage").GetRawText());
        Assert.All(ChatFrames.Write([new TokenEvent("a"), Done()]).Chunks(), chunk => Assert.False(chunk.TryGetProperty("usage", out _)));
    }

    [Theory]
    [InlineData(RunState.Completed, "stop", false, "stop")]
    [InlineData(RunState.Completed, "length", false, "stop")]
    [InlineData(RunState.Completed, null, false, "stop")]
    [InlineData(RunState.Cancelled, null, false, "stop")]
    [InlineData(RunState.Cancelled, "tool_calls", false, "stop")]
    [InlineData(RunState.Incomplete, "length", false, "length")]
    [InlineData(RunState.Incomplete, "content_filter", true, "content_filter")]
    [InlineData(RunState.Incomplete, "stop", true, null)]
    [InlineData(RunState.Incomplete, null, true, null)]
    [InlineData(RunState.Failed, null, true, null)]
    [InlineData(RunState.Interrupted, null, false, null)]
    public void Write_End_HasItsFinishReasonOrAnErrorAndNoDone(RunState state, string? reason, bool problem, string? finish)
    {
        RunEvent[] events = [new TokenEvent("a"), .. problem ? [new ErrorEvent(Problem)] : Array.Empty<RunEvent>(), Done(state, reason)];
        var frames = ChatFrames.Write(events, includeUsage: true);

        Assert.Equal(finish, frames.Finish());
        Assert.Equal(finish is not null, frames.Contains("[DONE]"));
        Assert.Equal("a", frames.Joined("content"));
        if (finish is null)
        {
            Assert.Equal(problem ? "upstream_error" : "shutting_down", frames.Error().GetProperty("code").GetString());
            Assert.Equal("server_error", frames.Error().GetProperty("type").GetString());
            Assert.Equal(JsonValueKind.Null, frames.Error().GetProperty("param").ValueKind);
        }
    }

    [Fact]
    public void Write_CallWithoutFragments_IsOneWholeDelta()
    {
        var frames = ChatFrames.Write([Call("call_1", "clock", """{"zone":"UTC"}"""), Done(RunState.Completed, "tool_calls")]);

        Assert.Equal(["""call_1 clock({"zone":"UTC"})"""], frames.Calls());
        Assert.Equal("tool_calls", frames.Finish());
    }

    [Fact]
    public void Write_CallWhoseFragmentsHadNoArguments_GetsThoseOfTheWhole()
    {
        var frames = ChatFrames.Write([new ToolCallDeltaEvent(0, "", "call_1", "clock"), Call("call_1", "clock", "{}"), Done(RunState.Completed, "tool_calls")]);

        Assert.Equal(["call_1 clock({})"], frames.Calls());
    }

    [Fact]
    public void Write_FragmentsWithoutIdAndName_WaitForTheWholeCall()
    {
        var frames = ChatFrames.Write(
        [
            new ToolCallDeltaEvent(0, "{\"a\"", null, null), new ToolCallDeltaEvent(0, ":1}", null, null), Call("call_1", "f", """{"a":1}"""), Done(RunState.Completed, "tool_calls"),
        ]);

        Assert.Equal(["""call_1 f({"a":1})"""], frames.Calls());
    }

    [Fact]
    public void Write_CallsOfTwoSteps_CountOnThroughTheMessage()
    {
        var frames = ChatFrames.Write(
        [
            new StepEvent(1, RunStep.Model), new ToolCallDeltaEvent(0, "{}", "call_1", "f"), Call("call_1", "f", "{}"), new StepEvent(1, RunStep.Tools),
            new StepEvent(2, RunStep.Model), new ToolCallDeltaEvent(0, "{\"b\"", "call_2", "g"), new ToolCallDeltaEvent(0, ":2}", null, null), Call("call_2", "g", """{"b":2}"""),
            Done(RunState.Completed, "tool_calls"),
        ]);

        Assert.Equal(["call_1 f({})", """call_2 g({"b":2})"""], frames.Calls());
    }

    [Fact]
    public void Write_SeveralAgents_EachHaveAChoiceWithTheirName()
    {
        var frames = ChatFrames.Write(
        [
            new TokenEvent("Roses ") { Agent = "red" }, new TokenEvent("Violets ") { Agent = "blue" }, new TokenEvent("are red") { Agent = "red" },
            new ToolCallDeltaEvent(0, "{}", "call_1", "f") { Agent = "blue" }, Done(RunState.Completed, "tool_calls"),
        ]);

        Assert.Equal(("Roses are red", "Violets "), (frames.Joined("content"), frames.Joined("content", 1)));
        Assert.Equal(("red", "blue"), (frames.Joined("name"), frames.Joined("name", 1)));
        Assert.Equal(("stop", "tool_calls"), (frames.Finish(), frames.Finish(1)));
        Assert.Equal(["call_1 f({})"], frames.Calls(1));
    }

    [Fact]
    public void Write_NothingSaid_IsAnEmptyMessageWithAnEnd() =>
        Assert.Equal(("assistant", "", "stop"), (ChatFrames.Write([Done()]).Joined("role"), ChatFrames.Write([Done()]).Joined("content"), ChatFrames.Write([Done()]).Finish()));

    // However a run's pieces are cut or merged on their way, a client puts the same message together.
    [Fact]
    public void Write_AnyCutsAndMerges_GiveTheSameMessage()
    {
        var pieces = Gen.Elements("a", "b ", "\n\n", "\"", "\\", "data: [DONE]", "😀", "\u2028", "é", "<b>").NonEmptyListOf();
        var runs = from texts in pieces from thoughts in pieces from arguments in pieces from merge in Gen.Choose(1, 5) select (texts, thoughts, arguments, merge);
        foreach (var (texts, thoughts, arguments, merge) in runs.Sample(20, 200))
        {
            var single = ChatFrames.Write(Events(thoughts, texts, arguments));
            var merged = ChatFrames.Write(Events(Merge(thoughts, merge), Merge(texts, merge), Merge(arguments, merge)));

            foreach (var frames in new[] { single, merged })
            {
                Assert.Equal(string.Concat(texts), frames.Joined("content"));
                Assert.Equal(string.Concat(thoughts), frames.Joined("reasoning_content"));
                Assert.Equal([$"call_1 f({string.Concat(arguments)})"], frames.Calls());
                Assert.Equal("[DONE]", frames[^1]);
            }
        }

        static List<string> Merge(IList<string> pieces, int by) => [.. pieces.Chunk(by).Select(some => string.Concat(some))];

        static IEnumerable<RunEvent> Events(IList<string> thoughts, IList<string> texts, IList<string> arguments) =>
        [
            .. thoughts.Select(text => new ReasoningEvent(text)),
            .. texts.Select(text => new TokenEvent(text)),
            .. arguments.Select((text, i) => new ToolCallDeltaEvent(0, text, i == 0 ? "call_1" : null, i == 0 ? "f" : null)),
            Call("call_1", "f", "{}"),
            Done(RunState.Completed, "tool_calls"),
        ];
    }

    private static ToolCallEvent Call(string id, string name, string arguments) => new(id, name, JsonElement.Parse(arguments));

    private static DoneEvent Done(RunState state = RunState.Completed, string? finish = "stop") =>
        new(state, Usage, new RunMetrics(), finish is null ? null : new ChatFinishReason(finish));
}
