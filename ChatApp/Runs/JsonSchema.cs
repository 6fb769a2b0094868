using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChatApp.Runs;

/// <summary>
/// A JSON schema, draft 2020-12, as far as schemas of answers use it: types, objects, arrays, numbers, texts, choices, combinations, and references within it.
/// A keyword that only describes is passed over; one that demands something and is not known here is a <see cref="Problem"/>, so that nothing goes unchecked in silence.
/// </summary>
internal sealed class JsonSchema
{
    private const int MaxDepth = 64;
    private const int MaxLength = 256 * 1024;

    private const int MaxNumber = 64;
    private const int MaxShown = 120;

    // A small schema can ask for very many looks at a value, and one look for much work: what is dear counts as several, so that all together take about a second.
    private const long MaxLooks = 1_000_000;

    private static readonly TimeSpan PatternPatience = TimeSpan.FromMilliseconds(100);
    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean", "null"];

    private static readonly HashSet<string> NotChecked = new(StringComparer.Ordinal)
    {
        "if", "then", "else", "not", "contains", "minContains", "maxContains", "propertyNames", "patternProperties", "dependentSchemas", "dependentRequired",
        "dependencies", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef", "additionalItems",
    };

    private readonly JsonElement _root;
    private readonly Dictionary<string, Regex> _patterns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _found = new(StringComparer.Ordinal);
    private readonly Queue<(JsonElement Schema, string At)> _pointedAt = [];
    private int _checks;

    public JsonSchema(JsonElement root)
    {
        _root = root;
        Problem = root.ValueKind != JsonValueKind.Object ? "The schema must be an object."
            : root.GetRawText().Length > MaxLength ? $"The schema has more than {MaxLength} characters. Send a smaller one."
            : Check();
    }

    /// <summary>Why it can't be used, for people; null where it can.</summary>
    public string? Problem { get; }

    /// <summary>Where the value does not fit, at most <paramref name="most"/> places, for people; empty where it fits.</summary>
    public IReadOnlyList<string> Validate(JsonElement value, int most = 5)
    {
        var effort = new Effort();
        var look = new Look(most, effort);
        Validate(value, _root, "$", look, 0);
        return effort.IsOver ? ["the schema asks for too much to check it"] : look.Places;
    }

    private string? Check()
    {
        var problem = Check(_root, "#", 0);
        // What is pointed at need not stand where schemas stand. One by one and not each within the other: there may be thousands in a row.
        while (problem is null && _pointedAt.TryDequeue(out var next))
        {
            problem = Check(next.Schema, next.At, 1);
        }

        return problem;
    }

    private string? Check(JsonElement schema, string at, int depth)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return null;
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            return $"The schema has no schema at {Shown(at)}: write an object there.";
        }

        if (depth > MaxDepth)
        {
            return $"The schema is nested deeper than {MaxDepth}.";
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            if (++_checks > MaxLooks)
            {
                return "The schema has too many references. Send a smaller one.";
            }

            var here = $"{at}/{keyword.Name}";
            if (NotChecked.Contains(keyword.Name))
            {
                return $"The schema's {Shown(here)} can't be checked here. Leave that keyword out.";
            }

            if (CheckKeyword(keyword, here, depth) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private string? CheckKeyword(JsonProperty keyword, string at, int depth)
    {
        var value = keyword.Value;
        switch (keyword.Name)
        {
            case "type":
                var names = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value };
                return Array.TrueForAll(names, name => name.ValueKind == JsonValueKind.String && Types.Contains(name.GetString())) ? null
                    : $"The schema's {Shown(at)} must be one of {string.Join(", ", Types)}, or a list of them.";
            case "properties" or "$defs" or "definitions":
                return value.ValueKind != JsonValueKind.Object ? $"The schema's {Shown(at)} must be an object of schemas."
                    : value.EnumerateObject().Select(one => Check(one.Value, $"{at}/{one.Name}", depth + 1)).FirstOrDefault(problem => problem is not null);
            case "items" or "additionalProperties":
                return Check(value, at, depth + 1);
            case "anyOf" or "oneOf" or "allOf" or "prefixItems":
                return value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0 ? $"The schema's {Shown(at)} must be a list of schemas."
                    : value.EnumerateArray().Select((one, i) => Check(one, $"{at}/{i}", depth + 1)).FirstOrDefault(problem => problem is not null);
            case "required":
                return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String) ? null
                    : $"The schema's {Shown(at)} must be a list of names.";
            case "enum":
                return value.ValueKind == JsonValueKind.Array ? null : $"The schema's {Shown(at)} must be a list of values.";
            case "$ref":
                return value.ValueKind == JsonValueKind.String && Find(value.GetString()!) is not null ? null
                    : $"The schema's {Shown(at)} points at nothing in it. Write it as #/$defs/NAME.";
            case "pattern":
                return value.ValueKind == JsonValueKind.String && Compile(value.GetString()!) ? null : $"The schema's {Shown(at)} is no regular expression that can be used here.";
            case "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties":
                return IsNumber(value) && value.TryGetDouble(out var count) && count >= 0 ? null : $"The schema's {Shown(at)} must be a number of 0 or more.";
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum":
                return IsNumber(value) ? null : $"The schema's {Shown(at)} must be a number.";
            case "multipleOf":
                return IsNumber(value) && value.TryGetDouble(out var of) && of > 0 ? null : $"The schema's {Shown(at)} must be a number of more than 0.";
            default:
                return null;
        }
    }

    private static bool IsNumber(JsonElement value) => value.ValueKind == JsonValueKind.Number && JsonMarshal.GetRawUtf8Value(value).Length <= MaxNumber;

    private bool Compile(string pattern)
    {
        try
        {
            _patterns[pattern] = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.ECMAScript, PatternPatience);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private JsonElement? Find(string reference)
    {
        if (_found.TryGetValue(reference, out var known))
        {
            return known;
        }

        var at = _root;
        if (reference != "#")
        {
            if (!reference.StartsWith("#/", StringComparison.Ordinal))
            {
                return null;
            }

            foreach (var name in reference[2..].Split('/').Select(part => Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
            {
                if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var next))
                {
                    at = next;
                }
                else if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < at.GetArrayLength())
                {
                    at = at[i];
                }
                else
                {
                    return null;
                }
            }
        }

        _found[reference] = at;
        _pointedAt.Enqueue((at, reference));
        return at;
    }

    private void Validate(JsonElement value, JsonElement schema, string at, Look look, int depth)
    {
        // Each keyword is looked at, and most that are of a text or number read the whole of it.
        long keywords = schema.ValueKind == JsonValueKind.Object ? schema.GetPropertyCount() : 0;
        var size = value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? JsonMarshal.GetRawUtf8Value(value).Length : 0;
        if (look.IsOver || !look.Spend(1 + (keywords / 8) + (keywords * size / 256)))
        {
            return;
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            if (schema.ValueKind == JsonValueKind.False)
            {
                look.Add(at, "may not be there");
            }

            return;
        }

        if (depth > 4 * MaxDepth)
        {
            // Of a schema that points at itself, and asks for ever more of the same value.
            look.Add(at, "can't be checked: the schema goes round in a circle");
            return;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            Validate(value, schema, keyword, at, look, depth);
        }
    }

    private void Validate(JsonElement value, JsonElement schema, JsonProperty keyword, string at, Look look, int depth)
    {
        var demand = keyword.Value;
        if (keyword.Name is "type" or "enum" && demand.ValueKind == JsonValueKind.Array && !look.Spend(demand.GetArrayLength() / 4))
        {
            return;
        }

        switch (keyword.Name)
        {
            case "type":
                if (!(demand.ValueKind == JsonValueKind.Array ? demand.EnumerateArray().Any(type => Is(value, type.GetString()!)) : Is(value, demand.GetString()!)))
                {
                    look.Add(at, $"is {Kind(value)} and not {(demand.ValueKind == JsonValueKind.Array ? string.Join(" or ", demand.EnumerateArray().Select(type => type.GetString())) : demand.GetString())}");
                }

                break;
            case "enum":
                if (!demand.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
                {
                    look.Add(at, "is none of the values that it may be");
                }

                break;
            case "const":
                if (!JsonElement.DeepEquals(demand, value))
                {
                    look.Add(at, "is not the value that it must be");
                }

                break;
            case "$ref":
                Validate(value, Find(demand.GetString()!)!.Value, at, look, depth + 1);
                break;
            case "allOf":
                foreach (var one in demand.EnumerateArray())
                {
                    Validate(value, one, at, look, depth + 1);
                }

                break;
            case "anyOf" or "oneOf":
                ValidateChoice(value, keyword, at, look, depth);
                break;
            default:
                if (value.ValueKind == JsonValueKind.Object)
                {
                    ValidateObject(value, schema, keyword, at, look, depth);
                }
                else if (value.ValueKind == JsonValueKind.Array)
                {
                    ValidateArray(value, schema, keyword, at, look, depth);
                }
                else if (value.ValueKind == JsonValueKind.String)
                {
                    ValidateText(value, keyword, at, look);
                }
                else if (value.ValueKind == JsonValueKind.Number)
                {
                    ValidateNumber(value, keyword, at, look);
                }

                break;
        }
    }

    private void ValidateChoice(JsonElement value, JsonProperty keyword, string at, Look look, int depth)
    {
        var fitting = 0;
        Look? nearest = null;
        foreach (var one in keyword.Value.EnumerateArray())
        {
            var own = new Look(1, look.Effort);
            Validate(value, one, at, own, depth + 1);
            fitting += own.Places.Count == 0 ? 1 : 0;
            nearest ??= own;
        }

        if (fitting == 0)
        {
            // Of one choice there is more to say than that it does not fit.
            look.Add(at, keyword.Value.GetArrayLength() == 1 ? nearest!.Places[0] : "fits none of the choices");
        }
        else if (fitting > 1 && keyword.Name == "oneOf")
        {
            look.Add(at, "fits several choices, of which it may fit one only");
        }
    }

    private void ValidateObject(JsonElement value, JsonElement schema, JsonProperty keyword, string at, Look look, int depth)
    {
        var demand = keyword.Value;
        switch (keyword.Name)
        {
            case "required" when look.Spend(demand.GetArrayLength() / 4 * (1 + (value.GetPropertyCount() / 16))):
                foreach (var name in demand.EnumerateArray().Select(name => name.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
                {
                    look.Add(Under(at, name), "is missing");
                }

                break;
            case "properties" when look.Spend(FindsIn(demand, value)):
                foreach (var one in value.EnumerateObject())
                {
                    if (demand.TryGetProperty(one.Name, out var own))
                    {
                        Validate(one.Value, own, Under(at, one.Name), look, depth + 1);
                    }
                }

                break;
            case "additionalProperties":
                var known = schema.TryGetProperty("properties", out var properties) ? properties : default;
                if (known.ValueKind == JsonValueKind.Object && !look.Spend(FindsIn(known, value)))
                {
                    break;
                }

                foreach (var one in value.EnumerateObject())
                {
                    if (known.ValueKind != JsonValueKind.Object || !known.TryGetProperty(one.Name, out _))
                    {
                        Validate(one.Value, demand, Under(at, one.Name), look, depth + 1);
                    }
                }

                break;
            case "minProperties" when value.GetPropertyCount() < demand.GetDouble():
                look.Add(at, $"has less than {demand.GetRawText()} properties");
                break;
            case "maxProperties" when value.GetPropertyCount() > demand.GetDouble():
                look.Add(at, $"has more than {demand.GetRawText()} properties");
                break;
            default:
                break;
        }
    }

    // What it takes to find each of a value's properties among those of a schema: they are gone through from one end.
    private static long FindsIn(JsonElement known, JsonElement value) => value.GetPropertyCount() * (1L + known.GetPropertyCount()) / 16;

    private void ValidateArray(JsonElement value, JsonElement schema, JsonProperty keyword, string at, Look look, int depth)
    {
        var demand = keyword.Value;
        var first = schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0;
        switch (keyword.Name)
        {
            case "prefixItems":
                var place = 0;
                foreach (var (one, own) in value.EnumerateArray().Zip(prefix.EnumerateArray()))
                {
                    Validate(one, own, Under(at, place++), look, depth + 1);
                }

                break;
            case "items":
                var index = 0;
                foreach (var one in value.EnumerateArray())
                {
                    if (index >= first)
                    {
                        Validate(one, demand, Under(at, index), look, depth + 1);
                    }

                    index++;
                }

                break;
            case "minItems" when value.GetArrayLength() < demand.GetDouble():
                look.Add(at, $"has less than {demand.GetRawText()} items");
                break;
            case "maxItems" when value.GetArrayLength() > demand.GetDouble():
                look.Add(at, $"has more than {demand.GetRawText()} items");
                break;
            case "uniqueItems" when demand.ValueKind == JsonValueKind.True && HasRepeats(value, look):
                look.Add(at, "has an item twice");
                break;
            default:
                break;
        }
    }

    private static bool HasRepeats(JsonElement value, Look look)
    {
        var items = value.EnumerateArray().ToArray();
        for (var i = 1; i < items.Length; i++)
        {
            if (!look.Spend(i))
            {
                return false;
            }

            if (items.Take(i).Any(earlier => JsonElement.DeepEquals(earlier, items[i])))
            {
                return true;
            }
        }

        return false;
    }

    private void ValidateText(JsonElement value, JsonProperty keyword, string at, Look look)
    {
        // Lengths are of characters as Unicode counts them, not of UTF-16.
        switch (keyword.Name)
        {
            case "minLength" when Length(value) < keyword.Value.GetDouble():
                look.Add(at, $"has less than {keyword.Value.GetRawText()} characters");
                break;
            case "maxLength" when Length(value) > keyword.Value.GetDouble():
                look.Add(at, $"has more than {keyword.Value.GetRawText()} characters");
                break;
            case "pattern" when !Matches(keyword.Value.GetString()!, value.GetString()!, look):
                look.Add(at, "does not match its pattern");
                break;
            default:
                break;
        }
    }

    private static int Length(JsonElement text) => text.GetString()!.EnumerateRunes().Count();

    private bool Matches(string pattern, string value, Look look)
    {
        // A pattern may go back over a text many times; how often, only the time-out bounds.
        look.Spend(1 + ((long)pattern.Length * value.Length / 64));
        try
        {
            return _patterns[pattern].IsMatch(value);
        }
        catch (RegexMatchTimeoutException)
        {
            // Once is enough: a text of many may have as many values for it.
            look.Spend(MaxLooks);
            return false;
        }
    }

    private static void ValidateNumber(JsonElement value, JsonProperty keyword, string at, Look look)
    {
        if (keyword.Value.ValueKind != JsonValueKind.Number)
        {
            return;
        }

        var (number, demand) = (value.GetDouble(), keyword.Value.GetDouble());
        var problem = keyword.Name switch
        {
            "minimum" when number < demand => "is less than",
            "maximum" when number > demand => "is more than",
            "exclusiveMinimum" when number <= demand => "is not more than",
            "exclusiveMaximum" when number >= demand => "is not less than",
            "multipleOf" when !IsMultiple(value, keyword.Value) => "is no multiple of",
            _ => null,
        };
        if (problem is not null)
        {
            look.Add(at, $"{problem} {keyword.Value.GetRawText()}");
        }
    }

    private static bool IsMultiple(JsonElement value, JsonElement of) =>
        value.TryGetDecimal(out var number) && of.TryGetDecimal(out var step) && step > 0 ? number % step == 0 : value.GetDouble() % of.GetDouble() == 0;

    private static bool Is(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.True or JsonValueKind.False => type == "boolean",
        JsonValueKind.Null => type == "null",
        // 1.0 is an integer: what counts is the value, not how it is written.
        _ => type == "number" || (type == "integer" && double.IsInteger(value.GetDouble())),
    };

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    // Where it is shown it is cut, and made for each value there is.
    private static string Under(string at, string name) => at.Length > MaxShown ? at : $"{at}.{(name.Length > MaxShown ? name[..MaxShown] : name)}";

    private static string Under(string at, int index) => at.Length > MaxShown ? at : string.Create(CultureInfo.InvariantCulture, $"{at}[{index}]");

    private static string Shown(string at) => at.Length <= MaxShown ? at : $"{at[..MaxShown]}…";

    /// <summary>How much was looked at.</summary>
    private sealed class Effort
    {
        public long Looks { get; set; }

        public bool IsOver => Looks > MaxLooks;
    }

    /// <summary>One look at a value: what was found.</summary>
    private sealed class Look(int most, Effort effort)
    {
        public List<string> Places { get; } = [];

        public Effort Effort => effort;

        public bool IsOver => Places.Count >= most;

        /// <returns>False where too much was looked at.</returns>
        public bool Spend(long looks)
        {
            effort.Looks += looks;
            return !effort.IsOver;
        }

        public void Add(string at, string problem)
        {
            if (!IsOver)
            {
                Places.Add($"{Shown(at)} {problem}");
            }
        }
    }
}
