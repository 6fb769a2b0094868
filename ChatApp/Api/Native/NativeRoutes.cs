using ChatApp.Api.Native.Sockets;

namespace ChatApp.Api.Native;

public static class NativeRoutes
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private const string Sse = "text/event-stream";

    private static readonly (string, string) Format = ("?format", "sse, text, or another protocol's format.");
    private static readonly (string, string) Footer = ("?footer", "false leaves out the last line of format=text.");
    private static readonly (string, string) LastEventId = ("Last-Event-ID", "RUN:SEQ, the id of the last event you have: the run goes on after it.");

    /// <summary>Registers the native formats: <c>sse</c> and <c>text</c>.</summary>
    internal static IServiceCollection AddNative(this IServiceCollection services)
    {
        services.AddSingleton<IRunFormatKind, SseFormat.Kind>();
        services.AddSingleton<IRunFormatKind, TextFormat.Kind>();
        return services;
    }

    /// <summary>Maps the native protocol: start a run, read it, resume it, stop it.</summary>
    public static IEndpointRouteBuilder MapNative(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api").DisableAntiforgery();

        api.MapPost("/chat/stream", StartRun.PostAsync).Describe(
            "Start a run and stream it", Sse, [400, 401, 404, 406, 409, 413, 415, 422, 429, 503], typeof(ChatStreamRequest),
            ("Idempotency-Key", "The same key with the same body attaches to the run of the first request."), Footer);

        // For EventSource and curl; a reader that comes back with Last-Event-ID continues its run.
        api.MapGet("/stream", StartRun.GetAsync).RefuseCrossSite().Describe(
            "Start a run and stream it, for EventSource and curl", Sse, [400, 401, 403, 404, 406, 409, 429, 503], body: null,
            ("?q", "What to ask."), ("?model", "The model; without it the default one."), ("?session", "Any name: the same one continues the same conversation."),
            ("?system", "What the model is told before all else."),
            ("?tools", "Names of tools with commas between them, or false for none; without it the model's own."), Format, Footer, LastEventId);

        api.MapMethods("/runs/{id}/events", Reading, ReadRun.EventsAsync).Describe(
            "Attach to a run: replay it, resume it, follow it to its end", Sse, [400, 401, 404, 406, 409, 410, 429], body: null,
            ("?after", "The number of the last event you have."), Format, Footer, LastEventId);

        api.MapMethods("/runs/{id}", Reading, ReadRun.StatusAsync).Describe("Where a run stands, with its text", "application/json", [401, 404]);

        api.MapPost("/runs/{id}/cancel", CancelRun.PostAsync).RefuseCrossSite().Describe("Stop a run", "application/json", [401, 403, 404, 413]);

        api.MapPost("/runs/{id}/approvals/{approvalId}", AnswerApproval.PostAsync).RefuseCrossSite().Describe(
            "Say yes or no to a tool call that waits for it", "application/json", [400, 401, 403, 404, 409, 413, 415, 503], typeof(ApprovalBody));
        api.MapMethods("/tools", Reading, ListTools.Get).Describe("The tools there are, and where the MCP servers stand", "application/json", [401]);

        // Everything above for several runs at once, over one connection.
        api.MapMethods("/ws", [HttpMethods.Get, HttpMethods.Connect], SocketRoute.GetAsync).RefuseCrossSite()
            .Describe("A WebSocket: start, read, resume, approve and stop several runs at once", "application/json", [400, 401, 403, 426, 429, 503]);
        return endpoints;
    }
}
