namespace ChatApp.Telemetry;

public static class TelemetryRegistration
{
    /// <summary>Registers what is counted, and what reads it for the pages <c>/metrics</c> and <c>/api/metrics</c>.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<RunMeters>();
        services.AddSingleton<MeterReadings>();
        return services;
    }
}
