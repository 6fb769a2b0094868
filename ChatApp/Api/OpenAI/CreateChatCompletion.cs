using ChatApp.Runs;
using ChatApp.Security;

namespace ChatApp.Api.OpenAI;

/// <summary>Starting a run as a chat completion, streamed or whole. It ends when its client leaves, as clients of this protocol expect.</summary>
internal static class CreateChatCompletion
{
    public static async Task<IResult> PostAsync(HttpContext context, RunHost host, RunStream stream, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, problem) = await JsonBody.ReadAsync<ChatCompletionRequest>(context.Request, context.RequestAborted);
        var idempotency = default(IdempotencyKey);
        if (problem is null)
        {
            (idempotency, problem) = Idempotency.Read(context.Request, bytes);
        }

        IReadOnlyList<string>? tools = null;
        if (problem is null)
        {
            (tools, problem) = RequestTools.Read(body!.Chatapp?.Tools, "chatapp.tools");
        }

        if (problem is not null)
        {
            return OpenAIErrors.Of(problem);
        }

        try
        {
            var started = host.Start(new RunRequest
            {
                Options = ChatCompletionValidation.Options(body!),
                Messages = ChatCompletionMessages.Read(body!),
                Model = body!.Model,
                Tools = tools,
                HasDefaultTools = false,
                // The protocol has no words for a question on the way.
                CanApprove = false,
                OnDisconnect = DisconnectPolicy.Cancel,
                Caller = context.GetCaller(),
                Asked = asked,
                Idempotency = idempotency,
            });
            return await AnswerAsync(context, stream, started, body);
        }
        catch (InvalidParameterException exception)
        {
            return OpenAIErrors.Of(exception);
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return OpenAIErrors.Of(refused);
        }
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, RunStream stream, StartedRun started, ChatCompletionRequest body)
    {
        // Here already: a run that failed before its first word is answered with its status, and has an id all the same.
        context.Response.Headers["X-Run-Id"] = started.Run.Id;
        if (started.Replayed)
        {
            context.Response.Headers["Idempotent-Replay"] = "true";
        }

        if (body.Stream == true)
        {
            return new RunStreamResult(started.Run, 0, new ChatCompletionsFormat(started.Run, body.StreamOptions?.IncludeUsage == true));
        }

        return await stream.WaitForEndAsync(context, started.Run) is { } problem ? OpenAIErrors.Of(problem) : new ChatCompletion(started.Run);
    }
}
