using ChatApp.Api.Native.Sockets;
using ChatApp.Security;

namespace ChatApp.Api.Native;

public static class NativeRoutes
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Changing = [HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];

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

        // Starts a run and streams it.
        api.MapPost("/chat/stream", StartRun.PostAsync);

        // The same for EventSource and curl; a reader that comes back with Last-Event-ID continues its run.
        api.MapGet("/stream", StartRun.GetAsync).AddEndpointFilter(RefuseCrossSite);

        // Attach, replay, resume.
        api.MapMethods("/runs/{id}/events", Reading, ReadRun.EventsAsync);

        // Where a run stands, with its text.
        api.MapMethods("/runs/{id}", Reading, ReadRun.Status);

        api.MapPost("/runs/{id}/cancel", CancelRun.PostAsync).AddEndpointFilter(RefuseCrossSite);

        // Everything above for several runs at once, over one connection.
        api.MapMethods("/ws", [HttpMethods.Get, HttpMethods.Connect], SocketRoute.GetAsync).AddEndpointFilter(RefuseCrossSite);

        // Said here, since the page's own fallback for GET would answer 404, and a bare 405 has no body.
        api.MapMethods("/chat/stream", [.. Reading, .. Changing], () => Problem.PostOnly);
        api.MapMethods("/runs/{id}/cancel", [.. Reading, .. Changing], () => Problem.PostOnly);
        api.MapMethods("/stream", [HttpMethods.Head, HttpMethods.Post, .. Changing], () => Problem.GetOnly("GET"));
        api.MapMethods("/ws", [HttpMethods.Head, HttpMethods.Post, .. Changing], () => Problem.GetOnly("GET"));
        api.MapMethods("/runs/{id}/events", [HttpMethods.Post, .. Changing], () => Problem.GetOnly("GET, HEAD"));
        api.MapMethods("/runs/{id}", [HttpMethods.Post, .. Changing], () => Problem.GetOnly("GET, HEAD"));
        return endpoints;
    }

    private static ValueTask<object?> RefuseCrossSite(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        OriginRule.Allows(context.HttpContext.Request) ? next(context) : ValueTask.FromResult<object?>(Problem.CrossSite);
}
