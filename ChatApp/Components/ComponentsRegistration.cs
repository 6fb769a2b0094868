using ChatApp.Rendering;
using Radzen;

namespace ChatApp.Components;

public static class ComponentsRegistration
{
    /// <summary>Registers the page: Razor components over circuits, and Radzen's services.</summary>
    public static IServiceCollection AddComponents(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddRadzenComponents();
        services.AddOptions<RenderingOptions>()
            .BindConfiguration(RenderingOptions.Section)
            .Validate(options => options.Interval > TimeSpan.Zero, $"{RenderingOptions.Section}:{nameof(RenderingOptions.Interval)} must be more than 0.")
            .ValidateOnStart();
        return services;
    }

    /// <summary>Maps the page, its circuits and its static files.</summary>
    public static IEndpointRouteBuilder MapComponents(this IEndpointRouteBuilder routes)
    {
        routes.MapStaticAssets();
        routes.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        return routes;
    }
}
