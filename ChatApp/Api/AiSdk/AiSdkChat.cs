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

    public static async Task<IResult> PostAsync(HttpContext context, ConversationRuns runs, AiSdkChats chats, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, problem) = await JsonBody.ReadAsync<AiSdkRequest>(context.Request, context.RequestAborted);
        var messages = new List<ChatMessage>();
        var idempotency = default(IdempotencyKey);
        if (problem is null)
        {
            problem = Check(body!);
        }

        if (problem is null && UiMessages.Approvals(body!.Messages) is { } approvals)
        {
            return await GoOnAsync(context, body, approvals, runs.Host, chats);
        }

        if (problem is null)
        {
            (messages, problem) = UiMessages.Read(body!);
        }

        IReadOnlyList<string>? tools = null;
        if (problem is null)
        {
            (tools, problem) = RequestTools.Read(body!.Tools);
        }

        ChatOptions? options = null;
        if (problem is null)
        {
            (options, problem) = RequestTools.Declare(ChatStreamValidation.Options(body!.Options), body.ClientTools, "clientTools");
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
            Options = options,
            Tools = tools,
            Caller = context.GetCaller(),
            Asked = asked,
            Idempotency = idempotency,
        };
        try
        {
            var started = body.Store == true ? await AskAsync(runs, body, request) : runs.Host.Start(request);
            if (started.Replayed && EventCursor.Check(0, started.Run) is { } expired)
            {
                return expired;
            }

            // An answer to a tool's result goes on in the message that called it; the client would show a new id as a message of its own.
            var latest = new AiSdkChats.Latest(started.Run, body.Messages![^1] is { Role: "assistant" } last ? last.Id : null, UiMessages.CallIds(body.Messages));
            if (started.Replayed)
            {
                context.Response.Headers["Idempotent-Replay"] = "true";
            }
            else if (!string.IsNullOrEmpty(body.Id))
            {
                var earlier = chats.Find(request.Caller, body.Id)?.Run;
                chats.Remember(request.Caller, body.Id, latest);
                if (earlier is { IsEnded: false, IsWaiting: true } && runs.Host.ReadersOf(earlier) == 0)
                {
                    // Its question was passed over: nobody will come back to it.
                    await runs.Host.StopAsync(earlier);
                }
            }

            return Stream(latest);
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return refused;
        }
    }

    // The page has said yes or no: the run that waited for it goes on in the same message.
    private static async Task<IResult> GoOnAsync(HttpContext context, AiSdkRequest body, UiApprovals approvals, RunHost host, AiSdkChats chats)
    {
        var caller = context.GetCaller();
        try
        {
            var (waiting, problem) = await WaitingRun.AnswerAsync(host, caller, approvals.RunId, approvals.Known, approvals.Answers);
            if (waiting is null)
            {
                return problem!;
            }

            // The message has the run's own calls, too.
            var latest = new AiSdkChats.Latest(waiting.Run, body.Messages![^1]!.Id, [.. UiMessages.CallIds(body.Messages).SkipLast(waiting.Calls)]);
            if (!string.IsNullOrEmpty(body.Id))
            {
                chats.Remember(caller, body.Id, latest);
            }

            return Stream(latest, waiting.After);
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return refused;
        }
    }

    /// <summary>What runs in a chat, from its beginning; 204 where nothing does.</summary>
    public static async Task<IResult> ResumeAsync(string id, HttpContext context, ConversationRuns runs, AiSdkChats chats)
    {
        var caller = context.GetCaller();
        var latest = chats.Find(caller, id) ?? (await FindStoredAsync(id, caller, runs) is { } run ? new AiSdkChats.Latest(run, null, []) : null);
        if (latest is { Run.IsEnded: false })
        {
            return Stream(latest);
        }

        if (latest is not null)
        {
            RunHeaders.Set(context.Response, latest.Run);
        }

        return Results.NoContent();
    }

    // What another node makes, or what was started before this process.
    private static async Task<Run?> FindStoredAsync(string id, Caller caller, ConversationRuns runs) =>
        await runs.Host.FindAsync(id, caller) ?? (await runs.Book.OpenAsync(ConversationId(id, caller), caller))?.Running;

    private static string ConversationId(string chat, Caller caller) => ConversationRuns.IdOf("ai-sdk", chat, caller);

    private static RunStreamResult Stream(AiSdkChats.Latest latest, long after = 0)
    {
        var format = new AiSdkFormat(latest.Run, latest.MessageId, latest.CallIds);
        if (after > 0)
        {
            format.GoOnAfter(after);
        }

        return new RunStreamResult(latest.Run, after, format);
    }

    private static Problem? Check(AiSdkRequest request) => request switch
    {
        { Id.Length: > MaxChatId } => Problem.Validation("id", $"A chat's id has at most {MaxChatId} characters."),
        { Trigger: not (null or "submit-message" or "regenerate-message") } => Problem.Validation("trigger", "trigger is submit-message or regenerate-message."),
        { Store: true, Id: null or "" } => Problem.Validation("id", "A chat that is stored has an id."),
        _ => ChatStreamValidation.Check(request.Options),
    };

    // The chat's id is its client's choice: it can't name a conversation of the page, nor somebody else's.
    private static async Task<StartedRun> AskAsync(ConversationRuns runs, AiSdkRequest body, RunRequest request)
    {
        var prompt = UiMessages.LastPrompt(request.Messages);
        var question = new Question { ConversationId = ConversationId(body.Id!, request.Caller), MayCreate = true, Prompt = prompt, System = body.System };
        if (body.Trigger != "regenerate-message" || await runs.Book.OpenAsync(question.ConversationId, request.Caller) is not { } conversation)
        {
            return await runs.AskAsync(question, request);
        }

        // The client sends its messages up to the question, so their number says which turn it is; fewer turns may be stored than the client has,
        // and it may send its last message only. A question that is not stored, since its first request was refused, is a new one.
        await conversation.RefreshAsync();
        var number = request.Messages.Count(message => message.Role == ChatRole.User);
        var turn = conversation.Turns.Take(number).LastOrDefault(turn => turn.Prompt == prompt) ?? conversation.Turns.FindLast(turn => turn.Prompt == prompt);
        return await runs.AskAsync(turn is null ? question : question with { AgainId = turn.Id }, request);
    }
}
