using Microsoft.AspNetCore.Routing.Template;

namespace ChatApp.Api;

/// <summary>
/// Answers what no endpoint below a prefix takes: 405 with <c>Allow</c> where the address takes another method, else 404. Without it the page's
/// own fallback would answer every GET with 404, and anything else would get no body.
/// </summary>
internal static class OtherRequests
{
    /// <param name="endpoints">Where to map.</param>
    /// <param name="prefix">The addresses below it are answered.</param>
    /// <param name="shape">Gives the answer the shape that the clients of these addresses read.</param>
    public static void MapOtherRequests(this IEndpointRouteBuilder endpoints, string prefix, Func<Problem, IResult> shape) =>
        endpoints.Map($"{prefix}/{{**path}}", (HttpContext context, EndpointDataSource all) => shape(MethodsOf(context.Request.Path, all) is { Count: > 0 } methods
            ? Problem.MethodNotAllowed(string.Join(", ", methods))
            : Problem.NotFound)).DisableAntiforgery();

    private static List<string> MethodsOf(PathString path, EndpointDataSource all) =>
    [
        .. all.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is not null && Matches(endpoint, path))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            // A WebSocket over HTTP/2 comes with it; nobody sends it by hand.
            .Where(method => !HttpMethods.IsConnect(method))
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    // The page's own catch-all takes whatever looks like a file.
    private static bool Matches(RouteEndpoint endpoint, PathString path) =>
        endpoint.RoutePattern.RawText is { } template && !template.StartsWith("/{**", StringComparison.Ordinal) && !template.StartsWith("{**", StringComparison.Ordinal)
        && new TemplateMatcher(TemplateParser.Parse(template.TrimStart('/')), []).TryMatch(path, []);
}
