using System.Reflection;
using ChatApp.Runs;

namespace ChatApp.Api;

public static class HealthRoutes
{
    private static readonly string Version =
        typeof(HealthRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <summary>Maps what load balancers and people ask to see whether the server is up, and whether it takes new work.</summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/health", () => new { status = "ok", service = "ChatApp", version = Version });
        endpoints.MapGet("/health/live", () => "live");
        endpoints.MapGet("/health/ready", (RunHost host) => host.IsDraining ? Results.Text("draining", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready"));
        return endpoints;
    }
}
