using System.Globalization;
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

    /// <summary>How long a model has to be silent, at the least, before readers are told that it has stalled; one that is slow as a rule has longer. 0 for never.</summary>
    public TimeSpan StallAfter { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Which models are asked in the place of one that gives no answer.</summary>
    public FailOverOptions FailOver { get; set; } = new();

    /// <summary>How long a run may take as a whole.</summary>
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long running answers may go on once the process is asked to end.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long an ended run can still be read.</summary>
    public TimeSpan KeepFinished { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many characters an answer, and its reasoning, may have; one that grows past it is cut short.</summary>
    public int MaxCharacters { get; set; } = 2_000_000;
}

/// <summary>Section <c>ChatApp:Runs:FailOver</c>: another model takes over from one that fails before its first word.</summary>
public sealed class FailOverOptions
{
    public const string Section = $"{RunsOptions.Section}:FailOver";

    /// <summary>Stands for every model that is not named.</summary>
    internal const string Any = "*";

    /// <summary>How long a model may be silent before its first word until the next is asked. 0, the default: only its failure counts.</summary>
    public TimeSpan After { get; set; }

    /// <summary>By a model's id, or <c>*</c> for all others, the ids of those asked in its place, in order.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Models { get; internal set; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>The ids of those asked in the place of a model.</summary>
    internal IReadOnlyList<string> Of(string model) => Models.TryGetValue(model, out var others) || Models.TryGetValue(Any, out others) ? others : [];

    /// <summary>Reads <see cref="Models"/>: by hand, as a model's id may hold the colon that settings are split at.</summary>
    internal static Dictionary<string, IReadOnlyList<string>> Read(IConfiguration settings)
    {
        var models = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var section = settings.GetSection($"{Section}:Models");
        foreach (var (path, value) in section.AsEnumerable(makePathsRelative: true).Where(pair => pair.Value is not null).OrderBy(pair => pair.Key, ConfigurationKeyComparer.Instance))
        {
            // openai/gpt-5:0 = a   ollama/qwen3:8b:1 = b   and, as environment variables write it, openai/gpt-5 = a,b
            var colon = path.LastIndexOf(':');
            var id = colon > 0 && int.TryParse(path[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _) ? path[..colon] : path;
            models[id] = [.. models.GetValueOrDefault(id, []), .. value!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        }

        return models;
    }
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
        Check(nameof(options.StallAfter), options.StallAfter, zero: true);
        Check($"{nameof(options.FailOver)}:{nameof(options.FailOver.After)}", options.FailOver.After, zero: true);
        foreach (var (model, others) in options.FailOver.Models)
        {
            if (others.Count == 0 || others.Any(other => !IsModel(other)) || (model != FailOverOptions.Any && !IsModel(model)))
            {
                problems.Add($"{FailOverOptions.Section}:Models:{model} must be a model's id, or {FailOverOptions.Any}, and name the ids of the models to ask in its place.");
            }
        }

        Check(nameof(options.Drain), options.Drain, zero: true);
        Check(nameof(options.KeepFinished), options.KeepFinished, zero: true);
        if (options.MaxCharacters <= 0)
        {
            problems.Add($"{RunsOptions.Section}:{nameof(options.MaxCharacters)} must be 1 or more.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

        static bool IsModel(string id) => !string.IsNullOrWhiteSpace(id) && !id.StartsWith(AgentCatalog.Prefix, StringComparison.Ordinal);

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
