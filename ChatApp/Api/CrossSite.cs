using ChatApp.Security;

namespace ChatApp.Api;

/// <summary>The rule on other sites' requests, for routes that act and that a browser would send without asking first.</summary>
internal static class CrossSite
{
    /// <summary>Refuses requests that another site made a browser send.</summary>
    /// <param name="route">The route to guard.</param>
    /// <param name="shape">Gives the answer the shape that the route's clients read; null for problem details.</param>
    public static RouteHandlerBuilder RefuseCrossSite(this RouteHandlerBuilder route, Func<Problem, IResult>? shape = null) =>
        route.AddEndpointFilter((context, next) => OriginRule.Allows(context.HttpContext.Request)
            ? next(context)
            : ValueTask.FromResult<object?>(shape is null ? Problem.CrossSite : shape(Problem.CrossSite)));
}
