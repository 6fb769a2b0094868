using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatApp.Storage;

namespace ChatApp.Runs;

/// <summary>
/// How entries are stored: a version, the names of those who answer, then for each entry its kind, whose it is, the microseconds since the entry before it, and
/// its text or JSON with its length in front. Numbers take 7 bits a byte, the lowest first, with the high bit set on all but the last byte.
/// </summary>
internal sealed partial class RunLog
{
    private const byte Version = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        // A call's arguments may be as deep as JSON is read, and stand some levels down in their event.
        MaxDepth = 128,
    };

    /// <summary>The entries after <paramref name="after"/>, as they are stored.</summary>
    public byte[] Record(int after)
    {
        var output = new ArrayBufferWriter<byte>(64 + (24 * (Count - after)));
        Write(output, [Version]);
        Write(output, (ulong)_parts.Count);
        foreach (var part in _parts)
        {
            // One more than its length, so that 0 stands for no name.
            var name = part.Agent is null ? null : Encoding.UTF8.GetBytes(part.Agent);
            Write(output, name is null ? 0 : (ulong)name.Length + 1);
            Write(output, name);
        }

        var before = 0L;
        for (var i = Math.Max(after, Forgotten); i < Count; i++)
        {
            var entry = At(i);
            var at = (long)Math.Round(entry.Milliseconds * 1000);
            Write(output, [(byte)entry.Kind, entry.Part]);
            // Agents that write at once may be a little out of order.
            Write(output, (ulong)Math.Max(0, at - before));
            before = Math.Max(at, before);
            if (entry.Kind == Kind.Event)
            {
                var json = JsonSerializer.SerializeToUtf8Bytes(_events[entry.Start], Json);
                Write(output, (ulong)json.Length);
                Write(output, json);
            }
            else
            {
                var text = (entry.Kind == Kind.Reasoning ? _parts[entry.Part].Reasoning : _parts[entry.Part].Text).Slice(entry.Start, entry.Start + entry.Length);
                Write(output, (ulong)Encoding.UTF8.GetByteCount(text));
                Encoding.UTF8.GetBytes(text, output);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Adds stored entries, the first of which is number <paramref name="first"/>; those that are there already are passed over.</summary>
    /// <param name="record">What <see cref="Record"/> made.</param>
    /// <param name="first">The number of its first entry.</param>
    /// <param name="added">Called for each entry added.</param>
    /// <exception cref="InvalidDataException">It was made by a newer version, or is damaged.</exception>
    public void Add(ReadOnlySpan<byte> record, long first, Action<RunEvent> added)
    {
        if (record is [] || record[0] != Version)
        {
            throw new InvalidDataException("The stored events are of a version that this program does not know.");
        }

        record = record[1..];
        var parts = ReadNumber(ref record);
        for (var i = 0; i < parts; i++)
        {
            var name = ReadNumber(ref record) is > 0 and var length ? Encoding.UTF8.GetString(Take(ref record, length - 1)) : null;
            if (i >= _parts.Count)
            {
                _parts.Add(new RunPart((byte)i, name));
            }
        }

        var (at, seq) = (0L, first);
        for (; record.Length > 0; seq++)
        {
            var head = Take(ref record, 2);
            var (kind, index) = ((Kind)head[0], head[1]);
            at += ReadNumber(ref record);
            var content = Take(ref record, ReadNumber(ref record));
            if (seq > Count + 1 || kind > Kind.Reasoning || (kind != Kind.Event && index >= _parts.Count))
            {
                throw new InvalidDataException("The stored events are damaged.");
            }

            if (seq > Count)
            {
                Add(kind, index, content, at / 1000.0);
                added(kind == Kind.Event ? _events[^1] : Delta(At(Count - 1), At(Count - 1), Count));
            }
        }
    }

    /// <summary>How many of these, from the first on, can be read.</summary>
    /// <param name="batches">What is stored of a run.</param>
    /// <param name="damage">What is wrong with the next one; null where all can be read.</param>
    public static int Check(IReadOnlyList<RunBatch> batches, out string? damage)
    {
        damage = null;
        var log = new RunLog();
        for (var i = 0; i < batches.Count; i++)
        {
            try
            {
                log.Add(batches[i].Data, batches[i].FirstSeq, _ => { });
            }
            catch (InvalidDataException exception)
            {
                damage = exception.Message;
                return i;
            }
        }

        return batches.Count;
    }

    private void Add(Kind kind, byte index, ReadOnlySpan<byte> content, double now)
    {
        if (kind == Kind.Event)
        {
            Add(ReadEvent(content), now);
        }
        else
        {
            Add(_parts[index], Encoding.UTF8.GetString(content), kind == Kind.Reasoning, now);
        }
    }

    private static RunEvent ReadEvent(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunEvent>(json, Json) switch
            {
                null or ErrorEvent { Problem: null } or MetricsEvent { Metrics: null } or DoneEvent { Metrics: null } or DoneEvent { Usage: null } =>
                    throw new InvalidDataException("The stored events are damaged."),
                DoneEvent { Reason: < RunState.Completed or > RunState.Interrupted } => throw new InvalidDataException("The stored events are damaged."),
                var @event => @event,
            };
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException("The stored events are damaged, or of a version that this program does not know.", exception);
        }
    }

    private static void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private static void Write(ArrayBufferWriter<byte> output, ulong number)
    {
        for (; number > 0x7f; number >>= 7)
        {
            Write(output, [(byte)(number | 0x80)]);
        }

        Write(output, [(byte)number]);
    }

    private static long ReadNumber(ref ReadOnlySpan<byte> record)
    {
        var number = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(ref record, 1)[0];
            number |= (ulong)(next & 0x7f) << shift;
            if (next <= 0x7f)
            {
                return (long)number;
            }
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> record, long length)
    {
        if (length < 0 || length > record.Length)
        {
            throw new InvalidDataException("The stored events are damaged.");
        }

        var taken = record[..(int)length];
        record = record[(int)length..];
        return taken;
    }
}
