using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>Who may come in: keys where there are any, the rule on other sites' requests, limits on callers and connections.</summary>
public static class Door
{
    // An orderly goodbye first: streams end and the page goes to the sign-in by themselves. What has not is cut then.
    internal static readonly TimeSpan RevokedGrace = TimeSpan.FromSeconds(3);

    private const int MaxConnections = 20_000;

    public static IServiceCollection AddDoor(this IServiceCollection services)
    {
        services.AddOptions<ApiKeysOptions>().BindConfiguration(ApiKeysOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ApiKeysOptions>, ApiKeysOptionsValidator>();
        services.AddSingleton<IValidateOptions<ApiKeysOptions>, ApiKeysShape>();
        services.AddOptions<SettingNames.All>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<SettingNames.All>, SettingNames>();
        services.AddOptions<CorsSettings>().BindConfiguration(CorsSettings.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CorsSettings>, CorsSettingsValidator>();
        services.AddOptions<LimitsOptions>().BindConfiguration(LimitsOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LimitsOptions>, LimitsOptionsValidator>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyTicket>();
        services.AddSingleton<SignInAttempts>();
        services.AddSingleton<CallerLimits>();
        services.AddSingleton<ProxyNotice>();
        services.AddScoped<CircuitCaller>();
        services.AddCors();
        services.AddSingleton<IConfigureOptions<CorsOptions>, CorsPolicyFromSettings>();
        services.AddAuthentication(KeyAuthentication.Name).AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.Name, configureOptions: null);
        // The framework says of every request without a key that it has none: whoever knocks would fill the log.
        services.AddLogging(logging => logging.AddFilter(typeof(KeyAuthentication).FullName, LogLevel.Warning));
        services.AddSingleton<IAuthorizationHandler, KeyWhereNeeded>();
        // Whatever says nothing of its own is behind the door, routes to come included.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder(KeyAuthentication.Name).AddRequirements(new KeyWhereNeeded.Requirement()).Build());
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.CreateBoundListenSocket = PeerTimeouts.CreateListener;
            // After a restart everybody comes back at once; whom the kernel turns away tries again only after 1 s, then 3 s.
            sockets.Backlog = 4096;
        });
        return services;
    }

    /// <summary>Lets requests in or answers them. After it, the caller of every request is known.</summary>
    public static WebApplication UseDoor(this WebApplication app)
    {
        var notice = app.Services.GetRequiredService<ProxyNotice>();
        var answer = app.Services.GetRequiredService<IDoorAnswer>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        app.Use((context, next) =>
        {
            notice.Look(context.Request);
            // Browsers let any site open a WebSocket to any other; a circuit is for our own page.
            return context.Request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase) && !OriginRule.Allows(context.Request)
                ? answer.WriteAsync(context, DoorRefusal.CrossSite)
                : next(context);
        });
        // Before the keys: a browser asks by OPTIONS, without any, whether it may send one.
        app.UseWhen(
            context => IsApi(context.Request.Path) && context.RequestServices.GetRequiredService<IOptions<CorsSettings>>().Value.Origins.Count > 0,
            api => api.UseCors());
        app.UseAuthentication();
        app.Use((context, next) => KeyAuthentication.IsByCookie(context.User) && IsChange(context.Request.Method) && !OriginRule.AllowsByCookie(context.Request)
            ? answer.WriteAsync(context, DoorRefusal.CrossSite)
            : next(context));
        app.Use((context, next) => EndWithTheKeyAsync(context, next, time));
        app.UseAuthorization();
        return app;
    }

    /// <summary>Maps the sign-in page.</summary>
    public static IEndpointRouteBuilder MapDoor(this IEndpointRouteBuilder endpoints)
    {
        SignIn.Map(endpoints);
        return endpoints;
    }

    /// <summary>Opens those of the static files to all that the sign-in page is made of.</summary>
    public static TBuilder OpenToSignIn<TBuilder>(this TBuilder assets)
        where TBuilder : IEndpointConventionBuilder
    {
        assets.Add(SignIn.OpenIfNeeded);
        return assets;
    }

    private static bool IsApi(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase);

    private static bool IsChange(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    // Circuits and sockets last as long as their connection: without this one would outlive its key.
    private static async Task EndWithTheKeyAsync(HttpContext context, RequestDelegate next, TimeProvider time)
    {
        var revoked = context.GetCaller().Revoked;
        if (!revoked.CanBeCanceled)
        {
            await next(context);
            return;
        }

        using var grace = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var removed = revoked.UnsafeRegister(static source => ((CancellationTokenSource)source!).CancelAfter(RevokedGrace), grace);
        await using var over = grace.Token.UnsafeRegister(static request => ((HttpContext)request!).Abort(), context);
        await next(context);
    }

    /// <summary>Demands a key where the app has any.</summary>
    private sealed class KeyWhereNeeded(KeyRing keys) : AuthorizationHandler<KeyWhereNeeded.Requirement>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, Requirement requirement)
        {
            if (!keys.IsRequired || context.User.Identity?.IsAuthenticated == true)
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }

        public sealed class Requirement : IAuthorizationRequirement;
    }
}
