using System.Diagnostics;
using System.Net;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The app as a process: how it starts, refuses to start, and ends.</summary>
public sealed class ProcessTests(ITestOutputHelper output)
{
    private const string Endless = "/api/stream?q=hi&model=scripted/rate=50;tokens=100000";

    [Theory]
    [InlineData("0s")]
    [InlineData("1s")]
    public async Task F20_Sigterm_EndsEveryStreamWithAnEventAndTheProcessInTime(string drain)
    {
        await using var app = await AppProcess.StartAsync($"--ChatApp:Runs:Drain={drain}");
        using var client = new HttpClient { BaseAddress = app.Url };
        var streams = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SseClient.GetAsync(client, Endless)));
        foreach (var stream in streams)
        {
            await stream.NextAsync();
        }

        var asked = Stopwatch.GetTimestamp();
        await app.TerminateAsync();
        var frames = await Task.WhenAll(streams.Select(stream => stream.AllAsync()));
        var code = await app.ExitCodeAsync();
        var took = Stopwatch.GetElapsedTime(asked);

        output.WriteLine($"20 streams, drain {drain}: ended after {took.TotalMilliseconds:0} ms");
        Assert.Equal(0, code);
        Assert.All(frames, all => Assert.Equal("shutdown", all[^1].Type));
        Assert.True(took < TimeSpan.FromSeconds(20), "Ten times the bound of 2 s");
        Array.ForEach(streams, stream => stream.Dispose());
    }

    [Fact]
    public async Task F20_Sigterm_WhileDraining_AnswersThatItGoesAway()
    {
        await using var app = await AppProcess.StartAsync("--ChatApp:Runs:Drain=20s");
        using var client = new HttpClient { BaseAddress = app.Url, DefaultRequestHeaders = { ConnectionClose = true } };
        using var stream = await SseClient.GetAsync(client, Endless);
        await stream.NextAsync();
        await app.TerminateAsync();
        await Eventually.HoldsAsync(async () => (await client.GetAsync("/health/ready")).StatusCode == HttpStatusCode.ServiceUnavailable, "not ready");

        using var refused = await client.GetAsync("/api/stream?q=more");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        var run = stream.Response.Headers.GetValues("X-Run-Id").Single();
        using var again = await SseClient.GetAsync(client, $"/api/runs/{run}/events");
        Assert.Equal("connected", (await again.NextAsync())?.Type);
        using var stop = await client.PostAsync($"/api/runs/{run}/cancel", null);
        Assert.Equal(HttpStatusCode.OK, stop.StatusCode);

        // The last answer has ended: no need to wait for the rest of the drain time.
        Assert.Equal(0, await app.ExitCodeAsync());
    }

    [Fact]
    public async Task BCfg_WrongSettings_AreNamedAllAtOnceAndExitWith2()
    {
        await using var app = await AppProcess.StartAsync(
            "--ChatApp:Runs:Drain=soon", "--ChatApp:Rendering:Interval=never", "--ChatApp:Providers:x:Kind=nonsense", "--ChatApp:Providers:x:ApiKey=sk-canary-123");

        Assert.Equal(2, await app.ExitCodeAsync());
        Assert.Contains("ChatApp:Runs:Drain", app.Output, StringComparison.Ordinal);
        Assert.Contains("ChatApp:Rendering:Interval", app.Output, StringComparison.Ordinal);
        Assert.Contains("ChatApp:Providers:x", app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-canary-123", app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ChatApp:Runs:MaxCharacters=sk-canary-123", "ChatApp:Runs:MaxCharacters")]
    [InlineData("--urls=http://0.0.0.0:0", "urls")]
    [InlineData("--ChatApp:ApiKeys:0:Hash=sk-canary-123", "ChatApp:ApiKeys:0:Hash")]
    [InlineData("--ChatApp:Cors:Origins:0=*", "ChatApp:Cors:Origins:0")]
    [InlineData("--ChatApp:Limits:Streams=-1", "ChatApp:Limits:Streams")]
    [InlineData("--ChatApp:Limits:Streams=many", "ChatApp:Limits:Streams")]
    [InlineData("--ChatApp:ApiKeys:0=sk-canary-123 --urls=http://0.0.0.0:0", "ChatApp:ApiKeys:0")]
    [InlineData("--ChatApp:ApiKey:0:Hash=sk-canary-123", "ChatApp:ApiKeys?")]
    [InlineData("--ForwardedHeaders_Enabled=true", "ASPNETCORE_FORWARDEDHEADERS_ENABLED")]
    [InlineData("--urls=http://127.0.0.1:99999", "urls")]
    [InlineData("--urls=https://127.0.0.1:0 --Kestrel:Certificates:Default:Path=/nowhere/c.pfx --Kestrel:Certificates:Default:Password=sk-canary-123", "Kestrel:Certificates")]
    [InlineData("--urls=https://127.0.0.1:0 --environment=Production", "certificate")]
    [InlineData("--Logging:LogLevel:Default=Loud", "Logging:LogLevel:Default")]
    public async Task BCfg_SettingThatCantBe_IsNamedAndExitsWith2(string settings, string key)
    {
        await using var app = await AppProcess.StartAsync(settings.Split(' '));

        Assert.Equal(2, await app.ExitCodeAsync());
        Assert.Contains(key, app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-canary-123", app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithKeys_ServesOtherAddressesAndAnyName()
    {
        await using var app = await AppProcess.StartAsync([.. TestKeys.Settings.Select(setting => $"--{setting.Key}={setting.Value}"), "--urls=http://0.0.0.0:0"]);
        using var client = new HttpClient { BaseAddress = new UriBuilder(app.Url) { Host = "127.0.0.1" }.Uri };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/runs/none") { Headers = { { "x-api-key", TestKeys.Ann }, { "Host", "chat.example" } } };
        using var answer = await client.SendAsync(request);

        Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Start_PortInUse_SaysSoAndExitsWith4()
    {
        await using var first = await AppProcess.StartAsync();
        await using var second = await AppProcess.StartAsync($"--urls={first.Url}");

        Assert.Equal(4, await second.ExitCodeAsync());
        Assert.Contains("--urls", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AddressOfAnotherMachine_SaysSoAndExitsWith4()
    {
        await using var app = await AppProcess.StartAsync([.. TestKeys.Settings.Select(setting => $"--{setting.Key}={setting.Value}"), "--urls=http://192.0.2.1:0"]);

        Assert.Equal(4, await app.ExitCodeAsync());
        Assert.Contains("http://192.0.2.1:0", app.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", app.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curl_AsInTheReadme_StreamsText()
    {
        await using var app = await AppProcess.StartAsync();
        using var curl = Process.Start(new ProcessStartInfo("curl", ["-sN", $"{app.Url}api/stream?format=text&q=What+is+ChatApp"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var text = await curl.StandardOutput.ReadToEndAsync();

        Assert.Contains("✅ Complete: ", text, StringComparison.Ordinal);
    }
}
