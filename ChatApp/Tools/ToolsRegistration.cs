using ChatApp.Tools.Mcp;

namespace ChatApp.Tools;

public static class ToolsRegistration
{
    /// <summary>Registers the tools and their limits.</summary>
    public static IServiceCollection AddTools(this IServiceCollection services)
    {
        services.AddOptions<ToolsOptions>().BindConfiguration(ToolsOptions.Section)
            .Validate(
                options => options is { MaxRounds: > 0, MaxParallel: > 0, MaxCalls: > 0, MaxArguments: > 0, MaxResult: > 0 },
                $"Every number of {ToolsOptions.Section} must be 1 or more.")
            .Validate(options => options.Timeout > TimeSpan.Zero, Durations.Problem($"{ToolsOptions.Section}:{nameof(ToolsOptions.Timeout)}"))
            .Validate(options => options.ApprovalTimeout > TimeSpan.Zero, Durations.Problem($"{ToolsOptions.Section}:{nameof(ToolsOptions.ApprovalTimeout)}"))
            .ValidateOnStart();
        services.AddSingleton<IToolSource, BuiltIn.BuiltInTools>();
        services.AddSingleton<ToolBox>();
        // After all others, so that no server can take the name of a tool of our own.
        services.AddMcp();
        return services;
    }
}
