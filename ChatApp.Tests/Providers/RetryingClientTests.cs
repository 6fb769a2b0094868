using System.Runtime.CompilerServices;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatApp.Tests.Providers;

public sealed class RetryingClientTests
{
    private readonly FakeTime _time = new();
    private double _random;

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(529)]
    public async Task F55_BeforeTheFirstContent_ServerFails_IsAskedAtMostThreeTimes(int status)
    {
        var attempts = new Attempts(_ => throw Status(status));
        var updates = await DrainAsync(attempts, TimeSpan.FromSeconds(2));

        Assert.Equal(3, attempts.Count);
        Assert.Equal([(2, 500.0), (3, 1000.0)], Retries(updates.Seen).Select(r => (r.Attempt, r.Delay.TotalMilliseconds)));
        Assert.Equal(status, updates.Failure?.Status);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task BeforeTheFirstContent_RequestIsWrong_IsAskedOnce(int status)
    {
        var attempts = new Attempts(_ => throw Status(status));
        var updates = await DrainAsync(attempts, TimeSpan.Zero);

        Assert.Equal((1, status), (attempts.Count, updates.Failure?.Status));
        Assert.Empty(updates.Seen);
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, 3)]
    [InlineData(HttpRequestError.ResponseEnded, 3)]
    [InlineData(HttpRequestError.NameResolutionError, 1)]
    [InlineData(HttpRequestError.SecureConnectionError, 1)]
    public async Task F50_BeforeTheFirstContent_ConnectionFails_IsAskedAgainWhereThatMayHelp(HttpRequestError error, int expected)
    {
        var attempts = new Attempts(_ => throw new ProviderException("unreachable", new HttpRequestException(error)));
        await DrainAsync(attempts, TimeSpan.FromSeconds(2));

        Assert.Equal(expected, attempts.Count);
    }

    [Fact]
    public async Task BeforeTheFirstContent_FailsOnce_GivesTheSecondAnswer()
    {
        _random = 0.5;
        var attempts = new Attempts(n => n == 1 ? throw Status(503) : "Hi");
        var updates = await DrainAsync(attempts, TimeSpan.FromMilliseconds(750));

        Assert.Null(updates.Failure);
        Assert.Equal("Hi", string.Concat(updates.Seen.Select(u => u.Text)));
        var retry = Assert.Single(Retries(updates.Seen));
        Assert.Equal((2, 750.0, "status 503"), (retry.Attempt, retry.Delay.TotalMilliseconds, retry.Reason));
    }

    [Fact]
    public async Task F54_AfterTheFirstContent_NothingIsAskedAgain()
    {
        var attempts = new Attempts(_ => "Hi", then: Status(503));
        var updates = await DrainAsync(attempts, TimeSpan.Zero);

        Assert.Equal((1, 503), (attempts.Count, updates.Failure?.Status));
        Assert.Empty(Retries(updates.Seen));
    }

    [Theory]
    [InlineData(20, 1)]
    [InlineData(0.1, 2)]
    [InlineData(14, 2)]
    public async Task F54_RetryAfter_WithinTheBudget_IsHonoured(double seconds, int retries)
    {
        var asked = TimeSpan.FromSeconds(seconds);
        var attempts = new Attempts(_ => throw new ProviderException(ProviderFault.RateLimited, "slow down") { Status = 429, RetryAfter = asked });
        var updates = await DrainAsync(attempts, TimeSpan.FromSeconds(0.5));

        Assert.Equal(retries, Retries(updates.Seen).Count());
        Assert.All(Retries(updates.Seen), r => Assert.True(r.Delay >= asked));
        Assert.Equal(asked, updates.Failure?.RetryAfter);
    }

    [Theory]
    [InlineData(30.001)]
    [InlineData(1e9)]
    public async Task F54_RetryAfter_BeyondTheBudget_FailsAtOnce(double seconds)
    {
        var attempts = new Attempts(_ => throw new ProviderException(ProviderFault.RateLimited, "slow down") { RetryAfter = TimeSpan.FromSeconds(seconds) });
        var updates = await DrainAsync(attempts, TimeSpan.Zero);

        Assert.Equal(1, attempts.Count);
        Assert.NotNull(updates.Failure);
    }

    [Fact]
    public async Task Wait_Stopped_EndsAtOnce()
    {
        using var stop = new CancellationTokenSource();
        var attempts = new Attempts(_ => throw Status(503));
        await using var updates = Client(attempts).GetStreamingResponseAsync([UpstreamPlay.Hello], cancellationToken: stop.Token).GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        var waiting = updates.MoveNextAsync().AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, attempts.Count);
    }

    [Fact]
    public async Task GetResponse_AfterARetry_HoldsOnlyTheAnswer()
    {
        var answering = Client(new Attempts(n => n == 1 ? throw Status(503) : "Hi")).GetResponseAsync([UpstreamPlay.Hello]);
        await Eventually.Holds(() => _time.ArmedTimers > 0, "the wait before the retry");
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("Hi", Assert.IsType<TextContent>(Assert.Single(Assert.Single((await answering).Messages).Contents)).Text);
    }

    private static ProviderException Status(int status) =>
        new(status == 429 ? ProviderFault.RateLimited : ProviderFault.Error, $"status {status}") { Status = status };

    private static IEnumerable<RetryContent> Retries(IEnumerable<ChatResponseUpdate> updates) => updates.SelectMany(u => u.Contents).OfType<RetryContent>();

    private RetryingClient Client(Attempts attempts) => new(attempts, _time, () => _random, NullLogger.Instance);

    // Moves the clock by one step whenever the client waits.
    private async Task<(List<ChatResponseUpdate> Seen, ProviderException? Failure)> DrainAsync(Attempts attempts, TimeSpan step)
    {
        var draining = UpstreamPlay.DrainAsync(Client(attempts));
        while (!draining.IsCompleted)
        {
            if (_time.ArmedTimers > 0)
            {
                _time.Advance(step);
            }

            await Task.Yield();
        }

        var play = await draining;
        return (play.Updates, play.Failure);
    }

    /// <summary>Answers each attempt as told.</summary>
    private sealed class Attempts(Func<int, string> answer, Exception? then = null) : IChatClient
    {
        public int Count { get; private set; }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, answer(++Count));
            if (then is not null)
            {
                throw then;
            }
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
