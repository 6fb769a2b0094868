using System.Text.Json;
using ChatApp.Runs;

namespace ChatApp.Tests.Runs;

public class StructuredOutputTests
{
    private const string Order = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "An order", "type": "object",
          "properties": {
            "id": { "type": "integer", "minimum": 1, "description": "its number" },
            "state": { "enum": ["open", "sent"] },
            "note": { "type": ["string", "null"], "maxLength": 3 },
            "lines": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/line" } },
            "pay": { "anyOf": [{ "type": "string" }, { "type": "object", "properties": { "card": { "type": "string", "pattern": "^\\d{4}$" } }, "required": ["card"] }] }
          },
          "required": ["id", "lines"], "additionalProperties": false,
          "$defs": { "line": { "type": "object", "properties": { "name": { "type": "string" }, "parts": { "type": "array", "items": { "$ref": "#/$defs/line" } } }, "required": ["name"] } }
        }
        """;

    [Theory]
    [InlineData("""{"id":1,"lines":[{"name":"a"}]}""")]
    [InlineData("""{"id":1.0,"state":"open","note":null,"lines":[{"name":"a","parts":[{"name":"b","parts":[]}]}],"pay":{"card":"1234"}}""")]
    [InlineData(""" {"id":7,"note":"😀😀😀","lines":[{"name":"a"}],"pay":"cash"} """)]
    public void Problem_AnswerThatFits_Null(string text) => Assert.Null(StructuredOutput.Problem(Parse(Order), "m", text));

    [Theory]
    [InlineData("""{"lines":[{"name":"a"}]}""", "$.id is missing")]
    [InlineData("""{"id":1.5,"lines":[{"name":"a"}]}""", "$.id is a number and not integer")]
    [InlineData("""{"id":0,"lines":[{"name":"a"}]}""", "$.id is less than 1")]
    [InlineData("""{"id":1,"lines":[]}""", "$.lines has less than 1 items")]
    [InlineData("""{"id":1,"lines":[{"name":"a","parts":[{"name":2}]}]}""", "$.lines[0].parts[0].name is a number and not string")]
    [InlineData("""{"id":1,"lines":[{"name":"a"}],"more":1}""", "$.more may not be there")]
    [InlineData("""{"id":1,"lines":[{"name":"a"}],"state":"lost"}""", "$.state is none of the values that it may be")]
    [InlineData("""{"id":1,"lines":[{"name":"a"}],"note":"four"}""", "$.note has more than 3 characters")]
    [InlineData("""{"id":1,"lines":[{"name":"a"}],"pay":{"card":"x"}}""", "$.pay fits none of the choices")]
    [InlineData("[]", "$ is an array and not object")]
    [InlineData("""{"id":1,"lines""", "is not JSON")]
    [InlineData("```json\n{}\n```", "is not JSON")]
    [InlineData("", "is not JSON")]
    public void Problem_AnswerThatDoesNotFit_SaysWhere(string text, string expected)
    {
        var problem = StructuredOutput.Problem(Parse(Order), "m", text);

        Assert.Equal(("invalid-output", 502), (problem?.Type, problem?.Status));
        Assert.Contains(expected, problem!.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"oneOf":[{"type":"number"},{"type":"integer"}]}""", "1", false)]
    [InlineData("""{"oneOf":[{"type":"number"},{"type":"integer"}]}""", "1.5", true)]
    [InlineData("""{"allOf":[{"minimum":1},{"maximum":2}]}""", "3", false)]
    [InlineData("""{"const":{"a":[1,2]}}""", """{"a":[1,2.0]}""", true)]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":{"type":"number"}}""", """["a",1,2]""", true)]
    [InlineData("""{"prefixItems":[{"type":"string"}],"items":false}""", """["a",1]""", false)]
    [InlineData("""{"uniqueItems":true}""", "[1,2,1.0]", false)]
    [InlineData("""{"multipleOf":0.1}""", "0.3", true)]
    [InlineData("""{"multipleOf":2}""", "3", false)]
    [InlineData("""{"exclusiveMinimum":1,"exclusiveMaximum":2}""", "1", false)]
    [InlineData("""{"additionalProperties":{"type":"number"}}""", """{"a":1,"b":"x"}""", false)]
    [InlineData("""{"type":"object","definitions":{"a/b":{"type":"null"}},"properties":{"x":{"$ref":"#/definitions/a~1b"}}}""", """{"x":null}""", true)]
    [InlineData("""{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}""", "1", false)]
    public void Problem_EachKeyword_IsChecked(string schema, string text, bool fits)
    {
        Assert.Null(StructuredOutput.Check(Parse(schema)));

        Assert.Equal(fits, StructuredOutput.Problem(Parse(schema), "m", text) is null);
    }

    [Fact]
    public void Problem_SchemaThatDoublesWithEveryReference_EndsAllTheSame()
    {
        var defs = string.Join(",", Enumerable.Range(0, 60).Select(i => $$"""
            "a{{i}}":{"allOf":[{"$ref":"#/$defs/a{{i + 1}}"},{"$ref":"#/$defs/a{{i + 1}}"}]}
            """));
        var schema = Parse($$"""{"$ref":"#/$defs/a0","$defs":{ {{defs}},"a60":{"type":"number"} } }""");

        Assert.Contains("too much", StructuredOutput.Problem(schema, "m", "1")!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ReferencesByTheThousandInARow_NeedNoStack()
    {
        var defs = string.Join(",", Enumerable.Range(0, 8000).Select(i => $$"""
            "a{{i}}":{"$ref":"#/$defs/a{{i + 1}}"}
            """));

        Assert.Null(StructuredOutput.Check(Parse($$"""{"$ref":"#/$defs/a0","$defs":{ {{defs}},"a8000":{} } }""")));
    }

    [Theory]
    [InlineData("enum", 200_000)]
    [InlineData("required", 200_000)]
    [InlineData("pattern", 100_000)]
    [InlineData("keywords", 200_000)]
    [InlineData("lengths", 1)]
    public void Problem_SmallSchemaThatMakesMuchWork_EndsSoon(string what, int items)
    {
        var many = Enumerable.Range(0, 15_000);
        var one = what switch
        {
            "enum" => $$"""{"anyOf":[{"enum":[{{string.Join(',', many)}}]},true]}""",
            "required" => $$"""{"anyOf":[{"required":[{{string.Join(',', many.Select(i => $"\"n{i}\""))}}]},true]}""",
            "pattern" => """{"anyOf":[{"pattern":"^(a+)+$"},true]}""",
            "keywords" => $$"""{ {{string.Join(',', many.Select(i => $"\"n{i}\":0"))}} }""",
            _ => $$"""{"allOf":[{{string.Join(',', Enumerable.Repeat("""{"minLength":1}""", 15_000))}}]}""",
        };
        var item = what switch { "required" => "{}", "pattern" => "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "lengths" => $"\"{new string('a', 2_000_000)}\"", _ => "-1" };

        var problem = StructuredOutput.Problem(Parse($$"""{"items":{{one}}}"""), "m", $"[{string.Join(',', Enumerable.Repeat(item, items))}]");

        Assert.Contains("too much", problem!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_ValuesBelowALongName_TakeNoMoreForIt()
    {
        var answer = $$"""{"{{new string('n', 1_000_000)}}":[{{string.Join(',', Enumerable.Repeat('1', 200_000))}}]}""";

        Assert.Null(StructuredOutput.Problem(Parse("""{"additionalProperties":{"items":{"type":"number"}}}"""), "m", answer));
    }

    [Theory]
    [InlineData("""{"$ref":"https://example.com/schema"}""")]
    [InlineData("""{"required":1,"pattern":"("}""")]
    public void Problem_SchemaThatCannotBeChecked_AsksForJsonAlone(string schema)
    {
        Assert.Null(StructuredOutput.Problem(Parse(schema), "m", "{}"));
        Assert.NotNull(StructuredOutput.Problem(Parse(schema), "m", "no"));
    }

    [Theory]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"type":"text"}""", "#/type must be one of")]
    [InlineData("""{"properties":{"a":1}}""", "#/properties/a")]
    [InlineData("""{"$ref":"https://example.com/schema"}""", "points at nothing")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "points at nothing")]
    [InlineData("""{"pattern":"("}""", "no regular expression")]
    [InlineData("""{"if":{}}""", "#/if can't be checked")]
    [InlineData("""{"items":{"anyOf":[]}}""", "#/items/anyOf must be a list")]
    [InlineData("""{"required":"a"}""", "#/required")]
    [InlineData("""{"minLength":-1}""", "#/minLength")]
    public void Check_SchemaThatCannotBeUsed_SaysWhy(string schema, string expected) =>
        Assert.Contains(expected, StructuredOutput.Check(Parse(schema)), StringComparison.Ordinal);

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement.Clone();
}
