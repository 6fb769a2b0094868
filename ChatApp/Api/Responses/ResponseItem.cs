using System.Text;
using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.Responses;

/// <summary>One item of a response's <c>output</c>: a message, a piece of reasoning, a call, or a request for a yes or no, as far as it has come.</summary>
/// <param name="kind">What it is.</param>
/// <param name="id">Its id: the kind's prefix, the run's id and the number of the event that began it.</param>
/// <param name="index">Its place in <c>output</c>.</param>
/// <param name="agent">Whose it is; null for an answer without agents.</param>
internal sealed class ResponseItem(ResponseItemKind kind, string id, int index, string? agent)
{
    public const string Completed = "completed";

    public const string Incomplete = "incomplete";

    public const string Failed = "failed";

    public ResponseItemKind Kind => kind;

    public string Id => id;

    public int Index => index;

    public string? Agent => agent;

    /// <summary>The message's or reasoning's text, or the call's arguments.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>What a message's text rests on, with the place in the text it stands at.</summary>
    public List<(SourceEvent Source, int At)> Annotations { get; } = [];

    public string CallId { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>Which call of its step it is; fragments name it by that.</summary>
    public int CallIndex { get; init; } = -1;

    /// <summary>Whether the model has said that the call is complete.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Where a call is made that is made here, in the client's words.</summary>
    public string Label { get; init; } = "";

    /// <summary>What a call that is made here came to; null before.</summary>
    public string? Output { get; set; }

    /// <summary>What went wrong with it.</summary>
    public string? Error { get; set; }

    /// <summary>The request for a yes or no to it, where there was one.</summary>
    public string? ApprovalId { get; set; }

    /// <summary>Whether it is a call that is made here now.</summary>
    public bool IsBeingMade => kind == ResponseItemKind.ServerCall && IsWhole && Status is null;

    /// <summary>Null while it grows, then <see cref="Completed"/>, <see cref="Incomplete"/> or, of a call that is made here, <see cref="Failed"/>.</summary>
    public string? Status { get; set; }

    /// <summary>Writes the item as an object, with the text it has, or as it was when it began: without.</summary>
    public void Write(Utf8JsonWriter json, bool withText = true)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        switch (kind)
        {
            case ResponseItemKind.Message:
                json.WriteString("type"u8, "message"u8);
                json.WriteString("role"u8, "assistant"u8);
                WriteContent(json, withText);
                break;
            case ResponseItemKind.Reasoning:
                json.WriteString("type"u8, "reasoning"u8);
                json.WriteStartArray("summary"u8);
                json.WriteEndArray();
                WriteContent(json, withText);
                break;
            case ResponseItemKind.ServerCall:
                json.WriteString("type"u8, "mcp_call"u8);
                WriteServerCall(json, withText);
                json.WriteString("approval_request_id"u8, ApprovalId);
                json.WriteString("output"u8, withText ? Output : null);
                json.WriteString("error"u8, withText ? Error : null);
                break;
            case ResponseItemKind.Approval:
                json.WriteString("type"u8, "mcp_approval_request"u8);
                WriteServerCall(json, withText: true);
                break;
            default:
                json.WriteString("type"u8, "function_call"u8);
                json.WriteString("call_id"u8, CallId);
                json.WriteString("name"u8, Name);
                json.WriteString("arguments"u8, withText ? Text.ToString() : "");
                break;
        }

        if (kind != ResponseItemKind.Approval)
        {
            json.WriteString("status"u8, withText && Status is not null ? Status : "in_progress");
        }

        if (agent is not null)
        {
            // Not a word of OpenAI's: which of several has it.
            json.WriteString("agent"u8, agent);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes the one part of a message's or reasoning's content.</summary>
    public void WritePart(Utf8JsonWriter json, bool withText = true)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, kind == ResponseItemKind.Message ? "output_text"u8 : "reasoning_text"u8);
        json.WriteString("text"u8, withText ? Text.ToString() : "");
        if (kind == ResponseItemKind.Message)
        {
            json.WriteStartArray("annotations"u8);
            foreach (var (source, at) in withText ? Annotations : [])
            {
                WriteAnnotation(json, source, at);
            }

            json.WriteEndArray();
            json.WriteStartArray("logprobs"u8);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a source as a citation. Providers say what an answer rests on, not which words: it stands at the end of the text there was.</summary>
    public static void WriteAnnotation(Utf8JsonWriter json, SourceEvent source, int at)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "url_citation"u8);
        json.WriteString("url"u8, source.Url);
        json.WriteString("title"u8, source.Title);
        json.WriteNumber("start_index"u8, at);
        json.WriteNumber("end_index"u8, at);
        json.WriteEndObject();
    }

    private void WriteServerCall(Utf8JsonWriter json, bool withText)
    {
        json.WriteString("server_label"u8, Label);
        json.WriteString("name"u8, Name);
        json.WriteString("arguments"u8, withText ? Text.ToString() : "");
    }

    private void WriteContent(Utf8JsonWriter json, bool withText)
    {
        json.WriteStartArray("content"u8);
        if (withText)
        {
            WritePart(json);
        }

        json.WriteEndArray();
    }
}

internal enum ResponseItemKind
{
    Message,
    Reasoning,

    /// <summary>A call of the client's.</summary>
    Call,

    /// <summary>A call that is made here.</summary>
    ServerCall,

    /// <summary>A request for a yes or no to a call that is made here.</summary>
    Approval,
}
