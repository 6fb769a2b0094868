using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Runs;

/// <summary>Answers that shall be JSON of a given schema: it streams as it comes, and is checked as a whole at the end.</summary>
public static class StructuredOutput
{
    /// <summary>Whether answers can be checked against a schema.</summary>
    /// <returns>What is wrong with it and what to write instead, for people; null where it can be used.</returns>
    public static string? Check(JsonElement schema) => new JsonSchema(schema).Problem;

    /// <summary>The schema that an answer to a request with these options has to fit; null for none.</summary>
    internal static JsonElement? SchemaOf(ChatOptions? options) => (options?.ResponseFormat as ChatResponseFormatJson)?.Schema;

    /// <summary>What is wrong with an answer; null where it is JSON that fits.</summary>
    internal static RunProblem? Problem(JsonElement schema, string model, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var form = new JsonSchema(schema);
            // One that can't be checked here is the provider's business: all that is known is that JSON was asked for.
            return form.Problem is null && form.Validate(document.RootElement) is not [] and var places
                ? RunProblem.InvalidOutput($"The answer of {model} does not fit the schema: {string.Join("; ", places)}. Retry for a new answer.")
                : null;
        }
        catch (JsonException exception)
        {
            return RunProblem.InvalidOutput($"The answer of {model} is not JSON: it breaks off at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}. Retry for a new answer, or ask a model that can give JSON.");
        }
    }
}
