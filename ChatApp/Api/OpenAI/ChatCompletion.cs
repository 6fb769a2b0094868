using System.Text;
using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.OpenAI;

/// <summary>
/// An answer sent whole: what a client would have put together from the stream.
/// <code>
/// {"id":"chatcmpl-0197…","object":"chat.completion","created":1790000000,"model":"guide/guide",
///  "choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{…}}
/// </code>
/// </summary>
internal sealed class ChatCompletion : IResult
{
    private readonly Run _run;
    private readonly List<Message> _messages = [];
    private readonly ChatEnd _end;

    /// <param name="run">A run that has ended.</param>
    public ChatCompletion(Run run)
    {
        _run = run;
        var (reader, events, deltas) = (new ChatDeltas(run), new List<RunEvent>(), new List<ChatDelta>());
        run.Read(0, events);
        foreach (var @event in events)
        {
            reader.Read(@event, deltas);
        }

        deltas.ForEach(Add);
        _end = reader.End!;
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (_end.Problem is { } problem)
        {
            await OpenAIErrors.Of(problem).ExecuteAsync(httpContext);
            return;
        }

        httpContext.Response.ContentType = "application/json";
        await using (var json = new Utf8JsonWriter(httpContext.Response.BodyWriter, ChatCompletionsFormat.WriterOptions))
        {
            Write(json);
        }

        await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    private void Add(ChatDelta delta)
    {
        if (delta.Kind == ChatDeltaKind.Role)
        {
            _messages.Add(new Message(delta.Name));
            return;
        }

        var message = _messages[delta.Choice];
        if (delta is { Kind: ChatDeltaKind.Call, Id: { } id, Name: { } name })
        {
            message.Calls.Add((id, name, new StringBuilder()));
        }

        if (delta.Kind == ChatDeltaKind.Executed)
        {
            message.Executed[delta.Call] = delta;
            return;
        }

        var text = delta.Kind switch
        {
            ChatDeltaKind.Content => message.Content,
            ChatDeltaKind.Reasoning => message.Reasoning,
            _ => message.Calls[delta.Call].Arguments,
        };
        text.Append(delta.Text);
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, ChatCompletionsFormat.IdOf(_run));
        json.WriteString("object"u8, "chat.completion"u8);
        json.WriteNumber("created"u8, _run.Created.ToUnixTimeSeconds());
        json.WriteString("model"u8, _run.Model);
        json.WriteStartArray("choices"u8);
        for (var i = 0; i < _messages.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, i);
            Write(json, _messages[i]);
            json.WriteNull("logprobs"u8);
            json.WriteString("finish_reason"u8, _end.FinishReasons[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        ChatCompletionsFormat.WriteUsage(json, _end.Usage);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Message message)
    {
        json.WriteStartObject("message"u8);
        json.WriteString("role"u8, "assistant"u8);
        if (message.Agent is not null)
        {
            json.WriteString("name"u8, message.Agent);
        }

        json.WriteString("content"u8, message is { Content.Length: 0, Calls.Count: > 0 } ? null : message.Content.ToString());
        json.WriteNull("refusal"u8);
        if (message.Reasoning.Length > 0)
        {
            json.WriteString("reasoning_content"u8, message.Reasoning.ToString());
        }

        if (message.Executed.Count > 0)
        {
            ChatCompletionsFormat.WriteExecuted(json, message.Executed.Values);
        }

        if (message.Calls.Count > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (var (id, name, arguments) in message.Calls)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, id);
                json.WriteString("type"u8, "function"u8);
                json.WriteStartObject("function"u8);
                json.WriteString("name"u8, name);
                json.WriteString("arguments"u8, arguments.ToString());
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private sealed record Message(string? Agent)
    {
        public StringBuilder Content { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public SortedDictionary<int, ChatDelta> Executed { get; } = [];

        public List<(string Id, string Name, StringBuilder Arguments)> Calls { get; } = [];
    }
}
