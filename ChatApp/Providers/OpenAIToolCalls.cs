using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// Puts tool calls together from their fragments:
/// <code>
/// "tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]
/// "tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]
/// </code>
/// Fragments belong together by <c>index</c>. Where it is absent (Gemini's compatible endpoint), a new id begins a call and what has no id continues the last.
/// </summary>
internal sealed class OpenAIToolCalls
{
    private readonly List<Call> _calls = [];

    internal void Read(JsonElement? fragments, List<AIContent> contents)
    {
        if (fragments is not { ValueKind: JsonValueKind.Array } array)
        {
            return;
        }

        foreach (var fragment in array.EnumerateArray())
        {
            int? index = JsonText.Find(fragment, "index") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var i) ? i : null;
            var function = JsonText.Find(fragment, "function") ?? default;
            Read(index, JsonText.Read(fragment, "id"), JsonText.Read(function, "name"), Arguments(function), contents);
        }
    }

    /// <summary>Reads one fragment. What it does not say is empty.</summary>
    internal void Read(int? index, string id, string name, string arguments, List<AIContent> contents)
    {
        var call = Find(index, id);
        var first = call.Name.Length == 0 && name.Length > 0;
        call.Arguments.Append(arguments);
        if (first)
        {
            call.Name = name;
            contents.Add(new ToolCallDeltaContent(_calls.IndexOf(call), call.Arguments.ToString()) { CallId = call.Id, Name = name });
        }
        else if (call.Name.Length > 0)
        {
            contents.Add(new ToolCallDeltaContent(_calls.IndexOf(call), arguments));
        }

        // Arguments that come before the name wait for it: nobody could tell what they are of.
    }

    /// <summary>Adds every call, now that the model has said it is done; false where there is none.</summary>
    internal bool Complete(List<AIContent> contents)
    {
        foreach (var call in _calls)
        {
            var arguments = call.Arguments.Length == 0 ? "{}" : JsonText.Mend(call.Arguments.ToString());
            contents.Add(FunctionCallContent.CreateFromParsedArguments(arguments, call.Id, call.Name, Parse));
        }

        return _calls.Count > 0;
    }

    private static Dictionary<string, object?>? Parse(string arguments) =>
        JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments, AIJsonUtilities.DefaultOptions);

    private Call Find(int? index, string id)
    {
        // The same index under another id is another call: some count every fragment's index from 0.
        var call = index is null && id.Length == 0
            ? _calls.LastOrDefault()
            : _calls.Find(c => index is null ? c.Id == id : c.Index == index && (id.Length == 0 || c.Id == id || !c.HasOwnId));
        if (call is null)
        {
            // What answers a call names it by its id, so it has one even where the server gives none.
            call = new Call(index, id.Length > 0 ? id : $"call_{Guid.NewGuid():N}", id.Length > 0);
            _calls.Add(call);
        }

        return call;
    }

    // A text that grows; or, at some, the whole object at once.
    private static string Arguments(JsonElement function) => JsonText.Find(function, "arguments") switch
    {
        { ValueKind: JsonValueKind.String } text => JsonText.ReadPiece(text),
        { ValueKind: JsonValueKind.Object } whole => whole.GetRawText(),
        _ => "",
    };

    private sealed class Call(int? index, string id, bool hasOwnId)
    {
        internal int? Index { get; } = index;

        internal string Id { get; } = id;

        internal bool HasOwnId { get; } = hasOwnId;

        internal string Name { get; set; } = "";

        internal StringBuilder Arguments { get; } = new();
    }
}
