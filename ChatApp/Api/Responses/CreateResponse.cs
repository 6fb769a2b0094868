using ChatApp.Api.OpenAI;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tools;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.Responses;

/// <summary><c>POST /v1/responses</c>: asks, and answers as a stream, as one object, or at once for a response in the background.</summary>
internal static class CreateResponse
{
    public static async Task<IResult> PostAsync(
        HttpContext context, RunHost host, ResponseBook book, RunStream stream, ToolBox tools, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, unreadable) = await JsonBody.ReadAsync<ResponseRequest>(context.Request, context.RequestAborted);
        if (unreadable is not null)
        {
            return OpenAIErrors.Of(unreadable);
        }

        var (approvals, wrongAnswer) = ResponseInput.ReadApprovals(body!.Input);
        if (wrongAnswer is not null || approvals is not null)
        {
            return wrongAnswer ?? await GoOnAsync(context, body, approvals!, host, book, stream);
        }

        var (kept, refused) = Prepare(body, book, tools, context.GetCaller());
        var (idempotency, badKey) = Idempotency.Read(context.Request, bytes);
        if ((refused ?? (badKey is null ? null : OpenAIErrors.Of(badKey))) is { } problem)
        {
            return problem;
        }

        var request = new RunRequest
        {
            Messages = string.IsNullOrEmpty(body.Instructions) ? kept!.Context : [new ChatMessage(ChatRole.System, body.Instructions), .. kept!.Context],
            Model = body.Model,
            Tools = kept.Settings.Labels.Count > 0 || body.Tools?.Any(tool => tool!.Type == "mcp") == true
                ? [.. kept.Settings.Labels.Keys]
                : null,
            HasDefaultTools = false,
            // The answer comes with the response's id, which one that is not stored does not have.
            CanApprove = kept.Settings.Store,
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

            return await AnswerAsync(context, started, body.Stream ?? false, kept, stream);
        }
        catch (Exception exception) when (Problem.From(exception) is { } wrong)
        {
            return OpenAIErrors.Of(wrong);
        }
    }

    // The caller has said yes or no: the run that waited for it goes on, as another response.
    private static async Task<IResult> GoOnAsync(HttpContext context, ResponseRequest body, ResponseApprovals approvals, RunHost host, ResponseBook book, RunStream stream)
    {
        if (ResponseValidation.Check(body) is { } invalid)
        {
            return invalid;
        }

        if (body.PreviousResponseId is { } previous && ResponseIds.Read(previous)?.RunId != approvals.RunId)
        {
            return ResponseProblems.Invalid("previous_response_id", "The mcp_approval_request is not of that response.");
        }

        try
        {
            var (waiting, problem) = await WaitingRun.AnswerAsync(host, context.GetCaller(), approvals.RunId, approvals.Answers);
            if (waiting is null)
            {
                return OpenAIErrors.Of(problem!);
            }

            var first = book.Find(waiting.Run);
            var kept = new KeptResponse(ResponseValidation.Settings(body, first?.Settings.Labels), first?.Context ?? [], waiting.After);
            book.Add(waiting.Run, kept);
            return await AnswerAsync(context, new StartedRun(waiting.Run, Replayed: false), body.Stream ?? false, kept, stream);
        }
        catch (Exception exception) when (Problem.From(exception) is { } wrong)
        {
            return OpenAIErrors.Of(wrong);
        }
    }

    private static (KeptResponse? Kept, OpenAIError? Problem) Prepare(ResponseRequest body, ResponseBook book, ToolBox tools, Caller caller)
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
                return (null, ResponseProblems.Invalid("previous_response_id", run.IsWaiting
                    ? "That response waits for a yes or no. Send an mcp_approval_response for each mcp_approval_request of it first."
                    : "That response is still being made. Wait for its end, or cancel it."));
            }

            messages = [.. ResponseContext.After(run, response), .. messages];
        }

        try
        {
            return (new KeptResponse(ResponseValidation.Settings(body, ResponseValidation.ServerTools(body, tools)), messages), null);
        }
        catch (UnknownToolException exception)
        {
            return (null, ResponseProblems.Invalid("tools", exception.Message));
        }
    }

    private static async Task<IResult> AnswerAsync(HttpContext context, StartedRun started, bool streamed, KeptResponse kept, RunStream stream)
    {
        var (run, settings, after) = (started.Run, kept.Settings, kept.After);
        context.Response.Headers["X-Run-Id"] = run.Id;
        if (started.Replayed)
        {
            context.Response.Headers["Idempotent-Replay"] = "true";
        }

        if (streamed)
        {
            return new RunStreamResult(run, 0, new ResponsesFormat(run, settings, holdsHeaders: after == 0 && !settings.Background, after: after));
        }

        if (settings.Background)
        {
            return new ResponseResult(run, settings, after);
        }

        if (await stream.WaitForEndAsync(context, run, new RunPause(run, after)) is { } hindrance)
        {
            return OpenAIErrors.Of(hindrance);
        }

        // Nothing to show: the status says it, so that a client tries again by itself.
        return run.Problem is { } problem && after == 0 && !HasContent(run) ? new OpenAIError(Problem.From(problem)) : new ResponseResult(run, settings, after);
    }

    private static bool HasContent(Run run)
    {
        var events = new List<RunEvent>();
        run.Read(0, events);
        return events.Exists(@event => @event.IsContent);
    }
}
