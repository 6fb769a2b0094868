namespace ChatApp.Api.AgUi;

public static class AgUiRoutes
{
    /// <summary>Registers the format <c>ag-ui</c>.</summary>
    internal static IServiceCollection AddAgUi(this IServiceCollection services)
    {
        services.AddSingleton<IRunFormatKind, AgUiFormat.Kind>();
        return services;
    }

    /// <summary>Maps the address of an <c>HttpAgent</c>. Its events go as server-sent events, whatever else the client would take.</summary>
    public static IEndpointRouteBuilder MapAgUi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/ag-ui").DisableAntiforgery();
        api.MapPost("", AgUiRun.PostAsync).Describe(
            "AG-UI: run the agent", "text/event-stream", [400, 401, 404, 409, 413, 415, 422, 429, 503], typeof(AgUiRequest),
            ("Idempotency-Key", "The same key with the same body attaches to the run of the first request."));
        return endpoints;
    }
}
