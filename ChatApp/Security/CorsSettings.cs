using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>Section <c>ChatApp:Cors</c>: the pages of other sites that may use the API from a browser.</summary>
public sealed class CorsSettings
{
    public const string Section = "ChatApp:Cors";

    /// <summary>Their origins, as in <c>https://app.example</c>.</summary>
    public IList<string> Origins { get; } = [];

    /// <summary>Whether a browser's <c>Origin</c> is one of them.</summary>
    public bool Allows(string origin) => Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);
}

internal sealed class CorsSettingsValidator : IValidateOptions<CorsSettings>
{
    public ValidateOptionsResult Validate(string? name, CorsSettings options)
    {
        var problems = options.Origins.Select((origin, i) => (Key: $"{CorsSettings.Section}:{nameof(options.Origins)}:{i}", origin)).Where(entry => !IsOrigin(entry.origin)).Select(entry =>
            entry.origin?.Contains('*', StringComparison.Ordinal) == true
                ? $"{entry.Key} must not hold *: with that any site could act for whoever is signed in. Name each origin, as in https://app.example."
                : $"{entry.Key} must be an origin: scheme, host and port without a path, as in https://app.example.").ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    // Exactly as a browser writes it, or it would never be equal.
    private static bool IsOrigin(string? origin) => Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && !origin!.Contains('*', StringComparison.Ordinal)
        && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase)
        && uri.UserInfo.Length == 0;
}

internal sealed class CorsPolicyFromSettings(IOptions<CorsSettings> settings) : IConfigureOptions<CorsOptions>
{
    public void Configure(CorsOptions options) => options.AddDefaultPolicy(policy => policy
        .WithOrigins([.. settings.Value.Origins])
        .AllowAnyHeader()
        .AllowAnyMethod()
        .AllowCredentials()
        .WithExposedHeaders("X-Run-Id", "X-Conversation-Id", "X-Message-Id", "Retry-After", "Idempotent-Replay")
        .SetPreflightMaxAge(TimeSpan.FromMinutes(10)));
}
