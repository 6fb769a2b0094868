using ChatApp.Security;

namespace ChatApp.Api.Responses;

public static class ResponsesRoutes
{
    /// <summary>Registers the format <c>responses</c> and what its routes need.</summary>
    internal static IServiceCollection AddResponses(this IServiceCollection services)
    {
        services.AddSingleton<ResponseBook>();
        services.AddSingleton<IRunFormatKind, ResponsesFormat.Kind>();
        return services;
    }

    /// <summary>Maps OpenAI's Responses API: make a response, read it again, stop it.</summary>
    public static IEndpointRouteBuilder MapResponses(this IEndpointRouteBuilder endpoints)
    {
        var responses = endpoints.MapGroup("/v1/responses").DisableAntiforgery();
        responses.MapPost("", CreateResponse.PostAsync);
        responses.MapGet("/{id}", ReadResponse.Get);
        responses.MapPost("/{id}/cancel", ReadResponse.CancelAsync).AddEndpointFilter(RefuseCrossSite);

        // Said here, since the page's own fallback for GET would answer 404.
        responses.MapGet("", () => ResponseProblems.PostOnly);
        responses.MapGet("/{id}/cancel", () => ResponseProblems.PostOnly);
        return endpoints;
    }

    private static ValueTask<object?> RefuseCrossSite(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        OriginRule.Allows(context.HttpContext.Request) ? next(context) : ValueTask.FromResult<object?>(ResponseProblems.CrossSite);
}
