using ChatApp.Security;

namespace ChatApp.Api.Native;

public static class NativeRoutes
{
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
        api.MapGet("/runs/{id}/events", ReadRun.EventsAsync);

        // Where a run stands, with its text.
        api.MapGet("/runs/{id}", ReadRun.Status);

        api.MapPost("/runs/{id}/cancel", CancelRun.PostAsync).AddEndpointFilter(RefuseCrossSite);

        // Said here, since the page's own fallback for GET would answer 404.
        api.MapGet("/chat/stream", () => Problem.PostOnly);
        api.MapGet("/runs/{id}/cancel", () => Problem.PostOnly);
        return endpoints;
    }

    private static ValueTask<object?> RefuseCrossSite(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        OriginRule.Allows(context.HttpContext.Request) ? next(context) : ValueTask.FromResult<object?>(Problem.CrossSite);
}
