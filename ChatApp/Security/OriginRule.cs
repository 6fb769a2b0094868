namespace ChatApp.Security;

/// <summary>
/// Tells a request that another site made a browser send from one that a program or a page of ours sent. It guards what changes something
/// and can be sent without CORS asking first: the one GET that starts a run, and stopping one.
/// </summary>
public static class OriginRule
{
    private static readonly string[] Embedded = ["image", "script", "style", "iframe", "document"];

    /// <summary>Whether the request may act. Without <c>Origin</c> and <c>Sec-Fetch-*</c> it comes from a program.</summary>
    public static bool Allows(HttpRequest request)
    {
        var headers = request.Headers;
        return !IsPrefetch(headers["Sec-Purpose"].ToString())
            && !IsPrefetch(headers["Purpose"].ToString())
            && !Embedded.Contains(headers["Sec-Fetch-Dest"].ToString(), StringComparer.OrdinalIgnoreCase)
            && headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none"
            && IsOwnOrigin(request);
    }

    private static bool IsPrefetch(string purpose) => purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase);

    private static bool IsOwnOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
