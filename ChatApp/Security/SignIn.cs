using System.Globalization;
using System.Text.Encodings.Web;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace ChatApp.Security;

/// <summary>The page that asks for a key, and what comes of it. Plain HTML: it must work before anything else may be loaded.</summary>
internal static class SignIn
{
    public const string Path = "/sign-in";

    private const string OutPath = "/sign-out";
    private const int MaxForm = 16 * 1024;

    // What the page is made of; everything else is behind the door.
    private static readonly string[] Assets = ["app.css", "sign-in.css", "preferences.js", "favicon.svg"];

    private static readonly string[] Programs = ["/api", "/v1", "/health", "/metrics", "/openapi", "/_blazor", "/_framework"];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var open = endpoints.MapGroup("").AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
        open.MapMethods(Path, [HttpMethods.Get, HttpMethods.Head], Show);
        open.MapPost(Path, EnterAsync).WithMetadata(new RequestSizeLimitAttribute(MaxForm));
        open.MapPost(OutPath, Leave).WithMetadata(new RequestSizeLimitAttribute(MaxForm));
    }

    /// <summary>Opens a static file to all where the sign-in page needs it.</summary>
    public static void OpenIfNeeded(EndpointBuilder endpoint)
    {
        if (endpoint is RouteEndpointBuilder { RoutePattern.RawText: { } path } && Assets.Contains(path.TrimStart('/'), StringComparer.Ordinal))
        {
            endpoint.Metadata.Add(new AllowAnonymousAttribute());
        }
    }

    /// <summary>Whether a person's browser asks for a page: then the sign-in page is the answer, not a problem in JSON.</summary>
    public static bool IsPage(HttpRequest request) => (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !Array.Exists(Programs, program => request.Path.StartsWithSegments(program, StringComparison.OrdinalIgnoreCase))
        && System.IO.Path.GetExtension(request.Path.Value) is "" or ".html";

    /// <summary>The sign-in page's address, with the way back to what was asked for.</summary>
    public static string AddressFor(HttpRequest request) => $"{Path}?return={Uri.EscapeDataString(request.PathBase + request.Path + request.QueryString)}";

    private static IResult Show(HttpContext context, KeyRing keys, KeyTicket ticket)
    {
        var back = LocalOr(context.Request.Query["return"]);
        if (!keys.IsRequired || ticket.Read(context.Request) is not null)
        {
            return Results.LocalRedirect(back);
        }

        if (context.Request.Headers["Sec-Fetch-Site"] == "cross-site")
        {
            // A link on another site brought the reader here, so the browser kept the cookie back. Asked again by this page, it sends it.
            context.Response.Headers["Refresh"] = $"0; url={AddressFor(back)}";
        }

        return Page(context, StatusCodes.Status200OK, back, wrong: null);
    }

    private static async Task<IResult> EnterAsync(HttpContext context, KeyRing keys, KeyTicket ticket, SignInAttempts attempts)
    {
        if (!OriginRule.AllowsForm(context.Request))
        {
            return Page(context, StatusCodes.Status403Forbidden, "/", "This was sent by another site's page. Sign in here.");
        }

        if (await ReadAsync(context) is not { } form)
        {
            return Page(context, StatusCodes.Status400BadRequest, "/", "The form could not be read. Fill it in here.");
        }

        var back = LocalOr(form["return"]);
        if (keys.Find(form["key"].ToString().Trim()) is not { } caller)
        {
            // Only what is wrong counts: behind a proxy all have one address, and nobody may keep the others from signing in.
            return Wrong(context, back, attempts);
        }

        ticket.Write(context, caller);
        return SeeOther(back);
    }

    private static IResult Wrong(HttpContext context, string back, SignInAttempts attempts)
    {
        using var attempt = attempts.Try(context.Connection.RemoteIpAddress?.ToString() ?? "");
        if (attempt.IsAcquired)
        {
            return Page(context, StatusCodes.Status401Unauthorized, back, "This key is not known here. Check that it is whole, or ask for a new one.");
        }

        var seconds = attempt.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Page(context, StatusCodes.Status429TooManyRequests, back, $"This key is not known here, and there were too many attempts. Try again in {seconds} seconds.");
    }

    private static IResult Leave(HttpContext context)
    {
        if (!OriginRule.AllowsForm(context.Request))
        {
            return Page(context, StatusCodes.Status403Forbidden, "/", "This was sent by another site's page. You are still signed in.");
        }

        KeyTicket.Delete(context);
        return SeeOther(Path);
    }

    private static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        try
        {
            return context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return null;
        }
    }

    // 303: what was sent by POST is fetched by GET.
    private static SeeOtherResult SeeOther(string address) => new(address);

    // Only within this site: a link must not lead through the sign-in to somewhere else. An address in a header has no other characters than these.
    private static string LocalOr(string? address) =>
        address is { Length: > 0 and < 2048 } && address[0] == '/' && RedirectHttpResult.IsLocalUrl(address) && address.All(letter => letter is > ' ' and <= '~') && !address.StartsWith("/sign-", StringComparison.OrdinalIgnoreCase)
            ? address
            : "/";

    private static string AddressFor(string back) => $"{Path}?return={Uri.EscapeDataString(back)}";

    private static IResult Page(HttpContext context, int status, string back, string? wrong)
    {
        context.Response.Headers.CacheControl = "no-store";
        var html = HtmlEncoder.Default;
        var alert = wrong is null ? "" : $"""<p id="wrong" role="alert">{html.Encode(wrong)}</p>""";
        return Results.Text(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <meta name="robots" content="noindex">
                <title>Sign in – ChatApp</title>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg">
                <link rel="stylesheet" href="/app.css">
                <link rel="stylesheet" href="/sign-in.css">
                <script src="/preferences.js"></script>
            </head>
            <body>
                <main class="sign-in">
                    <h1>Sign in to ChatApp</h1>
                    <form method="post" action="{Path}">
                        <input type="hidden" name="return" value="{html.Encode(back)}">
                        <label for="key">API key</label>
                        <input id="key" name="key" type="password" required autofocus autocomplete="current-password" autocapitalize="off" spellcheck="false"{(wrong is null ? "" : """ aria-invalid="true" aria-describedby="wrong" """)}>
                        {alert}
                        <button type="submit">Sign in</button>
                    </form>
                    <p class="note">Whoever runs this server hands out the keys. This browser stays signed in for 30 days, or until you sign out.</p>
                </main>
            </body>
            </html>
            """,
            "text/html; charset=utf-8",
            statusCode: status);
    }

    private sealed class SeeOtherResult(string address) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = address;
            httpContext.Response.Headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }
    }
}

/// <summary>How often one address may try to sign in with a key that is wrong: ten times at once, then once in six seconds.</summary>
internal sealed class SignInAttempts : IDisposable
{
    private readonly PartitionedRateLimiter<string> _attempts = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(address, _ =>
        new TokenBucketRateLimiterOptions { TokenLimit = 10, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromSeconds(6) }));

    public RateLimitLease Try(string address) => _attempts.AttemptAcquire(address);

    public void Dispose() => _attempts.Dispose();
}
