using System.Buffers;
using ChatApp.Runs;

namespace ChatApp.Api;

/// <summary>One wire format: turns a run's events into its frames and does nothing else. One instance writes one stream.</summary>
internal interface IRunFormat : IDisposable
{
    /// <summary>The response's media type.</summary>
    string ContentType { get; }

    /// <summary>Writes an event's frames; events the format has no words for write nothing.</summary>
    void Write(RunEvent @event, IBufferWriter<byte> output);

    /// <summary>Writes something that keeps an idle connection open and that readers ignore; may be nothing.</summary>
    void WriteHeartbeat(IBufferWriter<byte> output);

    /// <summary>Says that the server goes away and when to come back.</summary>
    void WriteShutdown(TimeSpan retry, IBufferWriter<byte> output);
}
