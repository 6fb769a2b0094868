using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace ChatApp.Security;

/// <summary>
/// The cookie of somebody who signed in: the key's name and fingerprint, sealed. The key itself is not in it, and the cookie is worth nothing
/// once the key is taken out.
/// </summary>
internal sealed class KeyTicket(IDataProtectionProvider protection, KeyRing keys)
{
    public const string Cookie = "chatapp-key";

    // Browsers take a cookie of this name over https alone, and from this very host: neither a page of a neighbouring host nor somebody on the
    // way can put one of theirs in its place.
    internal const string HostCookie = $"__Host-{Cookie}";

    private static readonly TimeSpan Lasts = TimeSpan.FromDays(30);

    // The cookie's age is the browser's promise; this one is ours.
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("ChatApp.Security.KeyTicket").ToTimeLimitedDataProtector();

    /// <summary>Who signed in; null for nobody, or with a key that is gone.</summary>
    public Caller? Read(HttpRequest request)
    {
        // Over https the other one can't be ours. Behind a proxy that ends TLS a request looks plain, so there both may be.
        var text = request.Cookies[HostCookie] ?? (request.IsHttps ? null : request.Cookies[Cookie]);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        try
        {
            var ticket = _protector.Unprotect(text);
            var end = ticket.LastIndexOf('\n');
            return end < 0 ? null : keys.Find(ticket[..end], ticket[(end + 1)..]);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Signs the caller in.</summary>
    public void Write(HttpContext context, Caller caller) =>
        Append(context, IsSecure(context.Request), _protector.Protect($"{caller.Name}\n{keys.FingerprintOf(caller)}", Lasts), Lasts);

    /// <summary>Takes the cookie back. A copy of it stays good until it expires or its key is taken out: nothing is kept of who signed in.</summary>
    public static void Delete(HttpContext context)
    {
        var secure = IsSecure(context.Request);
        Append(context, secure, "", TimeSpan.Zero);
        if (context.Request.Cookies.ContainsKey(secure ? Cookie : HostCookie))
        {
            Append(context, !secure, "", TimeSpan.Zero);
        }
    }

    // Behind a proxy that ends TLS the request is plain; the browser's Origin says what the person's address bar does.
    private static bool IsSecure(HttpRequest request) => request.IsHttps || request.Headers.Origin.ToString().StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private static void Append(HttpContext context, bool secure, string value, TimeSpan lasts) => context.Response.Cookies.Append(secure ? HostCookie : Cookie, value, new CookieOptions
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = secure,
        Path = "/",
        MaxAge = lasts,
        IsEssential = true,
    });
}
