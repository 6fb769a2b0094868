using ChatApp.Telemetry;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Telemetry;

public sealed class MeterReadingsTests
{
    private readonly RunMeters _meters = FakeMeters.Create();

    [Fact]
    public void Events_OfEveryKind_AreOnThePageUnderTheirNames()
    {
        using var readings = new MeterReadings(_meters);
        _meters.RunStarted("guide");
        _meters.RunStarted("guide");
        _meters.FirstToken("guide", TimeSpan.FromMilliseconds(180));
        _meters.RunEnded("guide", "completed", 500, TimeSpan.FromSeconds(4), 125);
        _meters.TokensUsed("guide", 20, 700);
        _meters.Retried("openai");
        _meters.FailedOver("openai");
        _meters.Stalled("openai");
        _meters.ToolCalled("clock", "done", TimeSpan.FromMilliseconds(4));
        _meters.ReaderCame("guide");
        _meters.ReaderCame("guide");
        _meters.ReaderLeft("guide");
        _meters.Stopped("guide", TimeSpan.FromMilliseconds(3));
        _meters.Committed(3, TimeSpan.FromMilliseconds(2));
        _meters.Committed(4, TimeSpan.FromMilliseconds(2));
        var page = PrometheusPage.Parse(PrometheusText.Write(readings.All));

        Assert.Equal(2, page.Value("chatapp_run_started_total", ("provider", "guide")));
        Assert.Equal(1, page.Value("chatapp_run_active"));
        Assert.Equal(1, page.Value("chatapp_run_time_to_first_token_seconds_bucket", ("le", "0.2")));
        Assert.Equal(0, page.Value("chatapp_run_time_to_first_token_seconds_bucket", ("le", "0.15")));
        Assert.Equal(4, page.Value("chatapp_run_duration_seconds_sum", ("provider", "guide"), ("state", "completed")));
        Assert.Equal(1, page.Value("chatapp_run_token_rate_per_second_count"));
        Assert.Equal(500, page.Value("chatapp_run_tokens_sum", ("state", "completed")));
        Assert.Equal(20, page.Value("chatapp_run_input_tokens_total"));
        Assert.Equal(700, page.Value("chatapp_run_output_tokens_total"));
        Assert.Equal(1, page.Value("chatapp_run_retries_total", ("provider", "openai")));
        Assert.Equal(1, page.Value("chatapp_run_fail_overs_total", ("provider", "openai")));
        Assert.Equal(1, page.Value("chatapp_run_stalls_total", ("provider", "openai")));
        Assert.Equal(0.004, page.Value("chatapp_tool_duration_seconds_sum", ("tool", "clock"), ("outcome", "done")));
        Assert.Equal(2, page.Value("chatapp_reader_attached_total"));
        Assert.Equal(1, page.Value("chatapp_reader_active"));
        Assert.Equal(0.003, page.Value("chatapp_run_stop_duration_seconds_sum"));
        Assert.Equal(2, page.Value("chatapp_journal_commit_duration_seconds_count"));
        Assert.Equal(7, page.Value("chatapp_journal_commit_runs_sum"));
        Assert.Equal(17, page.Types.Count);
        var docs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md"));
        Assert.All(page.Types, type => Assert.Contains($"| `{type.Key}` |", docs, StringComparison.Ordinal));
        Assert.All(readings.All, reading => Assert.Contains($"| `{reading.Instrument.Name}` |", docs, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_LabelsWithEveryKindOfSign_AreEscaped()
    {
        using var readings = new MeterReadings(_meters);
        const string Name = "a\"b\\c\nd,e=\"f\"}é";
        _meters.RunStarted(Name);

        Assert.Equal(1, PrometheusPage.Parse(PrometheusText.Write(readings.All)).Value("chatapp_run_started_total", ("provider", Name)));
    }

    [Fact]
    public void Readings_OfAnotherMeterOfTheName_AreNotTaken()
    {
        using var readings = new MeterReadings(_meters);
        FakeMeters.Create().RunStarted("guide");

        Assert.Equal(0, readings[RunMeters.Started].Total());
    }

    [Fact]
    public void Measurement_OfAKnownSeries_AllocatesNothing()
    {
        using var readings = new MeterReadings(_meters);
        All();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            All();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void All()
        {
            _meters.RunStarted("guide");
            _meters.FirstToken("guide", TimeSpan.FromMilliseconds(180));
            _meters.RunEnded("guide", "completed", 500, TimeSpan.FromSeconds(4), 125);
            _meters.TokensUsed("guide", 20, 700);
            _meters.ReaderCame("guide");
            _meters.ReaderLeft("guide");
        }
    }

    [Fact]
    public async Task Measurements_OfManyThreads_AreAllCounted()
    {
        using var readings = new MeterReadings(_meters);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                _meters.RunStarted($"p{(n + i) % 4}");
                _meters.FirstToken($"p{i % 4}", TimeSpan.FromSeconds(1));
            }
        })));

        Assert.Equal(8000, readings[RunMeters.Started].Total());
        Assert.Equal(8000, readings[RunMeters.TimeToFirstToken].Histogram().Count);
    }
}
