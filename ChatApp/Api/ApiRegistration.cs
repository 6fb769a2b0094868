using System.Text.Json.Serialization;

namespace ChatApp.Api;

public static class ApiRegistration
{
    /// <summary>Registers what the protocols share.</summary>
    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddSingleton<RunStream>();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull);
        return services;
    }
}
