using System.Text.Json;
using ChatApp.Api.Native;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.AgUi;

/// <summary>Starting a thread's run.</summary>
internal static class AgUiRun
{
    public static async Task<IResult> PostAsync(HttpContext context, RunHost host, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, problem) = await JsonBody.ReadAsync<AgUiRequest>(context.Request, context.RequestAborted);
        var (messages, props, options, idempotency) = (new List<ChatMessage>(), new AgUiProps(), default(ChatOptions), default(IdempotencyKey));
        if (problem is null && body!.Resume is { Count: > 0 })
        {
            return await GoOnAsync(context, body, host);
        }

        if (problem is null)
        {
            (messages, problem) = AgUiMessages.Read(body!);
        }

        if (problem is null)
        {
            (props, problem) = Props(body!.ForwardedProps);
        }

        if (problem is null)
        {
            (options, problem) = Options(props.Options, body!.Tools);
        }

        IReadOnlyList<string>? names = null;
        if (problem is null)
        {
            (names, problem) = RequestTools.Read(props.Tools, "forwardedProps.tools");
        }

        if (problem is null)
        {
            (idempotency, problem) = Idempotency.Read(context.Request, bytes);
        }

        if (problem is not null)
        {
            return problem;
        }

        try
        {
            var (run, replayed) = host.Start(new RunRequest
            {
                Messages = messages,
                Model = props.Model,
                Options = options,
                Tools = names,
                Caller = context.GetCaller(),
                Asked = asked,
                Idempotency = idempotency,
            });
            if (replayed)
            {
                context.Response.Headers["Idempotent-Replay"] = "true";
            }

            return new RunStreamResult(run, 0, new AgUiFormat(run, body!.ThreadId ?? run.Id, body.RunId ?? run.Id, CallIds(body)));
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return refused;
        }
    }

    // The application's own object: only what is meant for this server is read of it.
    private static (AgUiProps Props, Problem? Problem) Props(JsonElement? given)
    {
        if (given is not { ValueKind: JsonValueKind.Object } forwarded)
        {
            return (new AgUiProps(), null);
        }

        try
        {
            return (forwarded.Deserialize<AgUiProps>(JsonSerializerOptions.Web)!, null);
        }
        catch (JsonException)
        {
            return (new AgUiProps(), Problem.Validation("forwardedProps", "forwardedProps.model is a model's id, and forwardedProps.options an object."));
        }
    }

    private static (ChatOptions? Options, Problem? Problem) Options(ChatStreamOptions? given, IReadOnlyList<ClientTool?>? tools)
    {
        if (ChatStreamValidation.Check(given) is { } problem)
        {
            return (null, problem);
        }

        return RequestTools.Declare(ChatStreamValidation.Options(given), tools, "tools");
    }

    private static IEnumerable<string> CallIds(AgUiRequest request) =>
        (request.Messages ?? []).SelectMany(message => message?.ToolCalls ?? []).Select(call => call?.Id).OfType<string>();

    // The client calls it a new run; it is the one that waited.
    private static async Task<IResult> GoOnAsync(HttpContext context, AgUiRequest body, RunHost host)
    {
        var (runId, answers) = (default(string), new List<(string Id, ApprovalAnswer Answer)>());
        for (var i = 0; i < body.Resume!.Count; i++)
        {
            if (ApprovalIds.Read(AgUiFormat.InterruptPrefix, body.Resume[i]?.InterruptId) is not var (run, id) || (runId ?? run) != run)
            {
                return Problem.Validation($"resume[{i}].interruptId", "interruptId is the id of an interrupt, and all of them are of one run.");
            }

            if (Answer(body.Resume[i]!) is not { } answer)
            {
                return Problem.Validation($"resume[{i}]", "status is resolved, with a payload such as {\"approved\":true}, or cancelled.");
            }

            runId = run;
            answers.Add((id, answer));
        }

        try
        {
            var known = answers.Select(answer => answer.Id).ToHashSet(StringComparer.Ordinal);
            var (waiting, problem) = await WaitingRun.AnswerAsync(host, context.GetCaller(), runId!, known, answers);
            if (waiting is null)
            {
                return problem!;
            }

            // The thread has the run's own calls, too.
            var format = new AgUiFormat(waiting.Run, body.ThreadId ?? runId!, body.RunId ?? runId!, CallIds(body).SkipLast(waiting.Calls));
            format.GoOnAfter(waiting.After);
            return new RunStreamResult(waiting.Run, waiting.After, format);
        }
        catch (Exception exception) when (Problem.From(exception) is { } refused)
        {
            return refused;
        }
    }

    private static ApprovalAnswer? Answer(AgUiResume resume) => resume switch
    {
        { Status: "cancelled" } => new ApprovalAnswer(IsApproved: false),
        { Status: "resolved", Payload: { ValueKind: JsonValueKind.True or JsonValueKind.False } said } => new ApprovalAnswer(said.GetBoolean()),
        { Status: "resolved", Payload: { ValueKind: JsonValueKind.Object } said } when said.TryGetProperty("approved", out var approved) && approved.ValueKind is JsonValueKind.True or JsonValueKind.False =>
            new ApprovalAnswer(approved.GetBoolean(), said.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String ? reason.GetString() : null),
        _ => null,
    };
}
