using System.Text;
using System.Text.Json;
using ChatApp.Api.OpenAI;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary>Reads <c>input</c>: a text, or a list of messages, calls and their results.</summary>
internal static class ResponseInput
{
    /// <summary>What was said to calls that wait for it; empty for none. Only what comes after the last of them would be new, and nothing may.</summary>
    public static (ResponseApprovals? Approvals, OpenAIError? Problem) ReadApprovals(JsonElement? input)
    {
        if (input is not { ValueKind: JsonValueKind.Array } items)
        {
            return (null, null);
        }

        var (runId, answers, n) = (default(string), new List<(string Id, ApprovalAnswer Answer)>(), 0);
        foreach (var item in items.EnumerateArray())
        {
            var at = $"input[{n++}]";
            if (Text(item, "type") != "mcp_approval_response")
            {
                if (answers.Count > 0)
                {
                    return (null, ResponseProblems.Unsupported(at, "After an mcp_approval_response the answer goes on. Send what is new in the request after that."));
                }

                continue;
            }

            if (ApprovalIds.Read(ResponsesFormat.ApprovalPrefix, Text(item, "approval_request_id")) is not var (run, id) || (runId ?? run) != run)
            {
                return (null, ResponseProblems.Invalid($"{at}.approval_request_id", "approval_request_id is the id of an mcp_approval_request, and all of them are of one response."));
            }

            if (!item.TryGetProperty("approve", out var approve) || approve.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                return (null, ResponseProblems.Invalid($"{at}.approve", "approve is true or false."));
            }

            runId = run;
            answers.Add((id, new ApprovalAnswer(approve.GetBoolean(), Text(item, "reason"))));
        }

        return (runId is null ? null : new ResponseApprovals(runId, answers), null);
    }

    public static (List<ChatMessage> Messages, OpenAIError? Problem) Read(JsonElement? input)
    {
        var messages = new List<ChatMessage>();
        switch (input)
        {
            case { ValueKind: JsonValueKind.String } text:
                messages.Add(new ChatMessage(ChatRole.User, text.GetString()));
                break;
            case { ValueKind: JsonValueKind.Array } items:
                var n = 0;
                foreach (var item in items.EnumerateArray())
                {
                    if (Add(messages, item, $"input[{n++}]") is { } problem)
                    {
                        return (messages, problem);
                    }
                }

                break;
            case null:
                return (messages, ResponseProblems.Invalid("input", "input is missing: what to ask, as a text or a list of items."));
            default:
                return (messages, ResponseProblems.Invalid("input", "input is a text or a list of items."));
        }

        return messages.Exists(HasContent) ? (messages, null) : (messages, ResponseProblems.Invalid("input", "input is empty. Write something."));
    }

    private static bool HasContent(ChatMessage message) => message.Contents.Any(content => content is not TextContent text || !string.IsNullOrWhiteSpace(text.Text));

    private static OpenAIError? Add(List<ChatMessage> messages, JsonElement item, string at)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return ResponseProblems.Invalid(at, $"{at} is not an object.");
        }

        // A message may come without a type.
        var type = item.TryGetProperty("type", out _) ? Text(item, "type") : "message";
        return type switch
        {
            "message" => AddMessage(messages, item, at),
            "function_call" => AddCall(messages, item, at),
            "function_call_output" => AddResult(messages, item, at),
            "mcp_call" => AddServerCall(messages, item, at),
            // A caller may send back everything it was sent; what a model thought is not sent to it again.
            "reasoning" or "mcp_approval_request" or "mcp_list_tools" => null,
            _ => ResponseProblems.Unsupported($"{at}.type", $"{at}.type may be message, function_call, function_call_output, mcp_call, mcp_approval_response or reasoning here."),
        };
    }

    private static OpenAIError? AddMessage(List<ChatMessage> messages, JsonElement item, string at)
    {
        ChatRole? role = Text(item, "role") switch
        {
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "system" or "developer" => ChatRole.System,
            _ => null,
        };
        if (role is null)
        {
            return ResponseProblems.Invalid($"{at}.role", "A message's role is user, assistant, system or developer.");
        }

        var (contents, problem) = Contents(item, "content", at);
        if (problem is null)
        {
            messages.Add(new ChatMessage(role.Value, contents));
        }

        return problem;
    }

    private static OpenAIError? AddCall(List<ChatMessage> messages, JsonElement item, string at)
    {
        if (Text(item, "call_id") is not { Length: > 0 } id)
        {
            return ResponseProblems.Invalid($"{at}.call_id", "A function_call has the call_id it came with.");
        }

        if (Text(item, "name") is not { Length: > 0 } name)
        {
            return ResponseProblems.Invalid($"{at}.name", "A function_call has the name of its function.");
        }

        if (Arguments(item) is not { } arguments)
        {
            return ResponseProblems.Invalid($"{at}.arguments", "A function_call's arguments are the text of a JSON object.");
        }

        // Calls of one turn go to the model in one message, with what it said before them.
        if (messages is not [.., { Role: var role } last] || role != ChatRole.Assistant)
        {
            last = new ChatMessage(ChatRole.Assistant, []);
            messages.Add(last);
        }

        last.Contents.Add(new FunctionCallContent(id, name, arguments));
        return null;
    }

    // A call that was made here, with what came of it; one that came to nothing is left out, since providers refuse it.
    private static OpenAIError? AddServerCall(List<ChatMessage> messages, JsonElement item, string at)
    {
        if (Text(item, "id") is not { Length: > 0 } id || Text(item, "name") is not { Length: > 0 } name || Arguments(item) is not { } arguments)
        {
            return ResponseProblems.Invalid(at, "An mcp_call has its id, its name and, as its arguments, the text of a JSON object.");
        }

        if ((Text(item, "output") ?? Text(item, "error")) is { } output)
        {
            messages.Add(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(id, name, arguments)]));
            messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, output)]));
        }

        return null;
    }

    private static Dictionary<string, object?>? Arguments(JsonElement item)
    {
        try
        {
            return Text(item, "arguments") is not { } text || (text.Length > 0 && !JsonBody.IsWellFormed(Encoding.UTF8.GetBytes(text))) ? null
                : ResponseContext.Arguments(JsonElement.Parse(text.Length == 0 ? "{}" : text));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static OpenAIError? AddResult(List<ChatMessage> messages, JsonElement item, string at)
    {
        if (Text(item, "call_id") is not { Length: > 0 } id)
        {
            return ResponseProblems.Invalid($"{at}.call_id", "A function_call_output has the call_id of the call it answers.");
        }

        var (contents, problem) = Contents(item, "output", at);
        if (problem is not null)
        {
            return problem;
        }

        if (contents.Exists(content => content is not TextContent))
        {
            return ResponseProblems.Unsupported($"{at}.output", "A function's output is text here.");
        }

        messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, string.Concat(contents))]));
        return null;
    }

    // A text, or a list of parts.
    private static (List<AIContent> Contents, OpenAIError? Problem) Contents(JsonElement item, string name, string at)
    {
        var contents = new List<AIContent>();
        at = $"{at}.{name}";
        if (!item.TryGetProperty(name, out var value) || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            return (contents, ResponseProblems.Invalid(at, $"{name} is a text or a list of parts."));
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return ([new TextContent(value.GetString())], null);
        }

        var n = 0;
        foreach (var part in value.EnumerateArray())
        {
            var (content, problem) = Part(part, $"{at}[{n++}]");
            if (problem is not null)
            {
                return (contents, problem);
            }

            contents.Add(content!);
        }

        return (contents, null);
    }

    private static (AIContent? Content, OpenAIError? Problem) Part(JsonElement part, string at) => Text(part, "type") switch
    {
        "input_text" or "output_text" => Text(part, "text") is { } text ? (new TextContent(text), null) : (null, ResponseProblems.Invalid($"{at}.text", "A part's text is missing.")),
        "refusal" => (new TextContent(Text(part, "refusal") ?? ""), null),
        "input_image" => Image(part, at),
        _ => (null, ResponseProblems.Unsupported($"{at}.type", "A part may be input_text, output_text or input_image here.")),
    };

    // This server fetches nothing that a caller names: what it can reach may be what the caller can't.
    private static (AIContent? Content, OpenAIError? Problem) Image(JsonElement part, string at)
    {
        if (Text(part, "image_url") is not { } url || !url.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase))
        {
            return (null, ResponseProblems.Invalid($"{at}.image_url", "An image is sent as a data URL, as in data:image/png;base64,…; no address is fetched."));
        }

        try
        {
            return (new DataContent(url), null);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return (null, ResponseProblems.Invalid($"{at}.image_url", "The image's data URL can't be read. Send data:image/png;base64, and the image in base64."));
        }
    }

    private static string? Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>What was said to calls of a run that wait for it.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Answers">The answers.</param>
internal sealed record ResponseApprovals(string RunId, IReadOnlyList<(string Id, ApprovalAnswer Answer)> Answers);
