using System.Text.Json;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Telemetry;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api;

/// <summary>What both pages of figures say after runs that ended in every way.</summary>
public sealed class MetricsTests
{
    private static async Task<JsonElement> SummaryAsync(TestApp app) => JsonElement.Parse(await app.Client.GetStringAsync("/api/metrics"));

    private static async Task<PrometheusPage> PageAsync(TestApp app) => PrometheusPage.Parse(await app.Client.GetStringAsync("/metrics"));

    private static async Task AskAsync(TestApp app, string model)
    {
        using var stream = await SseClient.GetAsync(app.Client, $"/api/stream?q=hi&model=scripted/{model}");
        await stream.AllAsync();
    }

    [Fact]
    public async Task Pages_BeforeAnyRun_AreValidAndZero()
    {
        await using var app = await TestApp.StartAsync();
        var summary = await SummaryAsync(app);

        Assert.Equal(0, summary.GetProperty("totalStreams").GetInt64());
        Assert.Equal(0, summary.GetProperty("avgDurationMs").GetDouble());
        Assert.False(summary.GetProperty("ttftMs").TryGetProperty("p50", out _));
        Assert.Empty((await PageAsync(app)).Samples);
    }

    [Fact]
    public async Task Pages_AfterRunsOfEveryOutcome_CountThem()
    {
        await using var app = await TestApp.StartAsync();
        await AskAsync(app, "tokens=10;rate=2000");
        await AskAsync(app, "tokens=30;rate=2000");
        await AskAsync(app, "tokens=50;error=500@20;rate=2000");
        await AskAsync(app, "tokens=50;close@10;rate=2000");
        using (var stream = await SseClient.GetAsync(app.Client, "/api/stream?q=hi&model=scripted/tokens=100000;rate=50"))
        {
            var id = stream.Response.Headers.GetValues("X-Run-Id").Single();
            while (await stream.NextAsync() is { Type: not "token" })
            {
            }

            var during = await SummaryAsync(app);
            Assert.Equal(1, during.GetProperty("activeStreams").GetInt64());
            Assert.Equal(1, during.GetProperty("readers").GetProperty("active").GetInt64());
            (await app.Client.PostAsync($"/api/runs/{id}/cancel", null)).Dispose();
        }

        var host = app.Services.GetRequiredService<RunHost>();
        var left = host.Start(new RunRequest { Model = "scripted/tokens=100000;rate=50", Messages = [], Caller = Caller.Local });
        await host.DrainAsync();
        Assert.Equal(RunState.Interrupted, left.Run.State);
        var readers = app.Services.GetRequiredService<MeterReadings>()[RunMeters.ActiveReaders];
        await Eventually.Holds(() => readers.Total() == 0, "the readers left");

        var summary = await SummaryAsync(app);
        Assert.Equal((6, 0), (summary.GetProperty("totalStreams").GetInt64(), summary.GetProperty("activeStreams").GetInt64()));
        Assert.Equal(
            """{"completed":2,"cancelled":1,"incomplete":1,"failed":1,"interrupted":1}""",
            summary.GetProperty("streamsByOutcome").GetRawText());
        var tokens = summary.GetProperty("tokens").GetProperty("answer").GetInt64();
        Assert.InRange(tokens, 10 + 30 + 20 + 10, 100);
        Assert.Equal(tokens / 6.0, summary.GetProperty("avgTokensPerStream").GetDouble(), 0.06);
        Assert.True(summary.GetProperty("tokens").GetProperty("input").GetInt64() > 0);
        foreach (var (name, count) in new[] { ("ttftMs", 5), ("durationMs", 6), ("stopMs", 2) })
        {
            var figures = summary.GetProperty(name);
            Assert.InRange(figures.GetProperty("count").GetInt64(), count, 6);
            double[] parts = [.. new[] { "p50", "p95", "p99" }.Select(part => figures.GetProperty(part).GetDouble())];
            Assert.Equal(parts.Order(), parts);
        }

        Assert.True(summary.GetProperty("tokensPerSecond").GetProperty("p50").GetDouble() > 0);
        Assert.Equal(5, summary.GetProperty("readers").GetProperty("total").GetInt64());

        var page = await PageAsync(app);
        Assert.Equal(6, page.Value("chatapp_run_started_total", ("provider", "scripted")));
        Assert.Equal(0, page.Value("chatapp_run_active"));
        Assert.Equal(2, page.Value("chatapp_run_duration_seconds_count", ("state", "completed")));
        Assert.Equal(tokens, page.Value("chatapp_run_tokens_sum"));
        Assert.All(page.Samples, sample => Assert.Subset(new HashSet<string> { "provider", "state", "le" }, sample.Labels.Keys.ToHashSet()));
        Assert.All(page.Samples, sample => Assert.Equal("scripted", sample.Labels["provider"]));
    }

    [Fact]
    public async Task Pages_AfterARetry_CountIt()
    {
        await using var app = await TestApp.StartAsync();
        await AskAsync(app, "status=503;retryAfter=0;tokens=5;rate=2000");

        Assert.True((await SummaryAsync(app)).GetProperty("retries").GetInt64() > 0);
    }

    [Fact]
    public async Task EndOfAStream_AtItsLastEvent_IsCountedAlready()
    {
        await using var app = await TestApp.StartAsync();
        for (var i = 1; i <= 20; i++)
        {
            await AskAsync(app, "tokens=1;rate=2000");
            var summary = await SummaryAsync(app);
            Assert.Equal((i, 0L), (summary.GetProperty("streamsByOutcome").GetProperty("completed").GetInt64(), summary.GetProperty("activeStreams").GetInt64()));
        }
    }

    [Fact]
    public async Task Metrics_ContentType_IsThatOfTheTextFormat()
    {
        await using var app = await TestApp.StartAsync();
        using var response = await app.Client.GetAsync("/metrics");

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
    }
}
