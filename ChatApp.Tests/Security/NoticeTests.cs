using System.Collections.Concurrent;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.Logging;

namespace ChatApp.Tests.Security;

/// <summary>What the log tells whoever runs the app.</summary>
public sealed class NoticeTests
{
    [Theory]
    [InlineData("X-Forwarded-For", false, 1)]
    [InlineData("Forwarded", false, 1)]
    [InlineData("X-Original-For", false, 1)]
    [InlineData("X-Forwarded-For", true, 0)]
    [InlineData("X-Other", false, 0)]
    public async Task Proxy_InFrontOfAnAppWithoutKeys_IsNotedOnce(string header, bool withKeys, int expected)
    {
        using var log = new Captured();
        await using var app = await TestApp.StartAsync(model: null, time: null, log, withKeys ? TestKeys.Settings : []);
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/health") { Headers = { { header, "203.0.113.7" } } };
            using var answer = await app.Client.SendAsync(request);
        }

        Assert.Equal(expected, log.Lines.Count(line => line.StartsWith("Warning A proxy hands requests", StringComparison.Ordinal)));
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Warning A proxy", StringComparison.Ordinal) && line.Contains("203.0.113.7", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("10.0.12", 1)]
    [InlineData("10.0.13", 0)]
    [InlineData("11.0.0", 0)]
    public void Runtime_WithKnownProblems_IsNoted(string version, int expected)
    {
        using var log = new Captured();
        RuntimeCheck.Warn(log, Version.Parse(version));
        Assert.Equal(expected, log.Lines.Count(line => line.Contains("10.0.13", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Key_RightOrWrong_StandsInNoLog()
    {
        using var log = new Captured();
        await using var app = await TestApp.StartAsync(model: null, time: null, log, TestKeys.Settings);
        foreach (var (header, key) in new[] { ("x-api-key", TestKeys.Ann), ("x-api-key", "canary-7c1d"), ("Authorization", "Bearer canary-7c1d") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs/x") { Headers = { { header, key } } };
            using var answer = await app.Client.SendAsync(request);
        }

        using var form = new FormUrlEncodedContent([new("key", TestKeys.Ann)]);
        using var entered = await app.Client.PostAsync("/sign-in", form);

        Assert.NotEmpty(log.Lines);
        Assert.DoesNotContain(log.Lines, line => line.Contains(TestKeys.Ann, StringComparison.Ordinal) || line.Contains("canary-7c1d", StringComparison.Ordinal));
    }

    internal sealed class Captured : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
