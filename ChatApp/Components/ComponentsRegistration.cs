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
        routes.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        return routes;
    }
}
