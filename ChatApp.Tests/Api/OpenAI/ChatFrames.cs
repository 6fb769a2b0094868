using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatApp.Api.OpenAI;
using ChatApp.Runs;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Api.OpenAI;

/// <summary>What a chat completion's stream says, frame by frame, and what a client puts together from it.</summary>
internal static class ChatFrames
{
    /// <summary>The frames the format writes for these events, whose calls are of the client's tools.</summary>
    public static List<string> Write(IEnumerable<RunEvent> events, bool includeUsage = false)
    {
        var run = new Run("run1", "fake/model", new RunRequest { Messages = [] }, new FakeTime()) { ClientTools = new HashSet<string>(["clock", "f", "g"]) };
        var output = new ArrayBufferWriter<byte>();
        using var format = new ChatCompletionsFormat(run, includeUsage);
        foreach (var @event in events)
        {
            format.Write(@event, output);
        }

        return Split(Encoding.UTF8.GetString(output.WrittenSpan));
    }

    /// <summary>The <c>data</c> of every frame; comments are left out.</summary>
    public static List<string> Split(string stream)
    {
        Assert.EndsWith("\n\n", stream, StringComparison.Ordinal);
        return [.. stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame[0] != ':').Select(frame =>
        {
            Assert.StartsWith("data: ", frame, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', frame);
            return frame["data: ".Length..];
        })];
    }

    /// <summary>The chunks, without <c>[DONE]</c> and errors.</summary>
    public static List<JsonElement> Chunks(this IEnumerable<string> frames) =>
        [.. frames.Where(frame => frame[0] == '{').Select(frame => JsonElement.Parse(frame)).Where(chunk => chunk.TryGetProperty("choices", out _))];

    /// <summary>The error of the last frame.</summary>
    public static JsonElement Error(this IReadOnlyList<string> frames) => JsonElement.Parse(frames[^1]).GetProperty("error");

    /// <summary>All pieces of one member of a choice's deltas as one text.</summary>
    public static string Joined(this IEnumerable<string> frames, string member, int choice = 0) => string.Concat(
        frames.Choices(choice).Select(c => c.GetProperty("delta").TryGetProperty(member, out var piece) ? piece.GetString() : ""));

    /// <summary>A choice's <c>finish_reason</c>; null where it has none.</summary>
    public static string? Finish(this IEnumerable<string> frames, int choice = 0) =>
        frames.Choices(choice).Select(c => c.GetProperty("finish_reason").GetString()).LastOrDefault(reason => reason is not null);

    /// <summary>A choice's calls as a client puts them together: <c>id name(arguments)</c>.</summary>
    public static List<string> Calls(this IEnumerable<string> frames, int choice = 0)
    {
        var calls = new SortedDictionary<int, (string Id, string Name, string Arguments)>();
        foreach (var c in frames.Choices(choice))
        {
            if (!c.GetProperty("delta").TryGetProperty("tool_calls", out var fragments))
            {
                continue;
            }

            var fragment = Assert.Single(fragments.EnumerateArray());
            var (index, function) = (fragment.GetProperty("index").GetInt32(), fragment.GetProperty("function"));
            var isFirst = !calls.TryGetValue(index, out var call);
            Assert.Equal(isFirst, fragment.TryGetProperty("id", out var id));
            Assert.Equal(isFirst, fragment.TryGetProperty("type", out _));
            Assert.Equal(isFirst, function.TryGetProperty("name", out var name));
            calls[index] = isFirst ? (id.GetString()!, name.GetString()!, function.GetProperty("arguments").GetString()!)
                : call with { Arguments = call.Arguments + function.GetProperty("arguments").GetString() };
        }

        Assert.Equal(Enumerable.Range(0, calls.Count), calls.Keys);
        return [.. calls.Values.Select(call => $"{call.Id} {call.Name}({call.Arguments})")];
    }

    private static IEnumerable<JsonElement> Choices(this IEnumerable<string> frames, int index) =>
        frames.Chunks().SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray()).Where(choice => choice.GetProperty("index").GetInt32() == index);
}
