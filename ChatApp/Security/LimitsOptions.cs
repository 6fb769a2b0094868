using Microsoft.Extensions.Options;

namespace ChatApp.Security;

/// <summary>Section <c>ChatApp:Limits</c>. 0 means no limit.</summary>
public sealed class LimitsOptions
{
    public const string Section = "ChatApp:Limits";

    /// <summary>How many answers a caller may ask for in a minute; by default 60 with keys, without keys no limit.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>How many answers of one caller may be made at once; by default 10 with keys, without keys no limit.</summary>
    public int? ConcurrentRuns { get; set; }

    /// <summary>How many streams one caller may have open; by default 20 with keys, without keys no limit.</summary>
    public int? Streams { get; set; }

    /// <summary>How many answers may be made at once, of all callers together.</summary>
    public int MaxRuns { get; set; } = 2000;

    /// <summary>How many streams may be open, of all callers together.</summary>
    public int MaxStreams { get; set; } = 10_000;
}

internal sealed class LimitsOptionsValidator : IValidateOptions<LimitsOptions>
{
    // A turn a millisecond: the limiter's clock knows no shorter time.
    private const int MaxPerMinute = 60_000;

    public ValidateOptionsResult Validate(string? name, LimitsOptions options)
    {
        (string Key, int? Value)[] all =
        [
            (nameof(options.RequestsPerMinute), options.RequestsPerMinute),
            (nameof(options.ConcurrentRuns), options.ConcurrentRuns),
            (nameof(options.Streams), options.Streams),
            (nameof(options.MaxRuns), options.MaxRuns),
            (nameof(options.MaxStreams), options.MaxStreams),
        ];
        var problems = all.Where(limit => limit.Value < 0).Select(limit => $"{LimitsOptions.Section}:{limit.Key} must be 0, which means no limit, or more.").ToList();
        if (options.RequestsPerMinute > MaxPerMinute)
        {
            problems.Add($"{LimitsOptions.Section}:{nameof(options.RequestsPerMinute)} may be {MaxPerMinute} at most; 0 means no limit.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
