using ChatApp.Tools;

namespace ChatApp.Conversations;

public static class ConversationsRegistration
{
    /// <summary>Registers conversations and the session that each circuit has.</summary>
    public static IServiceCollection AddConversations(this IServiceCollection services)
    {
        services.AddOptions<ConversationsOptions>()
            .BindConfiguration(ConversationsOptions.Section)
            .Validate(options => options.ContextTokens > 0, $"{ConversationsOptions.Section}:{nameof(ConversationsOptions.ContextTokens)} must be 1 or more.")
            .Validate(options => options.Keep > 0, $"{ConversationsOptions.Section}:{nameof(ConversationsOptions.Keep)} must be 1 or more.")
            .ValidateOnStart();
        services.AddSingleton<ConversationBook>();
        services.AddSingleton<UsualTools>();
        services.AddSingleton<ConversationRuns>();
        services.AddSingleton<StoredConversations>();
        services.AddSingleton<ConversationArchive>();
        services.AddSingleton<IToolSource, ConversationSearch>();
        services.AddScoped<ChatSession>();
        services.AddScoped<ConversationList>();
        return services;
    }
}
