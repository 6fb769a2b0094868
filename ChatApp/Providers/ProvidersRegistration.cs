using ChatApp.Providers.Guide;
using ChatApp.Providers.Scripted;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ChatApp.Providers;

/// <summary>Registers the models. A new kind of provider is one line here.</summary>
public static partial class ProvidersRegistration
{
    /// <summary>
    /// Adds <see cref="IModelCatalog"/> over <c>ChatApp:Providers</c>, <c>ChatApp:DefaultModel</c> and the environment. Invalid settings stop the
    /// start with an <see cref="OptionsValidationException"/> that lists them all.
    /// </summary>
    public static IServiceCollection AddProviders(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelProviderKind, OpenAIProviderKind>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelProviderKind, AnthropicProviderKind>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelProviderKind, GuideProviderKind>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IModelProviderKind, ScriptedProviderKind>());
        AddSemanticKernel(services);

        services.AddOptions<ProvidersOptions>()
            .Configure<IEnumerable<IModelProviderKind>>((options, kinds) => ProvidersConfiguration.Read(configuration, [.. kinds.Select(k => k.Kind)], options))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ProvidersOptions>, Validator>());

        services.TryAddSingleton<ProviderPipeline>();
        services.TryAddSingleton<IModelCatalog, ModelCatalog>();
        services.AddHostedService<CatalogWarmUp>();
        return services;
    }

    // Has a body in a build with -p:SemanticKernel=true; without one there is no call either.
    static partial void AddSemanticKernel(IServiceCollection services);

    private sealed class Validator : IValidateOptions<ProvidersOptions>
    {
        public ValidateOptionsResult Validate(string? name, ProvidersOptions options) =>
            options.Problems.Count > 0 ? ValidateOptionsResult.Fail(options.Problems) : ValidateOptionsResult.Success;
    }
}
