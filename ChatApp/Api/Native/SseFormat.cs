using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Api.Native;

/// <summary>
/// Server-sent events, <see href="https://html.spec.whatwg.org/multipage/server-sent-events.html"/>: an id, one line of JSON, never an
/// event name, so that <c>onmessage</c> of an EventSource gets everything.
/// <code>
/// id: 0197…:7
/// data: {"type":"token","seq":7,"t":412.3,"content":"Hel"}
/// </code>
/// </summary>
internal sealed class SseFormat(string runId) : IRunFormat
{
    private readonly byte[] _idLine = Encoding.ASCII.GetBytes($"id: {runId}:");
    private Utf8JsonWriter? _json;

    public string ContentType => "text/event-stream";

    public void Write(RunEvent @event, IBufferWriter<byte> output)
    {
        output.Write(_idLine);
        @event.Seq.TryFormat(output.GetSpan(20), out var digits, provider: CultureInfo.InvariantCulture);
        output.Advance(digits);
        output.Write("\ndata: "u8);
        if (_json is null)
        {
            _json = new Utf8JsonWriter(output, NativeEvents.WriterOptions);
        }
        else
        {
            _json.Reset(output);
        }

        NativeEvents.Write(_json, @event);
        _json.Flush();
        output.Write("\n\n"u8);
    }

    public void WriteHeartbeat(IBufferWriter<byte> output, bool isSavingDelayed) => SseComments.WriteHeartbeat(output, isSavingDelayed);

    // No id: the reader's last one must stand, it comes back with it.
    public void WriteGoodbye(Goodbye reason, TimeSpan retry, IBufferWriter<byte> output)
    {
        var (name, ms) = (reason == Goodbye.Shutdown ? "shutdown" : "reconnect", (int)retry.TotalMilliseconds);
        output.Write(Encoding.ASCII.GetBytes($"retry: {ms}\ndata: {{\"type\":\"{name}\",\"retryMs\":{ms}}}\n\n"));
    }

    public void Dispose() => _json?.Dispose();

    /// <summary>The format by its name, <c>sse</c>.</summary>
    public sealed class Kind : IRunFormatKind
    {
        public string Name => RunFormats.Default;

        public bool StartsAnywhere => true;

        public IRunFormat Create(Run run, IQueryCollection query) => new SseFormat(run.Id);
    }
}
