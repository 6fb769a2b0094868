using System.Text.Json;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary>A response as the beginning of the next one: what it was asked, and what came of it.</summary>
internal static class ResponseContext
{
    public static List<ChatMessage> After(Run run, KeptResponse response)
    {
        var messages = new List<ChatMessage>(response.Context);
        var events = new List<RunEvent>();
        run.Read(0, events);
        ChatMessage? current = null;
        foreach (var @event in events)
        {
            switch (@event)
            {
                case TokenEvent token:
                    AddText(Assistant(token.Agent), token.Content);
                    break;
                case ToolCallEvent call:
                    Assistant(call.Agent).Contents.Add(new FunctionCallContent(call.Id, call.Name, Arguments(call.Arguments)));
                    break;
                case ToolResultEvent result:
                    messages.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(result.Id, result.Content)]));
                    current = null;
                    break;
            }
        }

        return messages;

        // One message per agent and step: models take turns with tools.
        ChatMessage Assistant(string? agent)
        {
            if (current is null || current.AuthorName != agent)
            {
                current = new ChatMessage(ChatRole.Assistant, []) { AuthorName = agent };
                messages.Add(current);
            }

            return current;
        }
    }

    /// <summary>A call's arguments as the abstractions hold them; null for what is no object.</summary>
    public static Dictionary<string, object?>? Arguments(JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var values = new Dictionary<string, object?>();
        foreach (var property in arguments.EnumerateObject())
        {
            // A model may have written one twice; the last is what most readers of JSON take.
            values[property.Name] = property.Value.Clone();
        }

        return values;
    }

    private static void AddText(ChatMessage message, string text)
    {
        if (message.Contents is [.., TextContent last])
        {
            last.Text += text;
        }
        else
        {
            message.Contents.Add(new TextContent(text));
        }
    }
}
