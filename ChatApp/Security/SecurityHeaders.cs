namespace ChatApp.Security;

public static class SecurityHeaders
{
    // No request to another origin of any kind, and no script but our own: an answer that slips through everything else still can't call anyone.
    // Blazor and Radzen set style attributes; the circuit is a WebSocket to the page's own origin, which 'self' covers. 'unsafe-eval' is for tools
    // that measure and test the page by expressions (Playwright's waitForFunction): it lets no script in, and none of ours evaluates text.
    private const string Policy =
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
        + "connect-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'";

    /// <summary>Sets the headers that keep a browser to this origin, on every response.</summary>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        // Nothing to other sites. Not no-referrer: with that a browser hides the origin of our own forms from us as well.
        headers["Referrer-Policy"] = "same-origin";
        return next(context);
    });
}
