using Microsoft.Extensions.Options;

namespace ChatApp.Runs;

/// <summary>Section <c>ChatApp:Runs</c>.</summary>
public sealed class RunsOptions
{
    public const string Section = "ChatApp:Runs";

    /// <summary>What happens to a run whose last reader left, where its request does not say: <c>cancel</c>, <c>continue</c>, or how long it goes on.</summary>
    public DisconnectPolicy OnDisconnect { get; set; } = new(TimeSpan.FromSeconds(60));

    /// <summary>How long to wait for the first piece of an answer, retries included.</summary>
    public TimeSpan FirstTokenTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an answer may pause. Only content counts, not bytes.</summary>
    public TimeSpan InterTokenTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a run may take as a whole.</summary>
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long running answers may go on once the process is asked to end.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an ended run can still be read.</summary>
    public TimeSpan KeepFinished { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many characters an answer, and its reasoning, may have; one that grows past it is cut short.</summary>
    public int MaxCharacters { get; set; } = 2_000_000;
}

internal sealed class RunsOptionsValidator : IValidateOptions<RunsOptions>
{
    public ValidateOptionsResult Validate(string? name, RunsOptions options)
    {
        var problems = new List<string>();
        if (!options.OnDisconnect.IsValid)
        {
            problems.Add($"{RunsOptions.Section}:{nameof(options.OnDisconnect)} must be cancel, continue, or a duration such as 60s.");
        }

        Check(nameof(options.FirstTokenTimeout), options.FirstTokenTimeout);
        Check(nameof(options.InterTokenTimeout), options.InterTokenTimeout);
        Check(nameof(options.MaxDuration), options.MaxDuration);
        Check(nameof(options.Drain), options.Drain, zero: true);
        Check(nameof(options.KeepFinished), options.KeepFinished, zero: true);
        if (options.MaxCharacters <= 0)
        {
            problems.Add($"{RunsOptions.Section}:{nameof(options.MaxCharacters)} must be 1 or more.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        void Check(string key, TimeSpan value, bool zero = false)
        {
            if (value == Durations.Invalid)
            {
                problems.Add(Durations.Problem($"{RunsOptions.Section}:{key}"));
            }
            else if (value == TimeSpan.Zero && !zero)
            {
                problems.Add($"{RunsOptions.Section}:{key} must be more than 0.");
            }
        }
    }
}
