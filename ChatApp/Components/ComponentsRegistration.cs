using ChatApp.Security;
using Radzen;

namespace ChatApp.Components;

public static class ComponentsRegistration
{
    /// <summary>Registers the page: Razor components over circuits, and Radzen's services.</summary>
    public static IServiceCollection AddComponents(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddRadzenComponents();
        return services;
    }

    /// <summary>Maps the page, its circuits and its static files.</summary>
    public static IEndpointRouteBuilder MapComponents(this IEndpointRouteBuilder routes)
    {
        routes.MapStaticAssets().OpenToSignIn();
        routes.MapRazorComponents<App>().AddInteractiveServerRenderMode(options => options.ConfigureWebSocketAcceptContext = (_, accept) =>
        {
            // Compressed one by one: a circuit that kept what it had sent, to refer back to it, would hold some 300 kB more. See docs/decisions/0005-memory.md.
            accept.DangerousEnableCompression = true;
            accept.DisableServerContextTakeover = true;
            return Task.CompletedTask;
        });
        return routes;
    }
}
