using ChatApp.Api.OpenAI;

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
        responses.MapPost("", CreateResponse.PostAsync).Describe(
            "A response, streamed, whole or in the background", "application/json", [400, 401, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504], typeof(ResponseRequest),
            ("Idempotency-Key", "The same key with the same body attaches to the response of the first request."));
        responses.MapGet("/{id}", ReadResponse.Get).Describe(
            "A response as it stands, or its stream", "application/json", [400, 401, 404, 429], body: null,
            ("?stream", "true streams it."), ("?starting_after", "The sequence_number of the last event you have."));
        responses.MapPost("/{id}/cancel", ReadResponse.CancelAsync).RefuseCrossSite(OpenAIErrors.Of)
            .Describe("Stop a response made in the background", "application/json", [400, 401, 403, 404]);
        return endpoints;
    }
}
