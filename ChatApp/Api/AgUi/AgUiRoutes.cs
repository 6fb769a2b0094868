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
        api.MapPost("", AgUiRun.PostAsync);
        api.MapGet("", () => Problem.PostOnly);
        return endpoints;
    }
}
