namespace ChatApp.Api.OpenAI;

public static class OpenAIRoutes
{
    /// <summary>Registers the format <c>chat-completions</c>.</summary>
    internal static IServiceCollection AddOpenAI(this IServiceCollection services) => services.AddSingleton<IRunFormatKind, ChatCompletionsFormat.Kind>();

    /// <summary>Maps OpenAI's chat completions and models, with every error in OpenAI's shape.</summary>
    public static IEndpointRouteBuilder MapOpenAI(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/v1").DisableAntiforgery();
        api.MapPost("/chat/completions", CreateChatCompletion.PostAsync);
        api.MapGet("/models", ListModels.GetAsync);

        // To its end, since ids have slashes: scripted/demo.
        api.MapGet("/models/{**id}", ListModels.Get);

        // Every other method and address; an endpoint of its own wins.
        api.Map("/{**path}", Refuse);
        return endpoints;
    }

    private static OpenAIError Refuse(string? path) => path switch
    {
        "chat/completions" => OpenAIErrors.MethodNotAllowed("POST"),
        "models" => OpenAIErrors.MethodNotAllowed("GET"),
        not null when path.StartsWith("models/", StringComparison.Ordinal) => OpenAIErrors.MethodNotAllowed("GET"),
        _ => OpenAIErrors.NotFound,
    };
}
