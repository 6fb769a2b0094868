using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>The chat services that a kernel can be asked for: each is a model, by the id that it was registered under.</summary>
internal sealed class KernelServices(IServiceCollection services)
{
    /// <summary>The model's name of a service without an id.</summary>
    internal const string Default = "default";

    /// <summary>Whether there is a kernel.</summary>
    internal bool HasKernel => services.Any(service => service.ServiceType == typeof(Kernel));

    /// <summary>The ids of all services. A kernel that was built by itself has services that only it knows: of those there is the default one, and any that settings name.</summary>
    internal IReadOnlyList<string> Names
    {
        get
        {
            // ChatApp's own models are no kernel's.
            var own = services.Select(service => service.ImplementationInstance).OfType<CatalogService>().Select(service => service.Descriptor).ToHashSet();
            var chats = services.Where(service => (service.ServiceType == typeof(IChatCompletionService) || service.ServiceType == typeof(IChatClient)) && !own.Contains(service)).ToList();
            return chats.Count == 0 ? [Default] : [.. chats.Select(service => service.ServiceKey as string ?? Default).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>The <see cref="IChatCompletionService"/> of that name, or else the <see cref="IChatClient"/>; null where there is neither.</summary>
    internal static object? Find(Kernel kernel, string name) =>
        WithId<IChatCompletionService>(kernel, name) ?? WithId<IChatClient>(kernel, name)
        ?? (name == Default ? Last<IChatCompletionService>(kernel) ?? Last<IChatClient>(kernel) : null);

    private static object? WithId<T>(Kernel kernel, string id)
        where T : class =>
        kernel.Services is IKeyedServiceProvider ? kernel.Services.GetKeyedService<T>(id) : null;

    private static object? Last<T>(Kernel kernel)
        where T : class =>
        kernel.GetAllServices<T>().LastOrDefault(service => service is not CatalogCompletionService);
}
