using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChatApp.Api.Native;
using ChatApp.Conversations;
using ChatApp.Runs;

namespace ChatApp.Api.Conversations;

/// <summary>Conversations as JSON.</summary>
internal static class ConversationJson
{
    /// <summary>What is somebody's own stays in no cache.</summary>
    public const string CacheControl = "no-store";

    private const int FlushAt = 32 * 1024;

    /// <summary>How a file is written: absent values are left out, text stays as it is.</summary>
    public static JsonSerializerOptions FileOptions { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static IResult Result(ConversationInfo conversation, int status = StatusCodes.Status200OK) => new Answer(status, json =>
    {
        Write(json, conversation);
        return Task.CompletedTask;
    });

    public static IResult Result(ConversationPage page) => new Answer(StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("conversations"u8);
        foreach (var conversation in page.Conversations)
        {
            Write(json, conversation);
        }

        json.WriteEndArray();
        WriteOptional(json, "next"u8, page.Next);
        json.WriteEndObject();
        return Task.CompletedTask;
    });

    public static IResult Result(ConversationContent content) => new Answer(StatusCodes.Status200OK, async json =>
    {
        json.WriteStartObject();
        WriteFields(json, content.Conversation);
        json.WriteStartArray("messages"u8);
        foreach (var message in content.Messages)
        {
            Write(json, message);
            if (json.BytesPending > FlushAt)
            {
                await json.FlushAsync();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, ConversationInfo conversation)
    {
        json.WriteStartObject();
        WriteFields(json, conversation);
        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, ConversationInfo conversation)
    {
        json.WriteString("id"u8, conversation.Id);
        json.WriteString("title"u8, conversation.Title);
        json.WriteString("created"u8, conversation.Created);
        json.WriteString("updated"u8, conversation.Updated);
        WriteOptional(json, "leafId"u8, conversation.LeafId);
        json.WriteBoolean("running"u8, conversation.IsRunning);
        WriteOptional(json, "excerpt"u8, conversation.Excerpt);
    }

    private static void Write(Utf8JsonWriter json, ConversationMessage message)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, message.Id);
        WriteOptional(json, "parentId"u8, message.ParentId);
        json.WriteString("role"u8, message.Role);
        json.WriteString("content"u8, message.Text);
        json.WriteString("created"u8, message.Created);
        json.WriteStartArray("siblings"u8);
        foreach (var sibling in message.Siblings)
        {
            json.WriteStringValue(sibling);
        }

        json.WriteEndArray();
        if (message.Run is { } run)
        {
            WriteRun(json, run);
        }

        json.WriteEndObject();
    }

    private static void WriteRun(Utf8JsonWriter json, MessageRun run)
    {
        if (run.Now.Reasoning.Length > 0)
        {
            json.WriteString("reasoning"u8, run.Now.Reasoning);
        }

        if (run.Sources.Count > 0)
        {
            json.WriteStartArray("sources"u8);
            foreach (var (title, url) in run.Sources)
            {
                json.WriteStartObject();
                json.WriteString("url"u8, url);
                json.WriteString("title"u8, title);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("run"u8);
        json.WriteString("id"u8, run.Id);
        json.WriteString("state"u8, run.Now.State.ToWire());
        json.WriteString("model"u8, run.Model);
        json.WriteNumber("seq"u8, run.Now.Seq);
        json.WriteStartObject("metrics"u8);
        NativeEvents.WriteMetrics(json, run.Now.Metrics);
        json.WriteEndObject();
        NativeEvents.WriteUsage(json, run.Now.Usage);
        if (run.Now.Problem is { } problem)
        {
            NativeEvents.WriteProblem(json, problem);
        }

        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private sealed class Answer(int status, Func<Utf8JsonWriter, Task> write) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.Headers.CacheControl = CacheControl;
            await using var json = new Utf8JsonWriter(httpContext.Response.Body, NativeEvents.WriterOptions);
            await write(json);
            await json.FlushAsync(httpContext.RequestAborted);
        }
    }
}
