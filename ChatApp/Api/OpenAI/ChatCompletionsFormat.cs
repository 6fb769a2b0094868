using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.OpenAI;

/// <summary>
/// A streamed answer of OpenAI's chat completions, <see href="https://platform.openai.com/docs/api-reference/chat-streaming"/>:
/// <code>
/// data: {"id":"chatcmpl-0197…","object":"chat.completion.chunk","created":1790000000,"model":"guide/guide","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}
///
/// data: [DONE]
/// </code>
/// Reasoning goes into <c>reasoning_content</c>, as DeepSeek and llama.cpp name it; a tool that is called here into <c>executed_tools</c>. An answer that failed ends with an <c>error</c> frame and without <c>[DONE]</c>.
/// </summary>
internal sealed class ChatCompletionsFormat(Run run, bool includeUsage) : IRunFormat
{
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonSerializerOptions ErrorOptions = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonEncodedText _id = JsonEncodedText.Encode(IdOf(run));
    private readonly JsonEncodedText _model = JsonEncodedText.Encode(run.Model, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
    private readonly long _created = run.Created.ToUnixTimeSeconds();
    private readonly ChatDeltas _deltas = new(run);
    private readonly List<ChatDelta> _new = [];
    private Utf8JsonWriter? _json;

    public string ContentType => "text/event-stream";

    // Chunks carry no cursor.
    public bool CanComeBack => false;

    // A filter that took the whole answer is an end like others, and no reason to ask again: that one is streamed, empty as it is.
    public Func<RunProblem, IResult>? Refusal { get; private init; } = problem =>
        IsFiltered(run) ? new RunStreamResult(run, 0, new ChatCompletionsFormat(run, includeUsage) { Refusal = null }) : OpenAIErrors.Of(problem);

    /// <summary>The id of a run's answer, streamed or whole.</summary>
    public static string IdOf(Run run) => $"chatcmpl-{run.Id}";

    /// <summary>Writes the members of a usage object.</summary>
    public static void WriteUsage(Utf8JsonWriter json, RunUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, usage.InputTokens);
        json.WriteNumber("completion_tokens"u8, usage.OutputTokens);
        json.WriteNumber("total_tokens"u8, usage.TotalTokens);
        json.WriteEndObject();
    }

    public void Write(RunEvent @event, IBufferWriter<byte> output)
    {
        _new.Clear();
        _deltas.Read(@event, _new);
        foreach (var delta in _new)
        {
            WriteDelta(delta, output);
        }

        if (@event is DoneEvent)
        {
            WriteEnd(_deltas.End!, output);
        }
    }

    public void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed) => SseComments.WriteHeartbeat(output, isSavingDelayed);

    public void WriteGoodbye(Goodbye reason, TimeSpan retry, IBufferWriter<byte> output) => WriteError(ChatDeltas.Interrupted, output);

    public void Dispose() => _json?.Dispose();

    private static bool IsFiltered(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events.OfType<DoneEvent>().Any(done => done.Finish == ChatFinishReason.ContentFilter);
    }

    private static void WriteError(RunProblem problem, IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(OpenAIErrors.Of(problem).ToBody(), ErrorOptions));
        output.Write("\n\n"u8);
    }

    private void WriteEnd(ChatEnd end, IBufferWriter<byte> output)
    {
        if (end.Problem is { } problem)
        {
            // No [DONE] after it: a client that overlooks the error still sees that the answer has no end.
            WriteError(problem, output);
            return;
        }

        for (var choice = 0; choice < end.FinishReasons.Count; choice++)
        {
            var json = BeginChoice(choice, output);
            EndChoice(json, end.FinishReasons[choice], output);
        }

        if (includeUsage)
        {
            var json = Begin(output);
            json.WriteEndArray();
            WriteUsage(json, end.Usage);
            End(json, output);
        }

        output.Write("data: [DONE]\n\n"u8);
    }

    private void WriteDelta(ChatDelta delta, IBufferWriter<byte> output)
    {
        var json = BeginChoice(delta.Choice, output);
        switch (delta.Kind)
        {
            case ChatDeltaKind.Role:
                json.WriteString("role"u8, "assistant"u8);
                if (delta.Name is { } agent)
                {
                    json.WriteString("name"u8, agent);
                }

                json.WriteString("content"u8, ""u8);
                break;
            case ChatDeltaKind.Content:
                json.WriteString("content"u8, delta.Text);
                break;
            case ChatDeltaKind.Reasoning:
                json.WriteString("reasoning_content"u8, delta.Text);
                break;
            case ChatDeltaKind.Call:
                WriteCall(json, delta);
                break;
            case ChatDeltaKind.Executed:
                WriteExecuted(json, [delta]);
                break;
        }

        EndChoice(json, null, output);
    }

    /// <summary>Writes calls that are made here, as a member of its own: no client takes them for calls that it has to make.</summary>
    public static void WriteExecuted(Utf8JsonWriter json, IEnumerable<ChatDelta> calls)
    {
        json.WriteStartArray("executed_tools"u8);
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, call.Call);
            json.WriteString("type"u8, "function"u8);
            json.WriteString("name"u8, call.Name);
            json.WriteString("arguments"u8, call.Text);
            if (call.Output is { } output)
            {
                json.WriteString("output"u8, output);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCall(Utf8JsonWriter json, ChatDelta delta)
    {
        json.WriteStartArray("tool_calls"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, delta.Call);
        if (delta.Id is not null)
        {
            json.WriteString("id"u8, delta.Id);
            json.WriteString("type"u8, "function"u8);
        }

        json.WriteStartObject("function"u8);
        if (delta.Name is not null)
        {
            json.WriteString("name"u8, delta.Name);
        }

        json.WriteString("arguments"u8, delta.Text);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private Utf8JsonWriter BeginChoice(int index, IBufferWriter<byte> output)
    {
        var json = Begin(output);
        json.WriteStartObject();
        json.WriteNumber("index"u8, index);
        json.WriteStartObject("delta"u8);
        return json;
    }

    private void EndChoice(Utf8JsonWriter json, string? finishReason, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.WriteString("finish_reason"u8, finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        if (includeUsage)
        {
            json.WriteNull("usage"u8);
        }

        End(json, output);
    }

    // Up to the opening of the choices.
    private Utf8JsonWriter Begin(IBufferWriter<byte> output)
    {
        output.Write("data: "u8);
        if (_json is null)
        {
            _json = new Utf8JsonWriter(output, WriterOptions);
        }
        else
        {
            _json.Reset(output);
        }

        _json.WriteStartObject();
        _json.WriteString("id"u8, _id);
        _json.WriteString("object"u8, "chat.completion.chunk"u8);
        _json.WriteNumber("created"u8, _created);
        _json.WriteString("model"u8, _model);
        _json.WriteStartArray("choices"u8);
        return _json;
    }

    private static void End(Utf8JsonWriter json, IBufferWriter<byte> output)
    {
        json.WriteEndObject();
        json.Flush();
        output.Write("\n\n"u8);
    }

    /// <summary>
    /// The format by its name, <c>chat-completions</c>; <c>include_usage=true</c> adds the chunk with the usage. Where formats are picked by name
    /// all answer 200 at once: what went wrong is said in the stream.
    /// </summary>
    public sealed class Kind : IRunFormatKind
    {
        public string Name => "chat-completions";

        public IRunFormat Create(Run run, IQueryCollection query) => new ChatCompletionsFormat(run, includeUsage: query["include_usage"] == "true") { Refusal = null };
    }
}
