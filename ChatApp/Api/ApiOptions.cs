using Microsoft.Extensions.Options;

namespace ChatApp.Api;

/// <summary>Section <c>ChatApp:Api</c>.</summary>
public sealed class ApiOptions
{
    public const string Section = "ChatApp:Api";

    /// <summary>How long one stream may last: before that its reader is asked to come back, so that no proxy with a limit of its own cuts it. 0 means no limit.</summary>
    public TimeSpan MaxStreamDuration { get; set; }
}

internal sealed class ApiOptionsValidator : IValidateOptions<ApiOptions>
{
    public ValidateOptionsResult Validate(string? name, ApiOptions options) => options.MaxStreamDuration == Durations.Invalid
        ? ValidateOptionsResult.Fail(Durations.Problem($"{ApiOptions.Section}:{nameof(options.MaxStreamDuration)}"))
        : ValidateOptionsResult.Success;
}
