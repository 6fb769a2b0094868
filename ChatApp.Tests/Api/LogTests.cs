using System.Collections.Concurrent;
using System.Net.Http.Json;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.Logging;

namespace ChatApp.Tests.Api;

/// <summary>What people write, and what a model makes of it, stands in no log at any level.</summary>
public sealed class LogTests
{
    private const string Canary = "canary-7c1d";

    [Fact]
    public async Task FailuresThatQuoteThePrompt_LeaveItOutOfTheLog()
    {
        var asked = 0;
        using var log = new Captured();
        await using var upstream = await FakeUpstream.StartAsync(x => x.Path.EndsWith("/models", StringComparison.Ordinal)
            ? x.RespondAsync(404, $$$"""{"error":{"message":"{{{Canary}}}"}}""")
            : x.RespondAsync(Interlocked.Increment(ref asked) > 1 ? 400 : 503, $$$"""{"error":{"message":"I can't answer {{{Canary}}}"}}"""));
        await using var app = await TestApp.StartAsync(
            model: null,
            time: null,
            log,
            ("ChatApp:Providers:up:Kind", "openai"),
            ("ChatApp:Providers:up:Endpoint", upstream.Endpoint.ToString()),
            ("ChatApp:Providers:up:ApiKey", $"sk-{Canary}"),
            ("ChatApp:Providers:up:Models:0", "*"));

        foreach (var model in new[] { $"up/{Canary}", $"scripted/text={Canary}", "guide/guide" })
        {
            using var answer = await app.Client.PostAsJsonAsync("/api/chat/stream", new { model, messages = new[] { new { role = "user", content = Canary } } });
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(model[0] != 'u' || text.Contains($"I can't answer {Canary}", StringComparison.Ordinal), "The person who asked is told");
        }

        Assert.Contains(log.Lines, line => line.Contains("up failed: Refused, status 400", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("Attempt 2 follows", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains(Canary, StringComparison.Ordinal));
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
