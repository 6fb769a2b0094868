using System.Globalization;
using System.Text.Json;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary>What a response has come to so far: its items, and how it ended.</summary>
internal sealed class ResponseOutput(string runId)
{
    private readonly List<ResponseItem> _items = [];

    /// <summary>What went wrong, where something did.</summary>
    public RunProblem? Problem { get; set; }

    /// <summary>Whether the run waits for a person: the response is over, and what comes of the answer is another.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether nothing is added any more.</summary>
    public bool IsOver => Done is not null || IsPaused;

    /// <summary>The run's end; null while it goes on.</summary>
    public DoneEvent? Done { get; set; }

    /// <summary>
    /// The status of an ended response. <c>incomplete</c> is for what its clients know as such, a length limit or a filter; a connection that
    /// broke or a time-out is for them a failure, with the text there was.
    /// </summary>
    public string Status => Done switch
    {
        null => "completed",
        { Reason: RunState.Completed } => "completed",
        { Reason: RunState.Cancelled } => "cancelled",
        { Reason: RunState.Incomplete } when IncompleteReason is not null => "incomplete",
        _ => "failed",
    };

    private string? IncompleteReason =>
        Done?.Finish == ChatFinishReason.Length ? "max_output_tokens"
        : Done?.Finish == ChatFinishReason.ContentFilter ? "content_filter"
        : null;

    public ResponseItem Add(ResponseItemKind kind, long seq, string? agent, string? callId, string? name, int callIndex, string label = "")
    {
        var prefix = kind switch { ResponseItemKind.Message => "msg", ResponseItemKind.Reasoning => "rs", ResponseItemKind.ServerCall => "mcp", _ => "fc" };
        var at = seq.ToString(CultureInfo.InvariantCulture);
        var item = new ResponseItem(kind, $"{prefix}_{runId}_{at}", _items.Count, agent)
        {
            CallId = string.IsNullOrEmpty(callId) ? $"call_{runId}_{at}" : callId,
            Name = name ?? "",
            CallIndex = callIndex,
            Label = label,
        };
        _items.Add(item);
        return item;
    }

    /// <summary>Adds a request for a yes or no.</summary>
    public ResponseItem AddApproval(string id, ApprovalRequestEvent request, string label)
    {
        var item = new ResponseItem(ResponseItemKind.Approval, id, _items.Count, request.Agent) { Name = request.Name, Label = label, Status = ResponseItem.Completed };
        item.Text.Append(request.Arguments.GetRawText());
        _items.Add(item);
        return item;
    }

    /// <summary>The message or reasoning of an agent that still grows; there is one at most.</summary>
    public ResponseItem? Find(ResponseItemKind kind, string? agent) => _items.FindLast(item => item.Status is null && item.Kind == kind && item.Agent == agent);

    /// <summary>The open call that a fragment belongs to.</summary>
    public ResponseItem? FindCall(string? agent, int index, string? callId) => _items.FindLast(item =>
        item.Status is null && !item.IsBeingMade && IsCall(item) && item.Agent == agent && item.CallIndex == index && (string.IsNullOrEmpty(callId) || callId == item.CallId));

    /// <summary>The open call of that id.</summary>
    public ResponseItem? FindCall(string? agent, string callId) =>
        _items.FindLast(item => item.Status is null && IsCall(item) && item.Agent == agent && item.CallId == callId);

    private static bool IsCall(ResponseItem item) => item.Kind is ResponseItemKind.Call or ResponseItemKind.ServerCall;

    /// <summary>All open items, or those of one agent that the model still writes, in their order.</summary>
    public IReadOnlyList<ResponseItem> AllOpen() => _items.FindAll(item => item.Status is null);

    /// <inheritdoc cref="AllOpen"/>
    public IReadOnlyList<ResponseItem> OpenOf(string? agent) => _items.FindAll(item => item.Status is null && item.Agent == agent && !item.IsBeingMade);

    /// <summary>The open message of an agent, as a list.</summary>
    public IReadOnlyList<ResponseItem> OpenMessageOf(string? agent) => Find(ResponseItemKind.Message, agent) is { } message ? [message] : [];

    /// <summary>Writes its properties into a response object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("output"u8);
        foreach (var item in _items)
        {
            item.Write(json);
        }

        json.WriteEndArray();
        WriteError(json);
        if (Status != "incomplete")
        {
            json.WriteNull("incomplete_details"u8);
        }
        else
        {
            json.WriteStartObject("incomplete_details"u8);
            json.WriteString("reason"u8, IncompleteReason);
            json.WriteEndObject();
        }

        if (Done is not null)
        {
            WriteUsage(json, Done.Usage);
        }
    }

    private void WriteError(Utf8JsonWriter json)
    {
        if (Status != "failed")
        {
            json.WriteNull("error"u8);
            return;
        }

        json.WriteStartObject("error"u8);
        // Of the codes that its clients know, the two that may be meant here.
        json.WriteString("code"u8, Problem?.Status == StatusCodes.Status429TooManyRequests ? "rate_limit_exceeded"u8 : "server_error"u8);
        json.WriteString("message"u8, Problem?.Detail ?? "The server ended before the answer was whole. Ask again.");
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, RunUsage usage)
    {
        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.InputTokens);
        json.WriteStartObject("input_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, 0);
        json.WriteNumber("cache_write_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteNumber("output_tokens"u8, usage.OutputTokens);
        json.WriteStartObject("output_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens"u8, usage.TotalTokens);
        json.WriteEndObject();
    }
}
