namespace ChatApp.Rendering;

public static class RenderingRegistration
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Registers how answers are drawn.</summary>
    public static IServiceCollection AddRendering(this IServiceCollection services)
    {
        const string Interval = $"{RenderingOptions.Section}:{nameof(RenderingOptions.Interval)}";
        services.AddOptions<RenderingOptions>()
            .BindConfiguration(RenderingOptions.Section)
            .Validate(options => options.Interval != Durations.Invalid, Durations.Problem(Interval))
            .Validate(options => options.Interval == Durations.Invalid || (options.Interval > TimeSpan.Zero && options.Interval <= Longest), $"{Interval} must be more than 0 and at most 5s.")
            .ValidateOnStart();
        return services;
    }
}
