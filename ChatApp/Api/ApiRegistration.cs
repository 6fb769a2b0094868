using System.Text.Json.Serialization;
using ChatApp.Api.AgUi;
using ChatApp.Api.AiSdk;
using ChatApp.Api.Native;
using ChatApp.Api.OpenAI;
using ChatApp.Api.Responses;
using ChatApp.Security;
using Microsoft.Extensions.Options;

namespace ChatApp.Api;

public static class ApiRegistration
{
    /// <summary>Registers what the protocols share.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddOptions<ApiOptions>().BindConfiguration(ApiOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ApiOptions>, ApiOptionsValidator>();
        services.AddSingleton<RunStream>();
        services.AddSingleton<IDoorAnswer, DoorAnswer>();
        services.AddSingleton<RunFormats>();
        services.AddNative();
        services.AddApiDescription();
        services.AddOpenAI();
        services.AddResponses();
        services.AddAiSdk();
        services.AddAgUi();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
        return services;
    }
}
