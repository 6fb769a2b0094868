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
        api.MapPost("", AiSdkChat.PostAsync);
        api.MapGet("/{id}/stream", AiSdkChat.Resume);
        api.MapGet("", () => Problem.PostOnly);
        return endpoints;
    }
}
