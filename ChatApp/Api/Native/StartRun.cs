using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Native;

/// <summary>Starting a run and streaming it.</summary>
internal static class StartRun
{
    public static async Task<IResult> PostAsync(HttpContext context, RunHost host, ConversationBook book, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, problem) = await JsonBody.ReadAsync<ChatStreamRequest>(context.Request, context.RequestAborted);
        problem ??= ChatStreamValidation.Check(body!);
        var idempotency = default(IdempotencyKey);
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
            Messages = ChatStreamValidation.Messages(body!),
            Model = body!.Model,
            Options = ChatStreamValidation.Options(body.Options),
            OnDisconnect = body.OnDisconnect is { } text && DisconnectPolicy.TryParse(text, out var policy) ? policy : null,
            Caller = context.GetCaller(),
            Asked = asked,
            Idempotency = idempotency,
        };
        return Start(body.Format, context, () => Ask(host, book, body, request));
    }

    public static IResult GetAsync(HttpContext context, RunHost host, ConversationBook book, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var query = context.Request.Query;
        if (context.Request.Headers.TryGetValue(EventCursor.Header, out var last))
        {
            // A browser's EventSource that reconnects continues its run; the prompt is never sent twice.
            return !EventCursor.TryParseId(last.ToString(), out var runId, out _) ? Problem.InvalidCursor
                : host.Find(runId, context.GetCaller()) is { } known ? ReadRun.Events(context, known)
                : Problem.NotFound;
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
            Caller = context.GetCaller(),
            Asked = asked,
        };

        // A session's name is its caller's choice and has a name space of its own: it can't name a conversation of the page.
        return Start(query["format"], context, () => query["session"].ToString() is { Length: > 0 } session
            ? AskIn(book, book.Open($"session-{session}", request.Caller), prompt, system, host, request)
            : host.Start(request));
    }

    private static IResult Start(string? name, HttpContext context, Func<StartedRun> start)
    {
        var formats = context.RequestServices.GetRequiredService<RunFormats>();
        if (formats.Find(name) is not { } format)
        {
            return formats.Unknown;
        }

        try
        {
            var started = start();
            if (started.Replayed)
            {
                context.Response.Headers["Idempotent-Replay"] = "true";
            }

            return new RunStreamResult(started.Run, 0, format.Create(started.Run, context.Request.Query));
        }
        catch (Exception exception) when (Problem.From(exception) is { } problem)
        {
            return problem;
        }
    }

    // With a conversation, exactly the last user message is appended and the context is the stored one.
    private static StartedRun Ask(RunHost host, ConversationBook book, ChatStreamRequest body, RunRequest request)
    {
        if (body.ConversationId is null && body.Store != true)
        {
            return host.Start(request);
        }

        var conversation = body.ConversationId is null ? book.Create(request.Caller) : book.Get(body.ConversationId, request.Caller);
        return AskIn(book, conversation, body.Messages!.Last(message => message.Role == "user").Content!, body.System, host, request);
    }

    private static StartedRun AskIn(ConversationBook book, Conversation conversation, string prompt, string? system, RunHost host, RunRequest request)
    {
        StartedRun? started = null;
        try
        {
            return host.FindStarted(request.Idempotency) ?? Begin();
        }
        catch (ConversationBusyException) when (host.FindStarted(request.Idempotency) is { } known)
        {
            // The same request, sent twice at once: the other one was quicker.
            return known;
        }

        StartedRun Begin()
        {
            var turn = conversation.Ask(prompt, system, messages =>
            {
                started = host.Start(request with { Messages = messages, ConversationId = conversation.Id });
                return started.Replayed ? null : started.Run;
            });
            if (turn is not null)
            {
                book.Add(conversation);
            }

            return started!;
        }
    }
}
