using ChatApp.Api.OpenAI;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary><c>POST /v1/responses</c>: asks, and answers as a stream, as one object, or at once for a response in the background.</summary>
internal static class CreateResponse
{
    public static async Task<IResult> PostAsync(HttpContext context, RunHost host, ResponseBook book, RunStream stream, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, unreadable) = await JsonBody.ReadAsync<ResponseRequest>(context.Request, context.RequestAborted);
        if (unreadable is not null)
        {
            return OpenAIErrors.Of(unreadable);
        }

        var (kept, refused) = Prepare(body!, book, context.GetCaller());
        var (idempotency, badKey) = Idempotency.Read(context.Request, bytes);
        if ((refused ?? (badKey is null ? null : OpenAIErrors.Of(badKey))) is { } problem)
        {
            return problem;
        }

        var request = new RunRequest
        {
            Messages = string.IsNullOrEmpty(body!.Instructions) ? kept!.Context : [new ChatMessage(ChatRole.System, body.Instructions), .. kept!.Context],
            Model = body.Model,
            Options = ResponseValidation.Options(body),
            Caller = context.GetCaller(),
            IsStreamed = body.Stream == true || !kept.Settings.Background,
            OnDisconnect = kept.Settings.Background ? DisconnectPolicy.Continue : DisconnectPolicy.Cancel,
            Asked = asked,
            Idempotency = idempotency,
        };
        try
        {
            var started = host.Start(request);
            if (!started.Replayed)
            {
                book.Add(started.Run, kept);
            }

            return await AnswerAsync(context, started, body.Stream ?? false, kept.Settings, stream);
        }
        catch (Exception exception) when (Problem.From(exception) is { } wrong)
        {
            return OpenAIErrors.Of(wrong);
        }
    }

    private static (KeptResponse? Kept, OpenAIError? Problem) Prepare(ResponseRequest body, ResponseBook book, Caller caller)
    {
        if (ResponseValidation.Check(body) is { } invalid)
        {
            return (null, invalid);
        }

        var (messages, problem) = ResponseInput.Read(body.Input);
        if (problem is not null)
        {
            return (null, problem);
        }

        if (body.PreviousResponseId is { } previous)
        {
            if (book.Find(previous, caller) is not var (run, response))
            {
                return (null, new OpenAIError(Problem.Validation("previous_response_id", "There is no response of that id, or no longer. Send the whole input instead."))
                {
                    Param = "previous_response_id",
                    Code = "previous_response_not_found",
                });
            }

            if (!run.IsEnded)
            {
                return (null, ResponseProblems.Invalid("previous_response_id", "That response is still being made. Wait for its end, or cancel it."));
            }

            messages = [.. ResponseContext.After(run, response), .. messages];
        }

        return (new KeptResponse(ResponseValidation.Settings(body), messages), null);
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, StartedRun started, bool streamed, ResponseSettings settings, RunStream stream)
    {
        var run = started.Run;
        context.Response.Headers["X-Run-Id"] = run.Id;
        if (started.Replayed)
        {
            context.Response.Headers["Idempotent-Replay"] = "true";
        }

        if (streamed)
        {
            return new RunStreamResult(run, 0, new ResponsesFormat(run, settings, holdsHeaders: !settings.Background));
        }

        if (settings.Background)
        {
            return new ResponseResult(run, settings);
        }

        if (await stream.WaitForEndAsync(context, run) is { } hindrance)
        {
            return OpenAIErrors.Of(hindrance);
        }

        // Nothing to show: the status says it, so that a client tries again by itself.
        return run.Problem is { } problem && !HasContent(run) ? new OpenAIError(Problem.From(problem)) : new ResponseResult(run, settings);
    }

    private static bool HasContent(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events.Exists(@event => @event.IsContent);
    }
}
