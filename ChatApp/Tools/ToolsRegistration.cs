using ChatApp.Tools.BuiltIn;
using ChatApp.Tools.Fetch;
using ChatApp.Tools.Mcp;
using Microsoft.Extensions.Options;

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
        services.AddOptions<FetchOptions>().BindConfiguration(FetchOptions.Section)
            .Validate(options => options is { MaxBytes: > 0, MaxCharacters: > 0 }, $"{FetchOptions.Section}:{nameof(FetchOptions.MaxBytes)} and {nameof(FetchOptions.MaxCharacters)} must be 1 or more.")
            .Validate(options => options.Timeout > TimeSpan.Zero, Durations.Problem($"{FetchOptions.Section}:{nameof(FetchOptions.Timeout)}"))
            .Validate(options => options.Allow.All(FetchRules.IsValid), $"{FetchOptions.Section}:{nameof(FetchOptions.Allow)} has a line that is no host. Write example.com, *.example.com, example.com:8443 or *.")
            .Validate(options => !options.Enabled || options.Allow.Count > 0, $"{FetchOptions.Section}:{nameof(FetchOptions.Enabled)} is true, but {nameof(FetchOptions.Allow)} names no host. Name those that may be read, or * for any.")
            .ValidateOnStart();
        services.AddSingleton<IToolSource, BuiltInTools>();
        services.AddSingleton<IToolSource>(given => new FetchTool(given.GetRequiredService<IOptions<FetchOptions>>(), given.GetRequiredService<TimeProvider>(), given.GetService<FetchNetwork>()));
        services.AddSingleton<ToolBox>();
        services.AddMcp();
        return services;
    }
}
