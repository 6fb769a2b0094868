using Microsoft.Extensions.Options;

namespace ChatApp.Tools.Mcp;

public static class McpRegistration
{
    /// <summary>Registers the MCP servers of <c>ChatApp:Mcp</c> and their tools.</summary>
    public static IServiceCollection AddMcp(this IServiceCollection services)
    {
        services.AddOptions<McpOptions>()
            .Configure<IConfiguration>((options, configuration) => McpConfiguration.Read(configuration, options))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<McpOptions>, Validator>();
        services.AddSingleton<McpServers>();
        services.AddSingleton<IToolSource>(provider => provider.GetRequiredService<McpServers>());
        services.AddHostedService(provider => provider.GetRequiredService<McpServers>());
        return services;
    }

    private sealed class Validator : IValidateOptions<McpOptions>
    {
        public ValidateOptionsResult Validate(string? name, McpOptions options) =>
            options.Problems.Count > 0 ? ValidateOptionsResult.Fail(options.Problems) : ValidateOptionsResult.Success;
    }
}
