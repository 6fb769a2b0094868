using System.Text.Json;

namespace ChatApp.Api.Native.Sockets;

/// <summary>What a client sends over the WebSocket; a <c>chat</c> is the body of <c>POST /api/chat/stream</c> with a name for the request.</summary>
internal sealed record SocketMessage : ChatStreamRequest
{
    private const int MaxRequestId = 128;

    /// <summary><c>chat</c>, <c>cancel</c>, <c>attach</c>, <c>detach</c> or <c>approve</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The client's own name for its request; stands in every event that answers it.</summary>
    public string? RequestId { get; init; }

    /// <summary>The run to stop, to read or to leave.</summary>
    public string? RunId { get; init; }

    /// <summary>With <c>attach</c>: the number of the last event the client has. Any JSON, so that a wrong one gets the answer that a wrong cursor gets elsewhere.</summary>
    public JsonElement? After { get; init; }

    /// <summary>With <c>chat</c>: what the header <c>Idempotency-Key</c> is to a POST.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>With <c>approve</c>: the id of the <c>approval_request</c>.</summary>
    public string? Id { get; init; }

    /// <summary>With <c>approve</c>: yes or no.</summary>
    public bool? Approved { get; init; }

    /// <summary>With <c>approve</c>: why, for the model.</summary>
    public string? Reason { get; init; }

    /// <summary>The problem with the name, where it has one.</summary>
    public Problem? CheckRequestId() => RequestId is null or { Length: > 0 and <= MaxRequestId }
        ? null
        : Problem.Validation("requestId", $"requestId is a text of 1 to {MaxRequestId} characters.");
}
