using System.Text.Json;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Native;

/// <summary>Starting a run and streaming it.</summary>
internal static class StartRun
{
    private static readonly string[] Single = ["q", "model", "system", "session", "format", "tools"];

    public static async Task<IResult> PostAsync(HttpContext context, ConversationRuns runs, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, _, problem) = await JsonBody.ReadAsync<ChatStreamRequest>(context.Request, context.RequestAborted);
        return problem ?? await StreamAsync(body!.Format, context, () => StartAsync(body, Idempotency.ReadText(context.Request), context.GetCaller(), asked, runs));
    }

    /// <summary>Starts what a request asks for, whichever way it came, or finds the run that the same request started before.</summary>
    /// <param name="body">The request.</param>
    /// <param name="idempotencyKey">The key it came with; null for none.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="asked">When it came, a timestamp of the app's <see cref="TimeProvider"/>.</param>
    /// <param name="runs">Starts the run.</param>
    public static async Task<(StartedRun? Started, Problem? Problem)> StartAsync(
        ChatStreamRequest body, string? idempotencyKey, Caller caller, long asked, ConversationRuns runs)
    {
        if (ChatStreamValidation.Check(body) is { } invalid)
        {
            return (null, invalid);
        }

        var idempotency = default(IdempotencyKey);
        if (idempotencyKey is not null)
        {
            (idempotency, var problem) = Idempotency.Make(idempotencyKey, caller, Fingerprint(body));
            if (problem is not null)
            {
                return (null, problem);
            }
        }

        var request = new RunRequest
        {
            Messages = ChatStreamValidation.Messages(body),
            Model = body.Model,
            Options = ChatStreamValidation.Options(body),
            Tools = RequestTools.Read(body.Tools).Names,
            Agents = ChatStreamValidation.Agents(body),
            AgentMode = body.AgentMode == "parallel" ? AgentMode.Parallel : AgentMode.Sequence,
            OnDisconnect = body.OnDisconnect is { } text && DisconnectPolicy.TryParse(text, out var policy) ? policy : null,
            Caller = caller,
            Asked = asked,
            Idempotency = idempotency,
        };
        var (started, refused) = await TryAsync(() => AskAsync(runs, body, request));
        // What an earlier request started may be so old that only its text is left.
        return started is { Replayed: true, Run: var run } && EventCursor.Check(0, run) is { } expired ? (null, expired) : (started, refused);
    }

    public static async Task<IResult> GetAsync(HttpContext context, ConversationRuns runs, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var query = context.Request.Query;
        if (context.Request.Headers.TryGetValue(EventCursor.Header, out var last))
        {
            // A browser's EventSource that reconnects continues its run; the prompt is never sent twice.
            return last.Count != 1 || !EventCursor.TryParseId(last.ToString(), out var runId, out _) ? Problem.InvalidCursor
                : await runs.Host.FindAsync(runId, context.GetCaller()) is { } known ? ReadRun.Events(context, known)
                : Problem.NotFound;
        }

        if (Array.Find(Single, name => query[name].Count > 1) is { } twice)
        {
            return Problem.Validation(twice, $"{twice} stands more than once. Send it once.");
        }

        var prompt = query["q"].ToString();
        if (!ChatStreamValidation.HasVisibleText(prompt))
        {
            return Problem.Validation("q", "q is missing: what to ask, as in /api/stream?q=hello.");
        }

        var system = query["system"].ToString();
        var request = new RunRequest
        {
            Messages = system.Length > 0 ? [new ChatMessage(ChatRole.System, system), new ChatMessage(ChatRole.User, prompt)] : [new ChatMessage(ChatRole.User, prompt)],
            Model = query["model"],
            Tools = RequestTools.Read(query["tools"].ToString()),
            Caller = context.GetCaller(),
            Asked = asked,
        };

        // A session's name is its caller's choice: it can't name a conversation of the page, nor somebody else's.
        return await StreamAsync(query["format"], context, () => TryAsync(() => query["session"].ToString() is { Length: > 0 } session
            ? runs.AskAsync(new Question { ConversationId = ConversationRuns.IdOf("session", session, request.Caller), MayCreate = true, Prompt = prompt, System = system }, request)
            : Task.FromResult(runs.Host.Start(request))));
    }

    // Nothing is started that could not be sent.
    private static async Task<IResult> StreamAsync(string? name, HttpContext context, Func<Task<(StartedRun? Started, Problem? Problem)>> start)
    {
        var (format, unfit) = context.RequestServices.GetRequiredService<RunFormats>().Pick(name, context.Request);
        if (unfit is not null)
        {
            return unfit;
        }

        var (started, problem) = await start();
        if (started is null)
        {
            return problem!;
        }

        if (started.Replayed)
        {
            context.Response.Headers["Idempotent-Replay"] = "true";
        }

        return new RunStreamResult(started.Run, 0, format!.Create(started.Run, context.Request.Query));
    }

    private static async Task<(StartedRun? Started, Problem? Problem)> TryAsync(Func<Task<StartedRun>> start)
    {
        try
        {
            return (await start(), null);
        }
        catch (Exception exception) when (Problem.From(exception) is { } problem)
        {
            return (null, problem);
        }
    }

    // Of what was understood, not of the bytes: a client whose WebSocket broke may ask again by POST.
    private static string Fingerprint(ChatStreamRequest body) => Idempotency.Fingerprint(JsonSerializer.SerializeToUtf8Bytes(body), "/api/chat/stream");

    // With a conversation, exactly the last user message is appended and the context is the stored one: the branch that is shown, or that of the parent named.
    private static Task<StartedRun> AskAsync(ConversationRuns runs, ChatStreamRequest body, RunRequest request)
    {
        if (body.ConversationId is null && body.Store != true)
        {
            return Task.FromResult(runs.Host.Start(request));
        }

        var question = new Question
        {
            ConversationId = body.ConversationId ?? runs.Book.NewId(),
            MayCreate = body.ConversationId is null,
            Prompt = body.Messages!.Last(message => message.Role == "user").Content!,
            System = body.System,
            IsBranch = body.ParentMessageId is not null,
            IsBeside = body.ParentMessageId is not null,
            ParentId = body.ParentMessageId,
        };
        return runs.AskAsync(question, request);
    }
}
