namespace ChatApp.Api.AiSdk;

public static class AiSdkRoutes
{
    /// <summary>Registers the format <c>ai-sdk</c>.</summary>
    internal static IServiceCollection AddAiSdk(this IServiceCollection services)
    {
        services.AddSingleton<IRunFormatKind, AiSdkFormat.Kind>();
        services.AddSingleton<AiSdkChats>();
        return services;
    }

    /// <summary>Maps what <c>useChat</c> asks for: its <c>api</c> is <c>/api/ai-sdk/chat</c>.</summary>
    public static IEndpointRouteBuilder MapAiSdk(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api/ai-sdk/chat").DisableAntiforgery();
        api.MapPost("", AiSdkChat.PostAsync).Describe(
            "Vercel AI SDK: ask in a chat, streamed as UI message stream v1", "text/event-stream", [400, 401, 404, 409, 413, 415, 422, 429, 503], typeof(AiSdkRequest),
            ("Idempotency-Key", "The same key with the same body attaches to the run of the first request."));
        api.MapGet("/{id}/stream", AiSdkChat.ResumeAsync).Describe("Vercel AI SDK: the answer being made in a chat, from its start; 204 where there is none", "text/event-stream", [401, 429]);
        return endpoints;
    }
}
