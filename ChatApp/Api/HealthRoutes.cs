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
        var health = (RunJournal journal) => new { status = journal.IsDelayed ? "degraded" : "ok", service = "ChatApp", version = Version };
        var live = () => "live";
        var ready = (RunHost host) => host.IsDraining ? Results.Text("draining", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready");
        open.MapGet("/api/health", health).Describe("Whether the server is up, and its version", "application/json");
        open.MapGet("/health/live", live).Describe("Whether the process lives", "text/plain");
        open.MapGet("/health/ready", ready).Describe("Whether the server takes new work: 503 once it is shutting down", "text/plain", [StatusCodes.Status503ServiceUnavailable]);

        // Some monitors ask for the status alone.
        open.MapMethods("/api/health", [HttpMethods.Head], health);
        open.MapMethods("/health/live", [HttpMethods.Head], live);
        open.MapMethods("/health/ready", [HttpMethods.Head], ready);
        return endpoints;
    }
}
