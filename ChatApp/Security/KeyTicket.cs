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

    private static readonly TimeSpan Lasts = TimeSpan.FromDays(30);

    private readonly IDataProtector _protector = protection.CreateProtector("ChatApp.Security.KeyTicket");

    /// <summary>Who signed in; null for nobody, or with a key that is gone.</summary>
    public Caller? Read(HttpRequest request)
    {
        if (request.Cookies[Cookie] is not { Length: > 0 } text)
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
        context.Response.Cookies.Append(Cookie, _protector.Protect($"{caller.Name}\n{keys.FingerprintOf(caller)}"), OptionsFor(context.Request, Lasts));

    /// <summary>Signs out.</summary>
    public static void Delete(HttpContext context) => context.Response.Cookies.Append(Cookie, "", OptionsFor(context.Request, TimeSpan.Zero));

    private static CookieOptions OptionsFor(HttpRequest request, TimeSpan lasts) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        // Behind a proxy that ends TLS the request is plain; the browser's Origin says what the person's address bar does.
        Secure = request.IsHttps || request.Headers.Origin.ToString().StartsWith("https:", StringComparison.OrdinalIgnoreCase),
        Path = "/",
        MaxAge = lasts,
        IsEssential = true,
    };
}
