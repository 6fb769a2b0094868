using System.Globalization;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Scripted;

/// <summary>Parallel calls of clock and calculator, as a model writes them: in fragments that take turns, then whole.</summary>
internal static class ScriptedCalls
{
    private static readonly string[] TimeZones = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"];

    public static FunctionCallContent[] Make(Script script)
    {
        var random = new Random(script.Seed);
        return
        [
            .. Enumerable.Range(1, script.Tools).Select(n =>
            {
                var (tool, argument, value) = n % 2 == 1
                    ? ("clock", "timeZone", Prose.Pick(random, TimeZones))
                    : ("calculator", "expression", string.Create(CultureInfo.InvariantCulture, $"{random.Next(2, 100)} * {random.Next(2, 100)}"));
                return new FunctionCallContent(
                    string.Create(CultureInfo.InvariantCulture, $"call_{script.Seed}_{n}"),
                    tool,
                    new Dictionary<string, object?> { [argument] = value });
            }),
        ];
    }

    /// <summary>First every call's id and name, then a piece of each call's arguments in turn until all are written.</summary>
    public static IEnumerable<ToolCallDeltaContent> Fragments(FunctionCallContent[] calls)
    {
        for (var index = 0; index < calls.Length; index++)
        {
            yield return new ToolCallDeltaContent(index, "") { CallId = calls[index].CallId, Name = calls[index].Name };
        }

        string[][] pieces = [.. calls.Select(call => Tokenizer.Split(Json(call)).Chunk(2).Select(piece => string.Concat(piece)).ToArray())];
        for (var turn = 0; turn < pieces.Max(all => all.Length); turn++)
        {
            for (var index = 0; index < calls.Length; index++)
            {
                if (turn < pieces[index].Length)
                {
                    yield return new ToolCallDeltaContent(index, pieces[index][turn]);
                }
            }
        }
    }

    // {"timeZone":"Europe/Berlin"}: none of the values needs escaping.
    private static string Json(FunctionCallContent call) =>
        "{" + string.Join(',', call.Arguments!.Select(argument => $"\"{argument.Key}\":\"{argument.Value}\"")) + "}";
}
