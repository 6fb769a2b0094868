using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace ChatApp.Providers.SemanticKernel;

/// <summary>Models of ChatApp for kernels of one's own.</summary>
public static class KernelModels
{
    /// <summary>Registers a model of ChatApp as the kernel's <see cref="IChatCompletionService"/>, for the kernel of <c>builder.Services.AddKernel()</c>.</summary>
    /// <param name="builder">What <c>AddKernel()</c> gives.</param>
    /// <param name="model">The model's id in ChatApp, such as <c>openai/gpt-5-mini</c>; null for the default one.</param>
    /// <param name="serviceId">The id that functions name it by; null for none.</param>
    public static IKernelBuilder AddChatAppModel(this IKernelBuilder builder, string? model = null, string? serviceId = null)
    {
        var descriptor = ServiceDescriptor.KeyedSingleton<IChatCompletionService>(serviceId, (services, _) => new CatalogCompletionService(services.GetRequiredService<IModelCatalog>, model));
        builder.Services.Add(descriptor);
        builder.Services.AddSingleton(new CatalogService(descriptor));
        return builder;
    }

    /// <summary>A model of ChatApp as an <see cref="IChatCompletionService"/>, for a kernel that is built anywhere.</summary>
    /// <param name="catalog">ChatApp's models: <c>app.Services.GetRequiredService&lt;IModelCatalog&gt;()</c>.</param>
    /// <param name="model">The model's id in ChatApp, such as <c>openai/gpt-5-mini</c>; null for the default one.</param>
    public static IChatCompletionService AsChatCompletionService(this IModelCatalog catalog, string? model = null) =>
        new CatalogCompletionService(() => catalog, model);
}
