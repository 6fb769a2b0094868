using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>
/// Tells a request that another site made a browser send from one that a program, a page of ours or a page of an allowed origin
/// (<see cref="CorsSettings"/>) sent. It guards what changes something and can be sent without CORS asking first: the one GET that starts
/// a run, stopping one, sockets, and every change that a cookie opens.
/// </summary>
public static class OriginRule
{
    private static readonly string[] Embedded = ["image", "script", "style", "iframe", "document"];

    /// <summary>Whether the request may act. Without <c>Origin</c> and <c>Sec-Fetch-*</c> it comes from a program.</summary>
    public static bool Allows(HttpRequest request) =>
        !IsPrefetch(request.Headers["Sec-Purpose"].ToString())
        && !IsPrefetch(request.Headers["Purpose"].ToString())
        && !Embedded.Contains(request.Headers["Sec-Fetch-Dest"].ToString(), StringComparer.OrdinalIgnoreCase)
        && IsFromUs(request);

    /// <summary>
    /// Whether a form was sent by a page of ours, and of ours alone: a page of an allowed origin may use the API, but signs nobody in or out.
    /// Sending a form opens a document, so that is no reason to refuse it.
    /// </summary>
    public static bool AllowsForm(HttpRequest request) => IsFromOwn(request, request.Headers.Origin.ToString());

    /// <summary>Whether a request that is known by its cookie may change something: it must say where it comes from.</summary>
    public static bool AllowsByCookie(HttpRequest request) => request.Headers.Origin.Count > 0 && IsFromUs(request);

    private static bool IsPrefetch(string purpose) => purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase);

    private static bool IsFromUs(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return IsAllowed(request, origin) || IsFromOwn(request, origin);
    }

    private static bool IsFromOwn(HttpRequest request, string origin) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" && (origin.Length == 0 || IsOwn(request, origin));

    private static bool IsOwn(HttpRequest request, string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (IsSchemeKnown(request) ? uri.Scheme.Equals(request.Scheme, StringComparison.OrdinalIgnoreCase) : uri.Scheme is "http" or "https")
        && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);

    // A plain request may come from a proxy that ends TLS, and the page be one of https; unless that proxy says what it was, and is believed.
    private static bool IsSchemeKnown(HttpRequest request) => request.IsHttps || request.Headers.ContainsKey("X-Original-Proto");

    private static bool IsAllowed(HttpRequest request, string origin) =>
        origin.Length > 0 && request.HttpContext.RequestServices?.GetService<IOptions<CorsSettings>>() is { } cors && cors.Value.Allows(origin);
}
