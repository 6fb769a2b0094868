using Microsoft.Extensions.Options;

namespace ChatApp.Storage;

public static class StorageRegistration
{
    /// <summary>Registers the database, and brings it up to date before anything else starts.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddSingleton<Database>();
        services.AddSingleton<StoreNotices>();
        services.AddSingleton(given => new NodeStore(given.GetRequiredService<Database>(), given.GetRequiredService<IOptions<StorageOptions>>()));
        services.AddSingleton(given => new ConversationStore(given.GetRequiredService<Database>(), given.GetRequiredService<StoreNotices>()));
        services.AddSingleton(given => new RunStore(given.GetRequiredService<Database>(), given.GetRequiredService<StoreNotices>(), given.GetRequiredService<NodeStore>()));
        services.AddSingleton(given => new KeyStore(given.GetRequiredService<Database>()));
        services.AddHostedService<StorageStart>();
        return services;
    }
}
