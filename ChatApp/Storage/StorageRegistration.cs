namespace ChatApp.Storage;

public static class StorageRegistration
{
    /// <summary>Registers the database, and brings it up to date before anything else starts.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateOnStart();
        services.AddSingleton<ConversationStore>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<NodeStore>();
        services.AddSingleton<StoreNotices>();
        return services;
    }
}
