using ChatApp.Providers.SemanticKernel;
using ChatApp.Tools;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChatApp.Providers;

public static partial class ProvidersRegistration
{
    static partial void AddSemanticKernel(IServiceCollection services)
    {
        // Only the collection knows the ids of services; it is read once all are registered.
        services.TryAddSingleton(_ => new KernelServices(services));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelProviderKind, KernelProviderKind>());
        services.AddSingleton<IToolSource, KernelToolSource>();

        // Below Warning, and where functions and clients fail, these write what people, models and functions said; our logs never hold that.
        services.AddLogging(logging => logging
            .AddFilter("Microsoft.SemanticKernel", LogLevel.Warning)
            .AddFilter("Microsoft.SemanticKernel.KernelFunction", LogLevel.None)
            .AddFilter("Microsoft.Extensions.AI", LogLevel.None));
    }
}
