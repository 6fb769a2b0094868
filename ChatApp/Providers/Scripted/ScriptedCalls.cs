using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers.Scripted;

/// <summary>Parallel calls of clock and calculator, as a model writes them: in fragments that take turns, then whole.</summary>
internal static class ScriptedCalls
{
    private static readonly string[] TimeZones = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney"];

    // Arguments as a model writes them: no spaces, and no \u00e9 for é.
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The calls of a round.</summary>
    /// <param name="script">What is played.</param>
    /// <param name="round">Which round, from 0: each has other calls, unless the script names them.</param>
    public static FunctionCallContent[] Make(Script script, int round)
    {
        var random = new Random(unchecked(script.Seed + round));
        return
        [
            .. Enumerable.Range(1, script.Calls).Select(n =>
            {
                var (tool, arguments) = script.Call is { } call ? (call.Name, Named(call.Arguments))
                    : n % 2 == 1 ? ("clock", One("timeZone", Prose.Pick(random, TimeZones)))
                    : ("calculator", One("expression", string.Create(CultureInfo.InvariantCulture, $"{random.Next(2, 100)} * {random.Next(2, 100)}")));
                var id = string.Create(CultureInfo.InvariantCulture, $"call_{script.Seed}_{(round == 0 ? "" : $"r{round + 1}_")}{n}");
                // As a provider's client has it: what is no JSON is no arguments, and the reason.
                return script.HasBadArguments
                    ? new FunctionCallContent(id, tool) { Exception = new JsonException("The arguments are no JSON, as the script says.") }
                    : new FunctionCallContent(id, tool, arguments);
            }),
        ];

        static Dictionary<string, object?> One(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

        static Dictionary<string, object?> Named(JsonElement arguments) => arguments.EnumerateObject().DistinctBy(argument => argument.Name, StringComparer.Ordinal).ToDictionary(argument => argument.Name, object? (argument) => argument.Value, StringComparer.Ordinal);
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

    // {"timeZone":"Europe/Berlin"}
    private static string Json(FunctionCallContent call) =>
        call.Exception is null ? JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal), Compact) : "{\"this is\": no JSON";
}
