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
        open.MapGet("/api/health", () => new { status = "ok", service = "ChatApp", version = Version }).Describe("Whether the server is up, and its version", "application/json");
        open.MapGet("/health/live", () => "live").Describe("Whether the process lives", "text/plain");
        open.MapGet("/health/ready", (RunHost host) => host.IsDraining ? Results.Text("draining", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready"))
            .Describe("Whether the server takes new work: 503 once it is shutting down", "text/plain", [StatusCodes.Status503ServiceUnavailable]);
        return endpoints;
    }
}
