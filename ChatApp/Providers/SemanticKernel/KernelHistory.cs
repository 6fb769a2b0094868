using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using AI = Microsoft.Extensions.AI;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>A conversation as a kernel's chat services take it.</summary>
internal static class KernelHistory
{
    internal static ChatHistory Of(IEnumerable<ChatMessage> messages, ChatOptions? options, KernelOffer offer)
    {
        var history = new ChatHistory();
        if (options?.Instructions is { } instructions)
        {
            history.AddSystemMessage(instructions);
        }

        var called = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            foreach (var call in message.Contents.OfType<AI.FunctionCallContent>())
            {
                called[call.CallId] = offer.FunctionOf(call.Name);
            }

            // A message for each result, as a kernel writes them itself.
            foreach (var result in message.Contents.OfType<AI.FunctionResultContent>())
            {
                history.Add(new ChatMessageContent(AuthorRole.Tool, [new Microsoft.SemanticKernel.FunctionResultContent(called.GetValueOrDefault(result.CallId), null, result.CallId, Text(result.Result))]));
            }

            if (message.Role != ChatRole.Tool)
            {
                history.Add(Message(message, offer));
            }
        }

        return history;
    }

    private static ChatMessageContent Message(ChatMessage message, KernelOffer offer)
    {
        var items = new ChatMessageContentItemCollection();
        foreach (var content in message.Contents)
        {
            KernelContent? item = content switch
            {
                AI.TextContent text => new Microsoft.SemanticKernel.TextContent(text.Text),
                AI.FunctionCallContent call => new Microsoft.SemanticKernel.FunctionCallContent(
                    offer.FunctionOf(call.Name), pluginName: null, call.CallId, new KernelArguments(call.Arguments ?? new Dictionary<string, object?>())),
                DataContent data when data.HasTopLevelMediaType("audio") => new AudioContent(data.Data, data.MediaType),
                DataContent data when data.HasTopLevelMediaType("image") => new ImageContent(data.Data, data.MediaType),
                DataContent data => new BinaryContent(data.Data, data.MediaType),
                UriContent uri => new ImageContent(uri.Uri),
                _ => null,
            };
            if (item is not null)
            {
                items.Add(item);
            }
        }

        if (items.Count == 0)
        {
            items.Add(new Microsoft.SemanticKernel.TextContent(""));
        }

        return new ChatMessageContent(new AuthorRole(message.Role.Value), items);
    }

    private static string Text(object? result) => result switch
    {
        null => "",
        string text => text,
        AI.TextContent text => text.Text,
        JsonElement { ValueKind: JsonValueKind.String } text => JsonText.Read(text),
        _ => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions),
    };
}
