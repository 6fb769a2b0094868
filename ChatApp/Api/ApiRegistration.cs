using System.Text.Json.Serialization;
using ChatApp.Api.Native;
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
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
        return services;
    }
}
