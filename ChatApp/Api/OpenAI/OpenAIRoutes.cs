namespace ChatApp.Api.OpenAI;

public static class OpenAIRoutes
{
    /// <summary>Registers the format <c>chat-completions</c>.</summary>
    internal static IServiceCollection AddOpenAI(this IServiceCollection services) => services.AddSingleton<IRunFormatKind, ChatCompletionsFormat.Kind>();

    /// <summary>Maps OpenAI's chat completions and models, with every error in OpenAI's shape.</summary>
    public static IEndpointRouteBuilder MapOpenAI(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/v1").DisableAntiforgery();
        api.MapPost("/chat/completions", CreateChatCompletion.PostAsync).Describe(
            "A chat completion, streamed or whole", "application/json", [400, 401, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504], typeof(ChatCompletionRequest),
            ("Idempotency-Key", "The same key with the same body attaches to the answer of the first request."));
        api.MapGet("/models", ListModels.GetAsync).Describe("The models", "application/json", [401]);

        // To its end, since ids have slashes: scripted/demo.
        api.MapGet("/models/{**id}", ListModels.Get).Describe("One model", "application/json", [401, 404]);
        return endpoints;
    }
}
