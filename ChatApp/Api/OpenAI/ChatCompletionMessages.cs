using System.Buffers.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using static ChatApp.Api.OpenAI.ChatCompletionValidation;

namespace ChatApp.Api.OpenAI;

/// <summary>Turns the messages of a request into the conversation a model is sent, or says which part of them is wrong.</summary>
internal static class ChatCompletionMessages
{
    private const int MaxMessages = 2048;
    private const string ContentTypes = "content is a text, or a list of parts such as {\"type\":\"text\",\"text\":\"…\"}.";

    /// <exception cref="InvalidParameterException">A message is not one.</exception>
    public static List<ChatMessage> Read(ChatCompletionRequest request)
    {
        Require(request.Messages is not null, "messages", "messages is missing: the conversation, oldest first.", "missing_required_parameter");
        Require(request.Messages!.Count is > 0 and <= MaxMessages, "messages", $"messages holds 1 to {MaxMessages} messages.");
        return [.. request.Messages.Select((message, i) => Read(message ?? new ChatCompletionMessage(), $"messages[{i}]"))];
    }

    private static ChatMessage Read(ChatCompletionMessage message, string path)
    {
        switch (message.Role)
        {
            // What OpenAI's newer models call a developer's message is a system message everywhere else.
            case "system" or "developer":
                return new ChatMessage(ChatRole.System, Contents(message.Content, path, images: false));
            case "user":
                return new ChatMessage(ChatRole.User, Contents(message.Content, path, images: true));
            case "assistant":
                return new ChatMessage(ChatRole.Assistant, Assistant(message, path));
            case "tool":
                Require(!string.IsNullOrEmpty(message.ToolCallId), $"{path}.tool_call_id", "A tool's message names the call it answers.", "missing_required_parameter");
                var text = string.Concat(Contents(message.Content, path, images: false).Select(content => ((TextContent)content).Text));
                return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(message.ToolCallId!, text)]);
            default:
                throw new InvalidParameterException($"{path}.role", "invalid_value", "A message's role is system, developer, user, assistant or tool.");
        }
    }

    private static List<AIContent> Assistant(ChatCompletionMessage message, string path)
    {
        var calls = message.ToolCalls ?? [];
        var contents = IsAbsent(message.Content) && calls.Count > 0 ? [] : Contents(message.Content, path, images: false);
        for (var i = 0; i < calls.Count; i++)
        {
            contents.Add(Call(calls[i] ?? new ChatCompletionToolCall(), $"{path}.tool_calls[{i}]"));
        }

        return contents;
    }

    private static FunctionCallContent Call(ChatCompletionToolCall call, string path)
    {
        Require(!string.IsNullOrEmpty(call.Id), $"{path}.id", "A call has an id.", "missing_required_parameter");
        Require(call.Type == "function", $"{path}.type", "A call's type is function.");
        Require(!string.IsNullOrEmpty(call.Function?.Name), $"{path}.function.name", "A call names its function.", "missing_required_parameter");
        Require(call.Function!.Arguments is not null, $"{path}.function.arguments", "A call's arguments are a text.", "missing_required_parameter");

        // A model may write arguments that are no object; the conversation goes on all the same, with what the client's tool answered to them.
        return FunctionCallContent.CreateFromParsedArguments(call.Function.Arguments!, call.Id!, call.Function.Name!, Arguments);
    }

    private static Dictionary<string, object?>? Arguments(string arguments) =>
        arguments.Length == 0 ? null : JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments, AIJsonUtilities.DefaultOptions);

    private static List<AIContent> Contents(JsonElement content, string path, bool images)
    {
        path = $"{path}.content";
        Require(!IsAbsent(content), path, $"content is missing: {ContentTypes}", "missing_required_parameter");
        if (content.ValueKind != JsonValueKind.Array)
        {
            return [new TextContent(NeedText(content, path, ContentTypes))];
        }

        Require(content.GetArrayLength() > 0, path, "content is an empty list. Send at least one part.");
        return [.. content.EnumerateArray().Select((part, i) => Part(part, $"{path}[{i}]", images))];
    }

    private static AIContent Part(JsonElement part, string path, bool images)
    {
        switch (Text(Find(part, "type")))
        {
            case "text":
                return new TextContent(NeedText(Find(part, "text"), $"{path}.text", "A text part has a text."));
            case "image_url" when images:
                path = $"{path}.image_url.url";
                return Image(NeedText(Find(Find(part, "image_url"), "url"), path, "An image part has image_url.url."), path);
            default:
                throw new InvalidParameterException($"{path}.type", "invalid_value", $"A part's type here is {(images ? "text or image_url" : "text")}.");
        }
    }

    // data:image/png;base64,iVBORw0…   Nothing else: an address would make this server ask others for whatever a caller names.
    private static DataContent Image(string url, string path)
    {
        const string Start = "data:", Mark = ";base64,";
        var mark = url.IndexOf(Mark, StringComparison.OrdinalIgnoreCase);
        var type = mark > 0 && url.StartsWith(Start, StringComparison.OrdinalIgnoreCase) ? url[Start.Length..mark].ToLowerInvariant() : "";
        Require(
            type is "image/png" or "image/jpeg" or "image/gif" or "image/webp",
            path,
            "An image is sent in the request, as data:image/png;base64,… (png, jpeg, gif or webp). Addresses are not fetched.");
        var data = url.AsSpan(mark + Mark.Length);
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(data.Length)];
        Require(
            Convert.TryFromBase64Chars(data, bytes, out var length) && length > 0,
            path,
            "The image's data is not base64.");
        return new DataContent(bytes.AsMemory(0, length), type);
    }

    private static string NeedText(JsonElement element, string path, string message)
    {
        var text = Text(element);
        Require(text is not null, path, message, IsAbsent(element) ? "missing_required_parameter" : "invalid_type");
        return text!;
    }
}
