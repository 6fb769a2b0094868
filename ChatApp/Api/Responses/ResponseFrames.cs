using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ChatApp.Api.Responses;

/// <summary>Writes numbered frames, and leaves out those that the reader has.</summary>
/// <param name="startingAfter">The number of the last frame the reader has.</param>
internal sealed class ResponseFrames(long startingAfter) : IDisposable
{
    // No JSON of ours is put into HTML: text stays as it is, line breaks are escaped all the same.
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private Utf8JsonWriter? _json;

    /// <summary>The next frame's number.</summary>
    public long Number { get; set; }

    /// <summary>Where the frames go.</summary>
    public IBufferWriter<byte>? Target { get; set; }

    /// <summary>Begins a frame; its fields are written next, then <see cref="Close"/>. Null for one that the reader has: it takes its number all the same.</summary>
    public Utf8JsonWriter? Open(ReadOnlySpan<byte> type)
    {
        var number = Number++;
        if (number <= startingAfter)
        {
            return null;
        }

        var target = Target!;
        target.Write("event: "u8);
        target.Write(type);
        target.Write("\ndata: "u8);
        if (_json is null)
        {
            _json = new Utf8JsonWriter(target, WriterOptions);
        }
        else
        {
            _json.Reset(target);
        }

        _json.WriteStartObject();
        _json.WriteString("type"u8, type);
        _json.WriteNumber("sequence_number"u8, number);
        return _json;
    }

    public void Close()
    {
        _json!.WriteEndObject();
        _json.Flush();
        Target!.Write("\n\n"u8);
    }

    public void Dispose() => _json?.Dispose();
}
