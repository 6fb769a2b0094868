using System.Diagnostics.Metrics;

namespace ChatApp.Telemetry;

/// <summary>
/// What happens to runs, as instruments of <see cref="System.Diagnostics.Metrics"/>, one method for each event, so that any exporter can read
/// them by the meter's name. Labels are the provider's name from the settings and the run's state: never a model, and never who asked.
/// </summary>
public sealed class RunMeters
{
    /// <summary>The meter that exporters subscribe to.</summary>
    public const string MeterName = "ChatApp";

    /// <summary>Runs that were started.</summary>
    public const string Started = "chatapp.run.started";

    /// <summary>Runs that have not ended yet.</summary>
    public const string Active = "chatapp.run.active";

    /// <summary>From the request to the end, by state.</summary>
    public const string Duration = "chatapp.run.duration";

    /// <summary>From the request to the first token of the answer.</summary>
    public const string TimeToFirstToken = "chatapp.run.time_to_first_token";

    /// <summary>How fast answers streamed, once they had begun.</summary>
    public const string TokenRate = "chatapp.run.token_rate";

    /// <summary>How many tokens answers had, by state.</summary>
    public const string Tokens = "chatapp.run.tokens";

    /// <summary>Tokens that were sent to models.</summary>
    public const string InputTokens = "chatapp.run.input_tokens";

    /// <summary>Tokens that came from models, reasoning included.</summary>
    public const string OutputTokens = "chatapp.run.output_tokens";

    /// <summary>Requests that were sent to a provider again.</summary>
    public const string Retries = "chatapp.run.retries";

    /// <summary>Answers that another model was asked for, by the provider that gave none.</summary>
    public const string FailOvers = "chatapp.run.fail_overs";

    /// <summary>Silences of models that were longer than is usual for them.</summary>
    public const string Stalls = "chatapp.run.stalls";

    /// <summary>How long tool calls took, by tool and outcome.</summary>
    public const string ToolDuration = "chatapp.tool.duration";

    /// <summary>From the request to stop a run until the provider's connection was closed.</summary>
    public const string StopDuration = "chatapp.run.stop.duration";

    /// <summary>Readers that came.</summary>
    public const string Readers = "chatapp.reader.attached";

    /// <summary>Readers that are there now.</summary>
    public const string ActiveReaders = "chatapp.reader.active";

    /// <summary>How long it took to store the new events of all runs.</summary>
    public const string CommitDuration = "chatapp.journal.commit.duration";

    /// <summary>How many runs' events were stored together.</summary>
    public const string CommitRuns = "chatapp.journal.commit.runs";

    private static readonly InstrumentAdvice<double> Long = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800] };

    private static readonly InstrumentAdvice<double> Short = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 120, 300] };

    private static readonly InstrumentAdvice<double> Rate = new() { HistogramBucketBoundaries = [1, 2.5, 5, 10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 500, 1000, 2500, 10000] };

    private static readonly InstrumentAdvice<long> Size = new() { HistogramBucketBoundaries = [0, 1, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000] };

    private readonly Counter<long> _started;
    private readonly UpDownCounter<long> _active;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _tokenRate;
    private readonly Histogram<long> _tokens;
    private readonly Counter<long> _inputTokens;
    private readonly Counter<long> _outputTokens;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _failOvers;
    private readonly Counter<long> _stalls;
    private readonly Histogram<double> _toolDuration;
    private readonly Histogram<double> _stopDuration;
    private readonly Counter<long> _readers;
    private readonly UpDownCounter<long> _activeReaders;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<long> _commitRuns;

    public RunMeters(IMeterFactory factory)
    {
        Meter = factory.Create(MeterName);
        _started = Meter.CreateCounter<long>(Started, "{run}", "Runs that were started.");
        _active = Meter.CreateUpDownCounter<long>(Active, "{run}", "Runs that have not ended yet.");
        _duration = Meter.CreateHistogram(Duration, "s", "From the request to the end of the run.", tags: null, Long);
        _timeToFirstToken = Meter.CreateHistogram(TimeToFirstToken, "s", "From the request to the first token of the answer.", tags: null, Short);
        _tokenRate = Meter.CreateHistogram(TokenRate, "{token}/s", "Tokens per second between the first and the last token of an answer.", tags: null, Rate);
        _tokens = Meter.CreateHistogram(Tokens, "{token}", "Tokens of an answer.", tags: null, Size);
        _inputTokens = Meter.CreateCounter<long>(InputTokens, "{token}", "Tokens that were sent to models.");
        _outputTokens = Meter.CreateCounter<long>(OutputTokens, "{token}", "Tokens that came from models, reasoning included.");
        _retries = Meter.CreateCounter<long>(Retries, "{request}", "Requests that were sent to a provider again.");
        _failOvers = Meter.CreateCounter<long>(FailOvers, "{answer}", "Answers that another model was asked for, by the provider that gave none.");
        _stalls = Meter.CreateCounter<long>(Stalls, "{silence}", "Silences of models that were longer than is usual for them.");
        _toolDuration = Meter.CreateHistogram(ToolDuration, "s", "How long tool calls took, without the wait for a yes or no.", tags: null, Short);
        _stopDuration = Meter.CreateHistogram(StopDuration, "s", "From the request to stop a run until the provider's connection was closed.", tags: null, Short);
        _readers = Meter.CreateCounter<long>(Readers, "{reader}", "Readers of runs that came.");
        _activeReaders = Meter.CreateUpDownCounter<long>(ActiveReaders, "{reader}", "Readers of runs that are there now.");
        _commitDuration = Meter.CreateHistogram(CommitDuration, "s", "How long it took to store the new events of all runs.", tags: null, Short);
        _commitRuns = Meter.CreateHistogram(CommitRuns, "{run}", "How many runs' events were stored together.", tags: null, Size);
    }

    internal Meter Meter { get; }

    public void RunStarted(string provider)
    {
        _started.Add(1, Provider(provider));
        _active.Add(1, Provider(provider));
    }

    public void FirstToken(string provider, TimeSpan afterRequest) => _timeToFirstToken.Record(afterRequest.TotalSeconds, Provider(provider));

    /// <param name="provider">The provider's name in the settings.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="tokens">Tokens of the answer.</param>
    /// <param name="duration">From the request to the end.</param>
    /// <param name="tokensPerSecond">How fast it streamed; null for an answer of less than two tokens.</param>
    public void RunEnded(string provider, string state, int tokens, TimeSpan duration, double? tokensPerSecond)
    {
        _active.Add(-1, Provider(provider));
        _duration.Record(duration.TotalSeconds, Provider(provider), State(state));
        _tokens.Record(tokens, Provider(provider), State(state));
        if (tokensPerSecond is { } rate)
        {
            _tokenRate.Record(rate, Provider(provider));
        }
    }

    public void TokensUsed(string provider, int input, int output)
    {
        _inputTokens.Add(input, Provider(provider));
        _outputTokens.Add(output, Provider(provider));
    }

    public void Retried(string provider) => _retries.Add(1, Provider(provider));

    /// <param name="from">The provider that gave no answer.</param>
    public void FailedOver(string from) => _failOvers.Add(1, Provider(from));

    public void Stalled(string provider) => _stalls.Add(1, Provider(provider));

    /// <param name="tool">The tool's name; what a model has made up is no name.</param>
    /// <param name="outcome"><c>done</c>, <c>failed</c>, <c>timed-out</c>, <c>denied</c>, or <c>not-called</c>.</param>
    /// <param name="took">How long the call took.</param>
    public void ToolCalled(string tool, string outcome, TimeSpan took) => _toolDuration.Record(took.TotalSeconds, new("tool", tool), new("outcome", outcome));

    public void Stopped(string provider, TimeSpan took) => _stopDuration.Record(took.TotalSeconds, Provider(provider));

    public void ReaderCame(string provider)
    {
        _readers.Add(1, Provider(provider));
        _activeReaders.Add(1, Provider(provider));
    }

    public void ReaderLeft(string provider) => _activeReaders.Add(-1, Provider(provider));

    /// <param name="runs">How many runs' events were stored together.</param>
    /// <param name="took">How long that took.</param>
    public void Committed(int runs, TimeSpan took)
    {
        _commitDuration.Record(took.TotalSeconds);
        _commitRuns.Record(runs);
    }

    private static KeyValuePair<string, object?> Provider(string provider) => new("provider", provider);

    private static KeyValuePair<string, object?> State(string state) => new("state", state);
}
