using System.Text.Json;
using ChatApp.Api.Native;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.AgUi;

/// <summary>Turns a thread into what a model is sent, or says what is wrong with it.</summary>
internal static class AgUiMessages
{
    public static (List<ChatMessage> Messages, Problem? Problem) Read(AgUiRequest request)
    {
        if (request.Messages is not { Count: > 0 } all)
        {
            return ([], Problem.Validation("messages", "messages must hold at least one message."));
        }

        var answered = all.Where(message => message is { Role: "tool", ToolCallId: not null }).Select(message => message!.ToolCallId!).ToHashSet();
        var asked = new HashSet<string>();
        var messages = new List<ChatMessage>();
        for (var i = 0; i < all.Count; i++)
        {
            var message = all[i];
            var wrong = message?.Role switch
            {
                "system" or "developer" => AddText(messages, ChatRole.System, message.Content),
                "user" => AddQuestion(messages, message.Content),
                "assistant" => AddAnswer(messages, message, answered, asked),
                "tool" => AddResult(messages, message, asked),
                // What the client was shown on the way.
                "reasoning" or "activity" => null,
                _ => "A message's role is system, developer, user, assistant, tool, reasoning or activity.",
            };
            if (wrong is not null)
            {
                return ([], Problem.Validation($"messages[{i}]", wrong));
            }
        }

        AddContext(messages, request.Context);
        return messages.LastOrDefault(message => message.Role == ChatRole.User) is { } question && IsSomething(question)
            ? (messages, null)
            : ([], Problem.Validation("messages", "The last user message is empty. Write something."));
    }

    private static bool IsSomething(ChatMessage question) =>
        question.Contents.Any(content => content is DataContent) || ChatStreamValidation.HasVisibleText(question.Text);

    private static string? AddText(List<ChatMessage> messages, ChatRole role, JsonElement? content)
    {
        if (Text(content) is not { } text)
        {
            return "A message's content is a text.";
        }

        messages.Add(new ChatMessage(role, text));
        return null;
    }

    private static string? AddQuestion(List<ChatMessage> messages, JsonElement? content)
    {
        if (content is not { ValueKind: JsonValueKind.Array } parts)
        {
            return AddText(messages, ChatRole.User, content);
        }

        var contents = new List<AIContent>();
        foreach (var part in parts.EnumerateArray())
        {
            switch (String(part, "type"))
            {
                case "text":
                    contents.Add(new TextContent(String(part, "text") ?? ""));
                    break;
                case "image" or "audio" or "video" or "document" or "binary":
                    if (File(part) is not { } file)
                    {
                        return "A file comes in the message, as base64 with its mimeType. Addresses are not fetched: send the file itself.";
                    }

                    contents.Add(file);
                    break;
                default:
                    return "A part's type is text, image, audio, video or document.";
            }
        }

        messages.Add(new ChatMessage(ChatRole.User, contents));
        return null;
    }

    // {"type":"image","source":{"type":"data","value":"iVBORw0…","mimeType":"image/png"}}, and what clients before 1.0 wrote:
    // {"type":"binary","mimeType":"image/png","data":"iVBORw0…"}. An address may be a data: URL.
    private static DataContent? File(JsonElement part)
    {
        if (String(part, "type") == "binary")
        {
            return Inline(String(part, "data"), String(part, "mimeType")) ?? DataUrl.Read(String(part, "url"), String(part, "mimeType"));
        }

        return !part.TryGetProperty("source", out var source) ? null : String(source, "type") switch
        {
            "data" => Inline(String(source, "value"), String(source, "mimeType")),
            "url" => DataUrl.Read(String(source, "value"), String(source, "mimeType")),
            _ => null,
        };
    }

    private static DataContent? Inline(string? base64, string? mediaType) =>
        base64 is null || string.IsNullOrEmpty(mediaType) ? null : DataUrl.Read($"data:{mediaType};base64,{base64}", mediaType);

    // A call that nothing answers, or that was cut, is left out, since providers refuse it.
    private static string? AddAnswer(List<ChatMessage> messages, AgUiMessage message, HashSet<string> answered, HashSet<string> asked)
    {
        var contents = new List<AIContent>();
        if (Text(message.Content) is { Length: > 0 } text)
        {
            contents.Add(new TextContent(text));
        }

        foreach (var call in message.ToolCalls ?? [])
        {
            if (call is not { Id: { } id, Function.Name: { } name })
            {
                return "A tool call has an id and a function with its name.";
            }

            if (answered.Contains(id) && Arguments(call.Function.Arguments) is { } arguments && asked.Add(id))
            {
                contents.Add(new FunctionCallContent(id, name, arguments));
            }
        }

        Append(messages, ChatRole.Assistant, contents);
        return null;
    }

    private static string? AddResult(List<ChatMessage> messages, AgUiMessage message, HashSet<string> asked)
    {
        if (message.ToolCallId is not { } id)
        {
            return "A tool's message has the toolCallId of the call it answers.";
        }

        if (asked.Remove(id))
        {
            var text = Text(message.Content) ?? "";
            Append(messages, ChatRole.Tool, [new FunctionResultContent(id, text.Length > 0 ? text : message.Error ?? "")]);
        }

        return null;
    }

    private static void Append(List<ChatMessage> messages, ChatRole role, List<AIContent> contents)
    {
        if (contents.Count == 0)
        {
            return;
        }

        // All calls of a step stand in one message, and their answers in the next: what comes between them joins the first.
        if (messages is [.., var last] && last.Role == role && last.Contents.Any(content => content is FunctionCallContent or FunctionResultContent))
        {
            foreach (var content in contents)
            {
                last.Contents.Add(content);
            }
        }
        else
        {
            messages.Add(new ChatMessage(role, contents));
        }
    }

    private static void AddContext(List<ChatMessage> messages, IReadOnlyList<AgUiContext?>? context)
    {
        var lines = (context ?? []).Where(piece => piece?.Value is { Length: > 0 }).Select(piece => $"- {piece!.Description}: {piece.Value}").ToList();
        if (lines.Count > 0)
        {
            var after = messages.FindIndex(message => message.Role != ChatRole.System);
            messages.Insert(after < 0 ? messages.Count : after, new ChatMessage(ChatRole.System, $"What the application knows:\n{string.Join('\n', lines)}"));
        }
    }

    private static Dictionary<string, object?>? Arguments(string? json)
    {
        try
        {
            return string.IsNullOrWhiteSpace(json) ? [] : JsonSerializer.Deserialize<Dictionary<string, object?>>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A text, or the texts of a row of parts; nothing is an empty text, something else is none.
    private static string? Text(JsonElement? content) => content switch
    {
        null or { ValueKind: JsonValueKind.Null } => "",
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(part => String(part, "text"))),
        _ => null,
    };

    private static string? String(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
