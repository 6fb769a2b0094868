using ChatApp.Conversations;
using ChatApp.Runs;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ChatApp.Api.Native.Sockets;

/// <summary>Opens the WebSocket, or says why not.</summary>
internal static class SocketRoute
{
    private const string Version = "13";

    private static readonly Problem UpgradeRequired = new(
        "upgrade-required", "A WebSocket is required", StatusCodes.Status426UpgradeRequired, "This address takes WebSockets, version 13. To read a run by plain HTTP, GET /api/runs/{id}/events.");

    private static readonly Problem BadHandshake = new(
        "invalid-handshake", "The handshake is not valid", StatusCodes.Status400BadRequest, "Sec-WebSocket-Key is missing, or is not 16 bytes as base64.");

    public static async Task<IResult> GetAsync(
        HttpContext context, RunHost host, RunJournal journal, ConversationRuns runs, IOptions<ApiOptions> options, TimeProvider time, ILogger<SocketSession> logger)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return Refuse(context);
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            // The heartbeat: a client that does not answer it is gone. Compression stays off, which is the default: one byte of it may stand for a thousand.
            KeepAliveInterval = TimeSpan.FromSeconds(15),
            KeepAliveTimeout = TimeSpan.FromSeconds(30),
        });
        await using var session = new SocketSession(socket, context, host, journal, runs, options.Value, time, logger);
        await session.RunAsync();
        return Results.Empty;
    }

    private static Problem Refuse(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase) && headers.SecWebSocketVersion.ToString() == Version)
        {
            return BadHandshake;
        }

        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = HeaderNames.Upgrade;
        context.Response.Headers.SecWebSocketVersion = Version;
        return UpgradeRequired;
    }
}
