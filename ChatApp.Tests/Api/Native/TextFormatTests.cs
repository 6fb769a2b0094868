using System.Buffers;
using System.Text;
using ChatApp.Api.Native;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace ChatApp.Tests.Api.Native;

/// <summary>Plain text that is read from the middle of a run on.</summary>
public sealed class TextFormatTests
{
    [Fact]
    public void Write_ResumedWithinAnAgentsPart_GoesOnWithItsText() => Assert.Equal(
        "lo\n\n[second]\nhi",
        Write(MakeRun(), new TokenEvent("lo") { Agent = "first" }, new AgentEndEvent { Agent = "first" }, new AgentStartEvent { Agent = "second" }, new TokenEvent("hi") { Agent = "second" }));

    [Fact]
    public void Write_ResumedWithinAgentsThatAnswerAtOnce_HasTheTextOfAll() => Assert.Equal(
        "one two\n\n[second]\nother",
        Write(
            MakeRun(),
            new TokenEvent("one ") { Agent = "first" },
            new TokenEvent("other") { Agent = "second" },
            new TokenEvent("two") { Agent = "first" },
            new AgentEndEvent { Agent = "first" },
            new AgentEndEvent { Agent = "second" }));

    [Fact]
    public void Write_ResumedPastTheEndsFirstEvents_FooterSaysHowTheRunEnded()
    {
        var (completed, failed) = (MakeRun(), MakeRun());
        completed.TryEnd(RunState.Completed);
        failed.TryEnd(RunState.Failed, new RunProblem("upstream-error", "The provider failed", 502, "It failed. Try again."));

        Assert.Equal("\n\n---\n✅ Complete: 3 tokens in 2.00s\n", Write(completed, new CompleteEvent(3, 2000)));
        Assert.Equal("\n\n---\n❌ Failed: 3 tokens in 2.00s. It failed. Try again.\n", Write(failed, new CompleteEvent(3, 2000)));
    }

    private static Run MakeRun() => new("run1", "fake/model", new RunRequest { Messages = [] }, new FakeTime());

    private static string Write(Run run, params RunEvent[] events)
    {
        var output = new ArrayBufferWriter<byte>();
        using var format = new TextFormat.Kind().Create(run, new QueryCollection());
        foreach (var @event in events)
        {
            format.Write(@event, output);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
