using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>
/// Tells who sent a request: by <c>Authorization: Bearer KEY</c>, by <c>x-api-key: KEY</c>, or by the cookie of a sign-in. All three open the same.
/// Two that differ are refused rather than ranked, since whoever checks one and uses the other is deceived.
/// </summary>
internal sealed class KeyAuthentication(
    KeyRing keys, KeyTicket ticket, IDoorAnswer answer, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string Name = "key";

    private const string ByCookie = "cookie";
    private const string Fingerprint = "fingerprint";
    private const string Bearer = "Bearer";

    private static readonly AuthenticateResult Conflict = AuthenticateResult.Fail("The request has two credentials that differ.");
    private static readonly AuthenticateResult Wrong = AuthenticateResult.Fail("The key is not known.");

    /// <summary>Whether a browser added the credential by itself, so that any site could have made it send the request.</summary>
    public static bool IsByCookie(ClaimsPrincipal user) => user.Identity?.AuthenticationType == ByCookie;

    /// <summary>The caller behind a user that this scheme made; null where the key is gone since, or there is no user.</summary>
    public static Caller? CallerOf(ClaimsPrincipal user, KeyRing keys) =>
        user.FindFirst(ClaimTypes.Name) is { } name && user.FindFirst(Fingerprint) is { } print ? keys.Find(name.Value, print.Value) : null;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Decide());

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var result = await HandleAuthenticateOnceSafeAsync();
        if (ReferenceEquals(result, Conflict))
        {
            await answer.WriteAsync(Context, DoorRefusal.ConflictingCredentials);
        }
        else if (result.None && SignIn.IsPage(Request))
        {
            Response.Redirect(SignIn.AddressFor(Request));
        }
        else
        {
            Response.Headers.WWWAuthenticate = Bearer;
            await answer.WriteAsync(Context, DoorRefusal.Unauthenticated);
        }
    }

    private AuthenticateResult Decide()
    {
        if (!keys.IsRequired)
        {
            return AuthenticateResult.NoResult();
        }

        var sent = Sent().Distinct(StringComparer.Ordinal).ToList();
        var signedIn = ticket.Read(Request);
        if (sent.Count > 1)
        {
            return Conflict;
        }

        if (sent.Count == 0)
        {
            return signedIn is null ? AuthenticateResult.NoResult() : Success(signedIn, ByCookie);
        }

        return keys.Find(sent[0]) is not { } caller ? Wrong
            : signedIn is not null && signedIn != caller ? Conflict
            : Success(caller, Name);
    }

    // Another scheme in Authorization is a proxy's business, and no credential of ours.
    private IEnumerable<string> Sent() => Request.Headers.Authorization
        .Where(header => header is not null && (header.Equals(Bearer, StringComparison.OrdinalIgnoreCase) || header.StartsWith($"{Bearer} ", StringComparison.OrdinalIgnoreCase)))
        .Select(header => header![Bearer.Length..].Trim())
        .Concat(Request.Headers["x-api-key"].Select(header => header?.Trim() ?? ""));

    private AuthenticateResult Success(Caller caller, string by)
    {
        Context.SetCaller(caller);
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name!), new Claim(Fingerprint, keys.FingerprintOf(caller) ?? "")], by);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name));
    }
}
