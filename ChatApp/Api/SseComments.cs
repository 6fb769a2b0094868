using System.Buffers;

namespace ChatApp.Api;

/// <summary>Comments of event streams, which every reader passes over: <see href="https://html.spec.whatwg.org/multipage/server-sent-events.html"/>.</summary>
internal static class SseComments
{
    /// <summary>Writes what fills a silence, and says where it comes from if that is known.</summary>
    public static void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed) => output.Write(isSavingDelayed ? ": saving is delayed\n\n"u8 : ": ping\n\n"u8);
}
