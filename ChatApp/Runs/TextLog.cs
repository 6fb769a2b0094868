using System.Text;

namespace ChatApp.Runs;

/// <summary>
/// Text that only grows, kept once; readers take slices of it. It stands in chunks, so that growing copies nothing, and a chunk takes one
/// byte a character until one comes that needs two. Not synchronised: the run's lock guards it.
/// </summary>
internal sealed class TextLog
{
    private const int ChunkLength = 1024;
    private const int FirstLength = 128;

    private readonly List<Array> _chunks = [];

    /// <summary>How many UTF-16 characters there are.</summary>
    public int Length { get; private set; }

    public void Append(ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            var used = Length % ChunkLength;
            if (used == 0)
            {
                _chunks.Add(Array.Empty<byte>());
            }

            var piece = text[..Math.Min(text.Length, ChunkLength - used)];
            Write(Room(used, piece), used, piece);
            Length += piece.Length;
            text = text[piece.Length..];
        }
    }

    /// <summary>Takes back what was added last.</summary>
    public void Truncate(int length)
    {
        _chunks.RemoveRange((length + ChunkLength - 1) / ChunkLength, _chunks.Count - ((length + ChunkLength - 1) / ChunkLength));
        Length = length;
    }

    public string Slice(int from, int to) => from >= to ? "" : string.Create(to - from, (this, from), static (text, state) =>
    {
        var (log, at) = state;
        while (text.Length > 0)
        {
            var skip = at % ChunkLength;
            var piece = text[..Math.Min(text.Length, ChunkLength - skip)];
            Copy(log._chunks[at / ChunkLength], skip, piece);
            at += piece.Length;
            text = text[piece.Length..];
        }
    });

    // The last chunk, with room for the piece and wide enough for it.
    private Array Room(int used, ReadOnlySpan<char> piece)
    {
        var chunk = _chunks[^1];
        var wide = chunk is char[] || piece.ContainsAnyExceptInRange('\0', '\xff');
        if (chunk.Length >= used + piece.Length && wide == chunk is char[])
        {
            return chunk;
        }

        var length = Math.Min(ChunkLength, Math.Max(used + piece.Length, Math.Max(FirstLength, chunk.Length * 2)));
        Array room = wide ? new char[length] : new byte[length];
        if (room is char[] chars)
        {
            Copy(chunk, 0, chars.AsSpan(0, used));
        }
        else
        {
            Array.Copy(chunk, room, used);
        }

        return _chunks[^1] = room;
    }

    private static void Write(Array chunk, int at, ReadOnlySpan<char> piece)
    {
        if (chunk is char[] chars)
        {
            piece.CopyTo(chars.AsSpan(at));
        }
        else
        {
            Encoding.Latin1.GetBytes(piece, ((byte[])chunk).AsSpan(at));
        }
    }

    private static void Copy(Array chunk, int from, Span<char> to)
    {
        if (chunk is char[] chars)
        {
            chars.AsSpan(from, to.Length).CopyTo(to);
        }
        else
        {
            Encoding.Latin1.GetChars(((byte[])chunk).AsSpan(from, to.Length), to);
        }
    }
}
