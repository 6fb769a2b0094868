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
        open.MapGet("/api/health", Health).Describe("Whether the server is up, and its version", "application/json");
        open.MapGet("/health/live", Live).Describe("Whether the process lives", "text/plain");
        open.MapGet("/health/ready", Ready).Describe("Whether the server takes new work: 503 once it is shutting down", "text/plain", [StatusCodes.Status503ServiceUnavailable]);

        // Some monitors ask for the status alone.
        open.MapMethods("/api/health", [HttpMethods.Head], Health);
        open.MapMethods("/health/live", [HttpMethods.Head], Live);
        open.MapMethods("/health/ready", [HttpMethods.Head], Ready);
        return endpoints;
    }

    private static HealthReport Health(RunJournal journal) => new(journal.IsDelayed ? "degraded" : "ok", "ChatApp", Version);

    private static string Live() => "live";

    private static IResult Ready(RunHost host) => host.IsDraining ? Results.Text("draining", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ready");
}

/// <summary>What a monitor is told.</summary>
internal sealed record HealthReport(string Status, string Service, string Version);
