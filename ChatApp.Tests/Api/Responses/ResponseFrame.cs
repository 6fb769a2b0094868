using System.Text.Json;

namespace ChatApp.Tests.Api.Responses;

/// <summary>One named event of a Responses stream.</summary>
internal sealed record ResponseFrame(string Type, JsonElement Data)
{
    public long Number => Data.GetProperty("sequence_number").GetInt64();

    public bool IsDelta => Type.EndsWith(".delta", StringComparison.Ordinal);

    public string Delta => Data.GetProperty("delta").GetString()!;

    public string ItemId => Data.GetProperty("item_id").GetString()!;

    public JsonElement Response => Data.GetProperty("response");

    /// <summary>Reads a whole stream; comments are left out.</summary>
    public static List<ResponseFrame> ParseAll(string stream)
    {
        Assert.True(stream.Length == 0 || stream.EndsWith("\n\n", StringComparison.Ordinal));
        return [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(block => !block.StartsWith(':')).Select(Parse)];
    }

    /// <summary>Reads up to the first event of a type, that one included.</summary>
    public static async Task<List<ResponseFrame>> ReadUntilAsync(StreamReader lines, Predicate<ResponseFrame> isLast)
    {
        using var limit = new CancellationTokenSource(Infrastructure.Eventually.Limit);
        var frames = new List<ResponseFrame>();
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                frames.Add(Parse($"{line}\n{await lines.ReadLineAsync(limit.Token)}"));
                if (isLast(frames[^1]))
                {
                    break;
                }
            }
        }

        return frames;
    }

    private static ResponseFrame Parse(string block)
    {
        var lines = block.Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("event: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("data: ", lines[1], StringComparison.Ordinal);
        var data = JsonElement.Parse(lines[1]["data: ".Length..]);
        Assert.Equal(lines[0]["event: ".Length..], data.GetProperty("type").GetString());
        return new ResponseFrame(data.GetProperty("type").GetString()!, data);
    }
}
