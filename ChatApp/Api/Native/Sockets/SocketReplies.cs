using System.Buffers;
using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.Native.Sockets;

/// <summary>What the server says besides a run's events.</summary>
internal static class SocketReplies
{
    /// <summary>Something the client sent can't be done; the connection stays.</summary>
    public static byte[] Error(Problem problem, string? requestId) => Make(json =>
    {
        json.WriteString("type"u8, "error"u8);
        WriteOptional(json, "requestId"u8, requestId);
        json.WriteString("message"u8, problem.Detail);
        json.WriteString("error"u8, problem.Detail);
        json.WriteStartObject("problem"u8);
        json.WriteString("type"u8, Problem.TypeOf(problem.Slug));
        json.WriteString("title"u8, problem.Title);
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, problem.Detail);
        if (problem.RetryAfterSeconds is { } seconds)
        {
            json.WriteNumber("retryAfter"u8, seconds);
        }

        foreach (var (name, value) in problem.Extensions ?? new Dictionary<string, object>())
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value, JsonSerializerOptions.Web);
        }

        json.WriteEndObject();
    });

    /// <summary>A run was stopped, or had ended before.</summary>
    public static byte[] Cancelled(Run run, string? requestId, StopResult stopped) => Make(json =>
    {
        json.WriteString("type"u8, "cancelled"u8);
        json.WriteString("runId"u8, run.Id);
        WriteOptional(json, "requestId"u8, requestId);
        json.WriteString("state"u8, stopped.State.ToWire());
        json.WriteNumber("seq"u8, stopped.Seq);
        if (stopped.AlreadyEnded)
        {
            json.WriteBoolean("alreadyEnded"u8, true);
        }

        if (!stopped.IsSignalled)
        {
            json.WriteBoolean("stopSignalled"u8, false);
        }
    });

    /// <summary>A yes or no was taken.</summary>
    public static byte[] Approved(Run run, string? requestId, string id, bool isApproved) => Make(json =>
    {
        json.WriteString("type"u8, "approved"u8);
        json.WriteString("runId"u8, run.Id);
        WriteOptional(json, "requestId"u8, requestId);
        json.WriteString("id"u8, id);
        json.WriteBoolean("approved"u8, isApproved);
    });

    /// <summary>What the client reads waits for the database from now on, or does no longer.</summary>
    public static byte[] Saving(bool isDelayed) => Make(json =>
    {
        json.WriteString("type"u8, "saving"u8);
        json.WriteBoolean("delayed"u8, isDelayed);
    });

    /// <summary>There is nothing to read after the client's cursor, and there never will be: the run has ended.</summary>
    public static byte[] Detached(Run run, string? requestId) => Make(json =>
    {
        json.WriteString("type"u8, "detached"u8);
        json.WriteString("runId"u8, run.Id);
        WriteOptional(json, "requestId"u8, requestId);
        json.WriteString("state"u8, run.State.ToWire());
    });

    /// <summary>This connection ends though its runs do not, and when to come back.</summary>
    public static byte[] Goodbye(Goodbye reason, TimeSpan retry) => Make(json =>
    {
        json.WriteString("type"u8, reason == Api.Goodbye.Shutdown ? "shutdown"u8 : "reconnect"u8);
        json.WriteNumber("retryMs"u8, (long)retry.TotalMilliseconds);
    });

    private static byte[] Make(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, NativeEvents.WriterOptions);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
