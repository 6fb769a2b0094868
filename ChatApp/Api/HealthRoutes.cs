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
        // Open to all: who asks has no key, and learns nothing that needs one.
        var open = endpoints.MapGroup("").AllowAnonymous();
        open.MapGet("/api/health", () => new { status = "ok", service = "ChatApp", version = Version });
        open.MapGet("/health/live", () => "live");
        open.MapGet("/health/ready", (RunHost host) => host.IsDraining ? Results.Text("draining", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready"));
        return endpoints;
    }
}
