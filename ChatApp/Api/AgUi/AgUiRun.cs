using System.Text.Json;
using ChatApp.Api.Native;
using ChatApp.Runs;
using ChatApp.Security;
using Microsoft.Extensions.AI;

namespace ChatApp.Api.AgUi;

/// <summary>Starting a thread's run.</summary>
internal static class AgUiRun
{
    private static readonly JsonElement NoParameters = JsonElement.Parse("""{"type":"object","properties":{}}""");

    public static async Task<IResult> PostAsync(HttpContext context, RunHost host, TimeProvider time)
    {
        var asked = time.GetTimestamp();
        var (body, bytes, problem) = await JsonBody.ReadAsync<AgUiRequest>(context.Request, context.RequestAborted);
        var (messages, props, options, idempotency) = (new List<ChatMessage>(), new AgUiProps(), default(ChatOptions), default(IdempotencyKey));
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
                Caller = context.GetCaller(),
                Asked = asked,
                Idempotency = idempotency,
            });
            if (replayed)
            {
                context.Response.Headers["Idempotent-Replay"] = "true";
            }

            var taken = body!.Messages!.SelectMany(message => message?.ToolCalls ?? []).Select(call => call?.Id).OfType<string>();
            return new RunStreamResult(run, 0, new AgUiFormat(run, body.ThreadId ?? run.Id, body.RunId ?? run.Id, taken));
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

    private static (ChatOptions? Options, Problem? Problem) Options(ChatStreamOptions? given, IReadOnlyList<AgUiTool?>? tools)
    {
        if (ChatStreamValidation.Check(given) is { } problem)
        {
            return (null, problem);
        }

        if (tools is not { Count: > 0 })
        {
            return (ChatStreamValidation.Options(given), null);
        }

        if (tools.Any(tool => string.IsNullOrEmpty(tool?.Name) || tool.Parameters is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) }))
        {
            return (null, Problem.Validation("tools", "A tool has a name, a description and, as its parameters, a JSON schema."));
        }

        var options = ChatStreamValidation.Options(given) ?? new ChatOptions();
        // Declared and not run here: a call of one ends the run, and the client answers it in its next.
        options.Tools = [.. tools.Select(tool => AIFunctionFactory.CreateDeclaration(tool!.Name!, tool.Description ?? "", Schema(tool.Parameters)))];
        return (options, null);
    }

    private static JsonElement Schema(JsonElement? parameters) => parameters is { ValueKind: JsonValueKind.Object } schema ? schema : NoParameters;
}
