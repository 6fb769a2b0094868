using ChatApp.Runs;
using ChatApp.Telemetry;

namespace ChatApp.Api;

public static class MetricsRoutes
{
    private static readonly RunState[] Ends = [.. Enum.GetValues<RunState>().Where(state => state.IsEnded())];

    /// <summary>Maps the figures of all runs since the start, for people and programs (<c>/api/metrics</c>) and for Prometheus (<c>/metrics</c>). A stream is a run.</summary>
    public static IEndpointRouteBuilder MapMetrics(this IEndpointRouteBuilder endpoints)
    {
        // Now and not with the first request: what happens before is counted as well.
        var readings = endpoints.ServiceProvider.GetRequiredService<MeterReadings>();
        endpoints.MapGet("/api/metrics", () => Summary(readings)).Describe("The figures of all runs since the start", "application/json", [401]);
        endpoints.MapGet("/metrics", () => Results.Text(PrometheusText.Write(readings.All), PrometheusText.ContentType)).Describe("The same for Prometheus", "text/plain", [401]);
        return endpoints;
    }

    private static MetricsSummary Summary(MeterReadings readings)
    {
        var (tokens, duration, stops) = (readings[RunMeters.Tokens].Histogram(), readings[RunMeters.Duration].Histogram(), readings[RunMeters.StopDuration].Histogram());
        return new MetricsSummary(
            Total(RunMeters.Started),
            Total(RunMeters.Active),
            Round(tokens.Average),
            Round(duration.Average * 1000),
            Percentiles(readings[RunMeters.TimeToFirstToken].Histogram(), 1000),
            Percentiles(readings[RunMeters.TokenRate].Histogram(), 1),
            Percentiles(duration, 1000),
            Ends.ToDictionary(state => state.ToWire(), state => readings[RunMeters.Duration].Histogram(state.ToWire()).Count),
            new TokenSums((long)tokens.Sum, Total(RunMeters.InputTokens), Total(RunMeters.OutputTokens)),
            Total(RunMeters.Retries),
            new ReaderCounts(Total(RunMeters.ActiveReaders), Total(RunMeters.Readers)),
            Percentiles(stops, 1000));

        long Total(string name) => (long)readings[name].Total();
    }

    private static Percentiles Percentiles(FixedHistogram histogram, double factor)
    {
        return new Percentiles(histogram.Count, At(0.5), At(0.95), At(0.99));

        double? At(double part) => histogram.Percentile(part) is { } value ? Round(value * factor) : null;
    }

    private static double Round(double value) => Math.Round(value, 1);

    /// <param name="TotalStreams">Runs that were started.</param>
    /// <param name="ActiveStreams">Those that have not ended.</param>
    /// <param name="AvgTokensPerStream">Tokens of an answer, the mean of the runs that ended.</param>
    /// <param name="AvgDurationMs">From the request to the end, the mean of the runs that ended.</param>
    /// <param name="TtftMs">To the first token of the answer, of the runs that got one.</param>
    /// <param name="TokensPerSecond">Between first and last token, of the answers with two tokens or more.</param>
    /// <param name="DurationMs">From the request to the end.</param>
    /// <param name="StreamsByOutcome">How the runs ended.</param>
    /// <param name="Tokens">All tokens.</param>
    /// <param name="Retries">Requests that were sent to a provider again.</param>
    /// <param name="Readers">Who reads.</param>
    /// <param name="StopMs">From the request to stop until the provider's connection was closed; its count is that of the stops.</param>
    internal sealed record MetricsSummary(
        long TotalStreams,
        long ActiveStreams,
        double AvgTokensPerStream,
        double AvgDurationMs,
        Percentiles TtftMs,
        Percentiles TokensPerSecond,
        Percentiles DurationMs,
        IReadOnlyDictionary<string, long> StreamsByOutcome,
        TokenSums Tokens,
        long Retries,
        ReaderCounts Readers,
        Percentiles StopMs);

    /// <param name="Answer">Those of the answers.</param>
    /// <param name="Input">Those sent to models.</param>
    /// <param name="Output">Those that came from models, reasoning included.</param>
    internal sealed record TokenSums(long Answer, long Input, long Output);

    /// <param name="Active">Those that are there now.</param>
    /// <param name="Total">Those that came.</param>
    internal sealed record ReaderCounts(long Active, long Total);
}

/// <summary>A distribution by what half, 95 % and 99 % of its values do not exceed; absent where there are no values.</summary>
internal sealed record Percentiles(long Count, double? P50, double? P95, double? P99);
