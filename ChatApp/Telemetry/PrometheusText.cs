using System.Globalization;
using System.Text;

namespace ChatApp.Telemetry;

/// <summary>
/// Readings in Prometheus' text format 0.0.4, <see href="https://prometheus.io/docs/instrumenting/exposition_formats/"/>.
/// <code>
/// # HELP chatapp_run_duration_seconds From the request to the end of the run.
/// # TYPE chatapp_run_duration_seconds histogram
/// chatapp_run_duration_seconds_bucket{provider="guide",state="completed",le="0.5"} 3
/// </code>
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IEnumerable<InstrumentReading> readings)
    {
        var text = new StringBuilder();
        foreach (var reading in readings)
        {
            var name = NameOf(reading);
            text.Append("# HELP ").Append(name).Append(' ').Append(EscapeHelp(reading.Instrument.Description ?? "")).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(reading.IsHistogram ? "histogram" : reading.IsCounter ? "counter" : "gauge").Append('\n');
            foreach (var series in reading.Snapshot())
            {
                if (series.Histogram is { } histogram)
                {
                    WriteHistogram(text, name, series.Labels, histogram);
                }
                else
                {
                    WriteSample(text, name, series.Labels, null, series.Value);
                }
            }
        }

        return text.ToString();
    }

    // chatapp.run.duration in s is chatapp_run_duration_seconds; a counter's name ends in _total.
    private static string NameOf(InstrumentReading reading)
    {
        var unit = reading.Instrument.Unit switch
        {
            "s" => "_seconds",
            { } rate when rate.EndsWith("/s", StringComparison.Ordinal) => "_per_second",
            _ => "",
        };
        return $"{reading.Instrument.Name.Replace('.', '_')}{unit}{(reading.IsCounter ? "_total" : "")}";
    }

    private static void WriteHistogram(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, FixedHistogram histogram)
    {
        var below = 0L;
        for (var i = 0; i < histogram.Counts.Count; i++)
        {
            below += histogram.Counts[i];
            WriteSample(text, $"{name}_bucket", labels, i < histogram.Bounds.Count ? Number(histogram.Bounds[i]) : "+Inf", below);
        }

        WriteSample(text, $"{name}_sum", labels, null, histogram.Sum);
        WriteSample(text, $"{name}_count", labels, null, histogram.Count);
    }

    private static void WriteSample(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, string? le, double value)
    {
        text.Append(name);
        var separator = '{';
        foreach (var label in le is null ? labels : labels.Append(KeyValuePair.Create("le", le)))
        {
            text.Append(separator).Append(label.Key).Append("=\"").Append(EscapeLabel(label.Value)).Append('"');
            separator = ',';
        }

        text.Append(separator == '{' ? " " : "} ").Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string EscapeHelp(string help) => help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapeLabel(string value) => EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);
}
