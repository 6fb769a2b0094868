using System.Buffers;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using ChatApp.Api;
using ChatApp.Api.AgUi;
using ChatApp.Api.AiSdk;
using ChatApp.Api.Native;
using ChatApp.Api.OpenAI;
using ChatApp.Api.Responses;
using ChatApp.Benchmarks.Runs;
using ChatApp.Runs;
using Microsoft.AspNetCore.Http;

namespace ChatApp.Benchmarks.Api;

/// <summary>What one token costs as a frame of each protocol, beside the same frame serialized from an object and put together as a string.</summary>
public class FramesLadder
{
    private const int Tokens = 1000;

    private readonly ArrayBufferWriter<byte> _output = new(1 << 20);
    private readonly Run _run = RunLogLadder.NewRun();
    private List<RunEvent> _tokens = [];

    [Params("sse", "chat-completions", "responses", "ai-sdk", "ag-ui")]
    public string Protocol { get; set; } = "";

    /// <summary>Characters of one piece: as models send them, and as pieces come merged to a reader who is behind.</summary>
    [Params(5, 500)]
    public int Characters { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var text = string.Concat(Enumerable.Repeat("token", Characters / 5));
        _tokens = [.. Enumerable.Range(3, Tokens).Select(seq => new TokenEvent(text) { Seq = seq, T = seq * 20.125 })];
    }

    [Benchmark(OperationsPerInvoke = Tokens, Description = "format")]
    public int Format()
    {
        _output.ResetWrittenCount();
        using var format = Create();
        format.Write(new ConnectedEvent(_run.Id, _run.Model, null) { Seq = 1 }, _output);
        format.Write(new StepEvent(1, RunStep.Model) { Seq = 2 }, _output);
        foreach (var token in _tokens)
        {
            format.Write(token, _output);
        }

        return _output.WrittenCount;
    }

    [Benchmark(OperationsPerInvoke = Tokens, Baseline = true, Description = "serialized-string")]
    public int Serialize()
    {
        _output.ResetWrittenCount();
        foreach (var token in _tokens)
        {
            var frame = Head(token) + "data: " + JsonSerializer.Serialize(Shape((TokenEvent)token)) + "\n\n";
            _output.Write(Encoding.UTF8.GetBytes(frame));
        }

        return _output.WrittenCount;
    }

    private IRunFormat Create() => Protocol switch
    {
        "sse" => new SseFormat.Kind().Create(_run, QueryCollection.Empty),
        "chat-completions" => new ChatCompletionsFormat.Kind().Create(_run, QueryCollection.Empty),
        "responses" => new ResponsesFormat(_run, ResponseSettings.Default),
        "ai-sdk" => new AiSdkFormat.Kind().Create(_run, QueryCollection.Empty),
        _ => new AgUiFormat.Kind().Create(_run, QueryCollection.Empty),
    };

    private string Head(RunEvent token) => Protocol switch
    {
        "sse" => $"id: {_run.Id}:{token.Seq}\n",
        "responses" => "event: response.output_text.delta\n",
        _ => "",
    };

    private object Shape(TokenEvent token) => Protocol switch
    {
        "sse" => new { type = "token", seq = token.Seq, t = token.T, content = token.Content },
        "chat-completions" => new
        {
            id = "chatcmpl-" + _run.Id,
            @object = "chat.completion.chunk",
            created = 1_790_000_000,
            model = _run.Model,
            choices = new[] { new { index = 0, delta = new { content = token.Content }, finish_reason = (string?)null } },
        },
        "responses" => new
        {
            type = "response.output_text.delta",
            sequence_number = token.Seq,
            item_id = "msg_" + _run.Id,
            output_index = 0,
            content_index = 0,
            delta = token.Content,
            logprobs = Array.Empty<object>(),
        },
        "ai-sdk" => new { type = "text-delta", id = "text-1", delta = token.Content },
        _ => new { type = "TEXT_MESSAGE_CONTENT", messageId = _run.Id + "-1", delta = token.Content },
    };
}
