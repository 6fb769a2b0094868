using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace ChatApp.Providers;

/// <summary>
/// The body of a streaming <c>POST /chat/completions</c>. Only what was asked for is sent: compatible servers refuse what they don't know.
/// </summary>
internal static class OpenAIRequest
{
    // The abstractions' own options indent, which a model pays for in tokens, and write é as \u00e9, twice over in arguments.
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions)
    {
        WriteIndented = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="model">The model's name at the provider.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">What the caller asked for.</param>
    /// <param name="isOpenAI">Whether OpenAI itself is asked, which has renamed <c>max_tokens</c>; others know only the old name.</param>
    internal static byte[] Create(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, bool isOpenAI)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = Messages(messages, options?.Instructions),
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        if (options is not null)
        {
            Set(body, "temperature", Number(options.Temperature));
            Set(body, "top_p", Number(options.TopP));
            Set(body, isOpenAI ? "max_completion_tokens" : "max_tokens", options.MaxOutputTokens);
            Set(body, "frequency_penalty", Number(options.FrequencyPenalty));
            Set(body, "presence_penalty", Number(options.PresencePenalty));
            Set(body, "seed", options.Seed);
            Set(body, "reasoning_effort", ReasoningEfforts.Name(options));
            Set(body, "response_format", Format(options.ResponseFormat));
            if (options.StopSequences is { Count: > 0 } stops)
            {
                body["stop"] = new JsonArray([.. stops.Select(s => JsonValue.Create(s))]);
            }

            AddTools(body, options);
        }

        return JsonSerializer.SerializeToUtf8Bytes(body, Compact);
    }

    private static JsonArray Messages(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var array = new JsonArray();
        if (instructions is not null)
        {
            array.Add(new JsonObject { ["role"] = "system", ["content"] = instructions });
        }

        foreach (var message in messages)
        {
            // Results of several calls travel in one message here and in one each there.
            foreach (var result in message.Contents.OfType<FunctionResultContent>())
            {
                array.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = result.CallId, ["content"] = Text(result.Result) });
            }

            if (message.Role != ChatRole.Tool)
            {
                array.Add(Message(message));
            }
        }

        return array;
    }

    private static JsonObject Message(ChatMessage message)
    {
        var json = new JsonObject { ["role"] = message.Role.Value, ["content"] = Content(message) };
        var calls = message.Contents.OfType<FunctionCallContent>().Select(Call).ToArray();
        if (calls.Length > 0)
        {
            json["tool_calls"] = new JsonArray(calls);
            if (message.Text.Length == 0)
            {
                json["content"] = null;
            }
        }

        return json;
    }

    private static JsonNode? Content(ChatMessage message)
    {
        // Plain text stays a string: many servers know no other form.
        if (!message.Contents.Any(c => c is DataContent or UriContent))
        {
            return message.Text;
        }

        var parts = new JsonArray();
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    parts.Add(new JsonObject { ["type"] = "text", ["text"] = text.Text });
                    break;
                case DataContent data:
                    parts.Add(Image(data.Uri));
                    break;
                case UriContent uri:
                    parts.Add(Image(uri.Uri.AbsoluteUri));
                    break;
            }
        }

        return parts;
    }

    private static JsonObject Image(string url) => new() { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = url } };

    private static JsonNode Call(FunctionCallContent call) => new JsonObject
    {
        ["id"] = call.CallId,
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = call.Name,
            ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), Compact),
        },
    };

    private static string Text(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => JsonText.Read(text),
        TextContent text => text.Text,
        _ => JsonSerializer.Serialize(result, Compact),
    };

    private static JsonObject? Format(ChatResponseFormat? format) => format switch
    {
        ChatResponseFormatJson { Schema: { } schema } json => new JsonObject
        {
            ["type"] = "json_schema",
            ["json_schema"] = new JsonObject { ["name"] = json.SchemaName ?? "answer", ["schema"] = JsonNode.Parse(schema.GetRawText()) },
        },
        ChatResponseFormatJson => new JsonObject { ["type"] = "json_object" },
        _ => null,
    };

    private static void AddTools(JsonObject body, ChatOptions options)
    {
        var tools = options.Tools?.OfType<AIFunctionDeclaration>().Select(Tool).ToArray() ?? [];
        if (tools.Length == 0)
        {
            return;
        }

        body["tools"] = new JsonArray(tools);
        Set(body, "parallel_tool_calls", options.AllowMultipleToolCalls);
        Set(body, "tool_choice", options.ToolMode switch
        {
            NoneChatToolMode => "none",
            RequiredChatToolMode { RequiredFunctionName: { } name } =>
                new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name } },
            RequiredChatToolMode => "required",
            _ => null,
        });
    }

    private static JsonNode Tool(AIFunctionDeclaration tool)
    {
        var function = new JsonObject
        {
            ["name"] = tool.Name,
            ["description"] = tool.Description,
            ["parameters"] = JsonNode.Parse(tool.JsonSchema.GetRawText()),
        };
        if (IsStrict(tool) is { } strict)
        {
            function["strict"] = strict;
        }

        return new JsonObject { ["type"] = "function", ["function"] = function };
    }

    // Whether the model's arguments must fit the schema to the letter; null where nobody has said so.
    private static bool? IsStrict(AIFunctionDeclaration tool) => !tool.AdditionalProperties.TryGetValue("strict", out var strict) ? null : strict switch
    {
        bool value => value,
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        _ => null,
    };

    // 0.1f as a double is 0.10000000149011612; as a decimal it stays what was written.
    private static JsonValue? Number(float? value) => value is { } v ? JsonValue.Create((decimal)v) : null;

    private static void Set(JsonObject body, string name, JsonNode? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }
}
