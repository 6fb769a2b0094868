using System.Text;
using System.Text.Json;
using ChatApp.Providers;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Native;

/// <summary>Turns a request's body into what a run is asked, or says what is wrong with it.</summary>
internal static class ChatStreamValidation
{
    private const int MaxCharacters = 500_000;
    private const int MaxAgentName = 64;

    public static Problem? Check(ChatStreamRequest request)
    {
        if (request.Messages is not { Count: > 0 } messages)
        {
            return Problem.Validation("messages", "messages must hold at least one message.");
        }

        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i] is not { Role: "system" or "user" or "assistant" or "tool" } message)
            {
                return Problem.Validation($"messages[{i}].role", "A message's role is system, user, assistant or tool.");
            }

            if (message.Content is null)
            {
                return Problem.Validation($"messages[{i}].content", "A message's content is a text.");
            }

            if (message.Content.Length > MaxCharacters)
            {
                return new Problem("message-too-long", "A message is too long", StatusCodes.Status400BadRequest, $"A message may have {MaxCharacters} characters.");
            }
        }

        if (messages.LastOrDefault(message => message.Role == "user") is not { } question || !HasVisibleText(question.Content!))
        {
            return Problem.Validation("messages", "The last user message is empty. Write something.");
        }

        if (request.OnDisconnect is not null && !DisconnectPolicy.TryParse(request.OnDisconnect, out _))
        {
            return Problem.Validation("onDisconnect", "onDisconnect is cancel, continue, or a duration such as 60s.");
        }

        return CheckParent(request) ?? RequestTools.Read(request.Tools).Problem ?? CheckSchema(request.Schema)
            ?? Check(request.Agents, request.AgentMode) ?? Check(request.Options);
    }

    public static List<ChatMessage> Messages(ChatStreamRequest request)
    {
        var messages = request.Messages!.Select(ToMessage).ToList();
        if (!string.IsNullOrEmpty(request.System))
        {
            messages.Insert(0, new ChatMessage(ChatRole.System, request.System));
        }

        return messages;
    }

    public static ChatOptions? Options(ChatStreamOptions? options) => options is null
        ? null
        : new ChatOptions
        {
            Temperature = options.Temperature,
            TopP = options.TopP,
            MaxOutputTokens = options.MaxTokens,
            StopSequences = options.Stop?.ToList(),
            Seed = options.Seed,
            Reasoning = options.ReasoningEffort is { } effort ? new ReasoningOptions { Effort = ReasoningEfforts.ByName[effort] } : null,
        };

    /// <summary>The options of a whole request, with the schema of its answer.</summary>
    public static ChatOptions? Options(ChatStreamRequest request)
    {
        var options = Options(request.Options);
        if (request.Schema is { ValueKind: JsonValueKind.Object } schema)
        {
            options ??= new ChatOptions();
            options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, "answer");
        }

        return options;
    }

    /// <summary>Whether a text has anything to see: not only white space, and characters that show nothing.</summary>
    public static bool HasVisibleText(string text) => text.EnumerateRunes().Any(rune =>
        !Rune.IsWhiteSpace(rune) && Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Control));

    public static IReadOnlyList<AgentRequest> Agents(ChatStreamRequest request) =>
        [.. request.Agents?.Select(agent => new AgentRequest(agent.Name!, agent.Model, agent.System, RequestTools.Read(agent.Tools).Names)) ?? []];

    private static Problem? CheckSchema(JsonElement? schema) => schema switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.Object } given => StructuredOutput.Check(given) is { } wrong ? Problem.Validation("schema", wrong) : null,
        _ => Problem.Validation("schema", "schema is a JSON schema: an object."),
    };

    private static Problem? CheckParent(ChatStreamRequest request) => request is { ParentMessageId: not null, ConversationId: null }
        ? Problem.Validation("parentMessageId", "parentMessageId names a message of a conversation. Send its conversationId as well.")
        : null;

    private static Problem? Check(IReadOnlyList<ChatStreamAgent>? agents, string? mode)
    {
        if (mode is not (null or "sequence" or "parallel"))
        {
            return Problem.Validation("agentMode", "agentMode is sequence or parallel.");
        }

        if (agents?.Count > RunRequest.MaxAgents)
        {
            return Problem.Validation("agents", $"At most {RunRequest.MaxAgents} agents may answer.");
        }

        for (var i = 0; i < agents?.Count; i++)
        {
            if (agents[i]?.Name is not { } name || name.Length > MaxAgentName || !HasVisibleText(name) || name.Any(char.IsControl))
            {
                return Problem.Validation($"agents[{i}].name", $"An agent has a name of 1 to {MaxAgentName} characters, on one line.");
            }

            if (agents.Take(i).Any(earlier => earlier.Name == name))
            {
                return Problem.Validation($"agents[{i}].name", "Two agents have the same name.");
            }

            if (RequestTools.Read(agents[i]!.Tools, $"agents[{i}].tools").Problem is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    public static Problem? Check(ChatStreamOptions? options) => options switch
    {
        { Temperature: not (null or (>= 0 and <= 2)) } => Problem.Validation("options.temperature", "temperature is a number from 0 to 2."),
        { TopP: not (null or (>= 0 and <= 1)) } => Problem.Validation("options.topP", "topP is a number from 0 to 1."),
        { MaxTokens: <= 0 } => Problem.Validation("options.maxTokens", "maxTokens is a whole number, 1 or more."),
        { Stop.Count: > 16 } => Problem.Validation("options.stop", "stop holds at most 16 texts."),
        { Stop: { } stop } when stop.Any(string.IsNullOrEmpty) => Problem.Validation("options.stop", "stop holds texts that are not empty."),
        { ReasoningEffort: { } effort } when !ReasoningEfforts.ByName.ContainsKey(effort) =>
            Problem.Validation("options.reasoningEffort", $"reasoningEffort is one of {string.Join(", ", ReasoningEfforts.ByName.Keys)}."),
        _ => null,
    };

    private static ChatMessage ToMessage(ChatStreamMessage message) => message.Role switch
    {
        "system" => new ChatMessage(ChatRole.System, message.Content),
        "assistant" => new ChatMessage(ChatRole.Assistant, message.Content),
        "tool" => new ChatMessage(ChatRole.Tool, [new FunctionResultContent(message.ToolCallId ?? "", message.Content)]),
        _ => new ChatMessage(ChatRole.User, message.Content),
    };
}
