using System.Net.WebSockets;

namespace ChatApp.Api.Native.Sockets;

/// <summary>Why a socket ends.</summary>
/// <param name="Status">What its close frame says, <see href="https://www.rfc-editor.org/rfc/rfc6455#section-7.4">RFC 6455, 7.4</see>.</param>
/// <param name="Reason">The same for people, at most 123 bytes.</param>
/// <param name="Goodbye">A last message before it; null for none.</param>
internal sealed record SocketEnd(WebSocketCloseStatus Status, string Reason, byte[]? Goodbye = null)
{
    // Service restart: in the registry of close codes, not in the enumeration.
    private const WebSocketCloseStatus ServiceRestart = (WebSocketCloseStatus)1012;

    /// <summary>The client has closed it, or is gone.</summary>
    public static SocketEnd Left { get; } = new(WebSocketCloseStatus.NormalClosure, "");

    public static SocketEnd Binary { get; } = new(WebSocketCloseStatus.InvalidMessageType, "Messages are text: JSON as UTF-8.");

    public static SocketEnd TooLarge { get; } = new(WebSocketCloseStatus.MessageTooBig, "A message may have 1 MB.");

    public static SocketEnd TooManyErrors { get; } = new(WebSocketCloseStatus.PolicyViolation, "Too many errors within a minute.");

    public static SocketEnd Failed { get; } = new(WebSocketCloseStatus.InternalServerError, "Something went wrong on the server.");

    public static SocketEnd Revoked { get; } = new((WebSocketCloseStatus)4401, "The key is no longer valid.");

    public static SocketEnd Shutdown { get; } =
        new(ServiceRestart, "The server is shutting down.", SocketReplies.Goodbye(Api.Goodbye.Shutdown, RunStream.ComeBackAfter));

    public static SocketEnd Reconnect { get; } =
        new(ServiceRestart, "The connection has lasted as long as one may.", SocketReplies.Goodbye(Api.Goodbye.Reconnect, TimeSpan.Zero));
}
