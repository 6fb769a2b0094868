using System.Text.Json;
using ChatApp.Api.Native;
using ChatApp.Runs;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.AiSdk;

/// <summary>Turns the client's messages into what a model is sent, or says what is wrong with them.</summary>
internal static class UiMessages
{
    private const string ToolPrefix = "tool-";

    public static (List<ChatMessage> Messages, Problem? Problem) Read(AiSdkRequest request)
    {
        if (request.Messages is not { Count: > 0 } all)
        {
            return ([], Problem.Validation("messages", "messages must hold at least one message."));
        }

        var messages = new List<ChatMessage>();
        if (!string.IsNullOrEmpty(request.System))
        {
            messages.Add(new ChatMessage(ChatRole.System, request.System));
        }

        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is not { Role: "system" or "user" or "assistant" } message)
            {
                return ([], Problem.Validation($"messages[{i}].role", "A message's role is system, user or assistant."));
            }

            if (message.Parts is not { } parts || parts.Any(part => part?.Type is null))
            {
                return ([], Problem.Validation($"messages[{i}].parts", "A message has parts, each with a type."));
            }

            if (Add(messages, message.Role, parts!) is { } wrong)
            {
                return ([], Problem.Validation($"messages[{i}].parts", wrong));
            }
        }

        return messages.LastOrDefault(message => message.Role == ChatRole.User) is { } question && IsSomething(question)
            ? (messages, null)
            : ([], Problem.Validation("messages", "The last user message is empty. Write something."));
    }

    /// <summary>The text of the last user message.</summary>
    public static string LastPrompt(IEnumerable<ChatMessage> messages) => messages.Last(message => message.Role == ChatRole.User).Text;

    /// <summary>The ids of all calls in the messages.</summary>
    public static IReadOnlyList<string> CallIds(IEnumerable<UiMessage?> messages) =>
        [.. messages.SelectMany(message => message?.Parts ?? []).Select(part => part?.ToolCallId).OfType<string>()];

    /// <summary>What the page has said to calls of the last message that wait for it; null where it has said nothing.</summary>
    public static UiApprovals? Approvals(IReadOnlyList<UiMessage?>? messages)
    {
        if (messages is not [.., { Role: "assistant", Parts: { } parts }])
        {
            return null;
        }

        var all = parts.Where(part => part?.Approval is not null)
            .Select(part => (Part: part!, Ids: ApprovalIds.Read(AiSdkFormat.ApprovalPrefix, part!.Approval!.Id)))
            .Where(one => one.Ids is not null)
            .Select(one => (one.Part, one.Ids!.Value.RunId, one.Ids.Value.Id))
            .ToList();
        var answered = all.FindAll(one => one.Part is { State: "approval-responded", Approval.Approved: not null });
        return answered is not [.., var last] ? null : new UiApprovals(
            last.RunId,
            all.Where(one => one.RunId == last.RunId).Select(one => one.Id).ToHashSet(StringComparer.Ordinal),
            [.. answered.Where(one => one.RunId == last.RunId).Select(one => (one.Id, new ApprovalAnswer(one.Part.Approval!.Approved!.Value, one.Part.Approval.Reason)))]);
    }

    private static bool IsSomething(ChatMessage question) =>
        question.Contents.Any(content => content is DataContent) || ChatStreamValidation.HasVisibleText(question.Text);

    private static string? Add(List<ChatMessage> messages, string role, IReadOnlyList<UiPart> parts)
    {
        if (role == "assistant")
        {
            AddSteps(messages, parts);
            return null;
        }

        var contents = new List<AIContent>();
        foreach (var part in parts)
        {
            switch (part)
            {
                case { Type: "text", Text: { } text }:
                    contents.Add(new TextContent(text));
                    break;
                case { Type: "file" }:
                    if (DataUrl.Read(part.Url, part.MediaType) is not { } data)
                    {
                        return "A file's url is a data: URL with base64. Addresses are not fetched: send the file itself.";
                    }

                    contents.Add(data);
                    break;
            }
        }

        if (contents.Count > 0)
        {
            messages.Add(new ChatMessage(role == "system" ? ChatRole.System : ChatRole.User, contents));
        }
        else if (role == "user")
        {
            messages.Add(new ChatMessage(ChatRole.User, ""));
        }

        return null;
    }

    // A message of the assistant holds all the steps of an answer: in each it says something and calls tools, which then answer.
    // Reasoning is not sent back, and files of its own making are not asked for again.
    private static void AddSteps(List<ChatMessage> messages, IReadOnlyList<UiPart> parts)
    {
        var (said, answered) = (new List<AIContent>(), new List<AIContent>());
        foreach (var part in parts)
        {
            if (part.Type == "step-start")
            {
                EndStep();
            }
            else if (part is { Type: "text", Text.Length: > 0 })
            {
                if (answered.Count > 0)
                {
                    // Text after a tool's answer was written with the answer known.
                    EndStep();
                }

                said.Add(new TextContent(part.Text));
            }
            else if (ToolOf(part) is { } tool && part.ToolCallId is { } id && Outcome(part) is { } outcome)
            {
                said.Add(new FunctionCallContent(id, tool, Arguments(part.Input)));
                answered.Add(new FunctionResultContent(id, outcome));
            }
        }

        EndStep();

        void EndStep()
        {
            if (said.Count > 0)
            {
                messages.Add(new ChatMessage(ChatRole.Assistant, [.. said]));
            }

            if (answered.Count > 0)
            {
                messages.Add(new ChatMessage(ChatRole.Tool, [.. answered]));
            }

            said.Clear();
            answered.Clear();
        }
    }

    private static string? ToolOf(UiPart part) => part.Type == "dynamic-tool" ? part.ToolName
        : part.Type!.StartsWith(ToolPrefix, StringComparison.Ordinal) && part.Type.Length > ToolPrefix.Length ? part.Type[ToolPrefix.Length..]
        : null;

    // A call without an outcome is left out, since providers refuse one that nothing answers.
    private static string? Outcome(UiPart part) => part.State switch
    {
        "output-available" => part.Output is { } output ? Text(output) : "",
        "output-error" => part.ErrorText ?? "The tool failed.",
        "output-denied" => part.Approval?.Reason is { Length: > 0 } reason ? $"Refused: {reason}" : "Refused: this call was not allowed.",
        _ => null,
    };

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static Dictionary<string, object?> Arguments(JsonElement? input) => input is { ValueKind: JsonValueKind.Object } given
        ? given.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value)
        : [];
}

/// <summary>What a page has said to the calls of a run that wait for it.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Known">All requests of that run that the page knows of.</param>
/// <param name="Answers">The answers.</param>
internal sealed record UiApprovals(string RunId, IReadOnlySet<string> Known, IReadOnlyList<(string Id, ApprovalAnswer Answer)> Answers);
