using ChatApp.Api.Native;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.AiSdk;

/// <summary>Starting a chat's run, and reading it again.</summary>
internal static class AiSdkChat
{
    private const int MaxChatId = 256;

    public static async Task<IResult> PostAsync(HttpContext context, RunHost host, AiSdkChats chats, ConversationBook book, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, problem) = await JsonBody.ReadAsync<AiSdkRequest>(context.Request, context.RequestAborted);
        var messages = new List<ChatMessage>();
        var idempotency = default(IdempotencyKey);
        if (problem is null)
        {
            problem = Check(body!);
        }

        if (problem is null)
        {
            (messages, problem) = UiMessages.Read(body!);
        }

        if (problem is null)
        {
            (idempotency, problem) = Idempotency.Read(context.Request, bytes);
        }

        if (problem is not null)
        {
            return problem;
        }

        var request = new RunRequest
        {
            Messages = messages,
            Model = body!.Model,
            Options = ChatStreamValidation.Options(body.Options),
            Caller = context.GetCaller(),
            Asked = asked,
            Idempotency = idempotency,
        };
        try
        {
            var started = body.Store == true ? Ask(host, book, body, request) : host.Start(request);
            // An answer to a tool's result goes on in the message that called it; the client would show a new id as a message of its own.
            var latest = new AiSdkChats.Latest(started.Run, body.Messages![^1] is { Role: "assistant" } last ? last.Id : null);
            if (started.Replayed)
            {
                context.Response.Headers["Idempotent-Replay"] = "true";
            }
            else if (!string.IsNullOrEmpty(body.Id))
            {
                chats.Remember(request.Caller, body.Id, latest);
            }

            return Stream(latest);
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return refused;
        }
    }

    /// <summary>What runs in a chat, from its beginning; 204 where nothing does.</summary>
    public static IResult Resume(string id, HttpContext context, RunHost host, AiSdkChats chats)
    {
        var caller = context.GetCaller();
        var latest = chats.Find(caller, id) ?? (host.Find(id, caller) is { } run ? new AiSdkChats.Latest(run, null) : null);
        if (latest is { Run.IsEnded: false })
        {
            return Stream(latest);
        }

        if (latest is not null)
        {
            context.Response.Headers["X-Run-Id"] = latest.Run.Id;
        }

        return Results.NoContent();
    }

    private static RunStreamResult Stream(AiSdkChats.Latest latest) => new(latest.Run, 0, new AiSdkFormat(latest.Run, latest.MessageId));

    private static Problem? Check(AiSdkRequest request) => request switch
    {
        { Id.Length: > MaxChatId } => Problem.Validation("id", $"A chat's id has at most {MaxChatId} characters."),
        { Trigger: not (null or "submit-message" or "regenerate-message") } => Problem.Validation("trigger", "trigger is submit-message or regenerate-message."),
        { Store: true, Id: null or "" } => Problem.Validation("id", "A chat that is stored has an id."),
        _ => ChatStreamValidation.Check(request.Options),
    };

    // The chat's id has a name space of its own: it can't name a conversation of the page.
    private static StartedRun Ask(RunHost host, ConversationBook book, AiSdkRequest body, RunRequest request)
    {
        var conversation = book.Open($"ai-sdk-{body.Id}", request.Caller);
        if (body.Trigger != "regenerate-message" || conversation.Turns is not [.., var last])
        {
            return StartRun.AskIn(book, conversation, UiMessages.LastPrompt(request.Messages), body.System, host, request);
        }

        StartedRun? started = null;
        return host.FindStarted(request.Idempotency) ?? Again();

        StartedRun Again()
        {
            conversation.AskAgain(last.Id, messages =>
            {
                started = host.Start(request with { Messages = messages, ConversationId = conversation.Id });
                return started.Run;
            });
            return started!;
        }
    }
}
