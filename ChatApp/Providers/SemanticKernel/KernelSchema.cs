using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>
/// A tool's schema as a kernel can take it. A kernel keeps only the schemas of the parameters, so what these refer to at the root, as in
/// <c>{"properties":{"at":{"$ref":"#/$defs/Point"}},"$defs":{"Point":{…}}}</c>, is written out where it is used; and it reads no <c>true</c> for "anything".
/// </summary>
internal static class KernelSchema
{
    // What refers to itself has no end: from here on it is anything.
    private const int MaxDepth = 8;

    internal static JsonElement Of(JsonElement schema)
    {
        var root = JsonNode.Parse(schema.GetRawText());
        if (root is not JsonObject { } whole || whole["properties"] is not JsonObject properties)
        {
            return schema;
        }

        var written = new JsonObject();
        foreach (var (name, property) in properties)
        {
            written[name] = property is JsonObject ? Write(property, whole, 0) : new JsonObject();
        }

        return JsonSerializer.SerializeToElement(new JsonObject { ["type"] = "object", ["properties"] = written, ["required"] = whole["required"]?.DeepClone() });
    }

    private static JsonNode? Write(JsonNode? node, JsonObject root, int depth)
    {
        switch (node)
        {
            case JsonObject reference when Target(reference, root) is { } target:
                return depth < MaxDepth ? Write(target, root, depth + 1) : new JsonObject();
            case JsonObject json:
                var copy = new JsonObject();
                foreach (var (name, value) in json)
                {
                    copy[name] = Write(value, root, depth);
                }

                return copy;
            case JsonArray array:
                return new JsonArray([.. array.Select(item => Write(item, root, depth))]);
            default:
                return node?.DeepClone();
        }
    }

    // {"$ref":"#/$defs/Point"}   and, in older schemas, "#/definitions/Point". References into the parameters stay right as they are.
    private static JsonNode? Target(JsonObject json, JsonObject root) =>
        json["$ref"] is JsonValue value && value.TryGetValue(out string? reference) && reference.Split('/') is ["#", "$defs" or "definitions", _] path
            ? (root[path[1]] as JsonObject)?[path[2]]
            : null;
}
