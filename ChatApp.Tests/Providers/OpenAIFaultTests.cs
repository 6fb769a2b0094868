using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatApp.Providers;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.AI;

namespace ChatApp.Tests.Providers;

/// <summary>What one attempt makes of a server that fails. None of it may show the key.</summary>
public sealed class OpenAIFaultTests
{
    private static readonly string Hi = OpenAIWireTests.Deltas("""{"content":"Hi"}""");

    [Fact]
    public async Task F50_Connect_Refused_SaysWhereAndWhatToCheck()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(new Uri($"http://127.0.0.1:{port}/v1"))));

        Assert.Equal($"openai can't be reached at http://127.0.0.1:{port}/v1. Check that it is running and that the endpoint is right.", play.Failure?.Message);
    }

    [Fact]
    public async Task F50_Connect_NoTls_SaysSo()
    {
        await using var upstream = await FakeUpstream.StreamAsync("");
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(new Uri($"https://127.0.0.1:{upstream.Address.Port}/v1"))));

        Assert.Contains("no secure connection", play.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F50_Connect_BlackHole_GivesUpAtTheConnectTimeout()
    {
        // A listener whose backlog is full answers no further SYN.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        var address = (IPEndPoint)full.LocalEndPoint!;
        var fillers = Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToArray();
        var filling = Array.ConvertAll(fillers, f => f.ConnectAsync(address));
        await filling[0];

        var target = new UpstreamTarget("openai", new Uri($"http://{address}/v1"), UpstreamPlay.Key, "OPENAI_API_KEY");
        using var http = UpstreamHttp.CreateClient(target, TimeProvider.System, TimeSpan.FromMilliseconds(200));
        var failure = await Assert.ThrowsAsync<ProviderException>(() => http.GetAsync(target.Endpoint));

        Assert.Contains("did not answer within", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(5), UpstreamHttp.ConnectTimeout);
        Array.ForEach(fillers, f => f.Dispose());
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task F53_Status_KeyRefused_NamesTheSettingAndNeverTheKey(int status)
    {
        var play = await UpstreamPlay.OpenAIAsync(x => x.RespondAsync(status,
            $$$"""{"error":{"message":"Incorrect API key provided: {{{UpstreamPlay.Key}}}, header {{{x.Headers["Authorization"]}}}, near sk-proj-****wxyz","code":"invalid_api_key"}}"""));

        Assert.Equal($"openai refused the key ({status}). Check OPENAI_API_KEY or ChatApp:Providers:openai:ApiKey, then retry. "
            + "It says: Incorrect API key provided: [key], header [key], near [key]", play.Failure?.Message);
        Assert.DoesNotContain("canary", play.Failure!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("1000000000", 1_000_000_000)]
    [InlineData("-5", null)]
    [InlineData("soon", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("Thu, 01 Jan 2026 00:00:12 GMT", 12)]
    [InlineData("Wed, 31 Dec 2025 00:00:00 GMT", null)]
    public async Task F54_Status_TooManyRequests_TellsHowLongToWait(string header, int? seconds)
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(429, """{"error":{"message":"slow down"}}""", "application/json",
            ("Retry-After", header), ("Date", "Thu, 01 Jan 2026 00:00:00 GMT")));
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream, time: new FakeTime())));

        Assert.Equal((ProviderFault.RateLimited, 429), (play.Failure!.Fault, play.Failure.Status));
        Assert.Equal(seconds, play.Failure.RetryAfter?.TotalSeconds);
        Assert.EndsWith("It says: slow down", play.Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, "", "application/json")]
    [InlineData(502, "<html><script>alert(1)</script></html>", "text/html")]
    [InlineData(503, "upstream connect error\u001b[31m", "text/plain")]
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "application/json")]
    public async Task F55_Status_ServerError_IsShownAsText(int status, string body, string type)
    {
        var play = await UpstreamPlay.OpenAIAsync(x => x.RespondAsync(status, body, type));

        Assert.Equal((ProviderFault.Error, status), (play.Failure!.Fault, play.Failure.Status));
        Assert.StartsWith($"openai has a problem of its own ({status}).", play.Failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(play.Failure.Message, c => c is '<' || char.IsControl(c));
    }

    [Theory]
    [InlineData(400, "tool_choice is not allowed here", ProviderFault.Refused)]
    [InlineData(422, "temperature: value is too high", ProviderFault.Refused)]
    [InlineData(400, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", ProviderFault.ContextTooLong)]
    [InlineData(400, "the request exceeds the available context size. try increasing the context size", ProviderFault.ContextTooLong)]
    [InlineData(413, "prompt is too long: 210000 tokens > 200000 maximum", ProviderFault.ContextTooLong)]
    public async Task Status_RequestIsWrong_IsToldFromAFailure(int status, string says, ProviderFault fault)
    {
        var play = await UpstreamPlay.OpenAIAsync(x => x.RespondAsync(status, $$$"""{"error":{"message":"{{{says}}}"}}"""));

        Assert.Equal((fault, status), (play.Failure!.Fault, play.Failure.Status));
        Assert.EndsWith($"It says: {says}", play.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F55_Status_HugeBody_IsReadOnlyInPart()
    {
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.RespondAsync(500, "", "text/plain");
            var block = Encoding.ASCII.GetBytes(new string('x', 1024 * 1024));
            while (!x.Aborted.IsCancellationRequested)
            {
                await x.SendAsync(block);
            }
        });
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)));

        Assert.InRange(play.Failure!.Message.Length, 100, 700);
        await upstream.Exchanges.Single().Left.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task F56_Redirect_ToAnotherHost_IsNotFollowed()
    {
        await using var other = await FakeUpstream.StreamAsync(Hi);
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(302, "", "text/html", ("Location", other.Endpoint.AbsoluteUri)));
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)));

        Assert.Contains("Redirects aren't followed", play.Failure?.Message, StringComparison.Ordinal);
        Assert.Empty(other.Exchanges);
    }

    [Theory]
    [InlineData("text/html", "<!doctype html><title>Hello</title>", "a web page instead of a stream. Check the endpoint of openai; OpenAI-compatible ones usually end in /v1.")]
    [InlineData("application/json", """{"error":"model not loaded"}""", "application/json instead of a stream. Check the endpoint of openai; OpenAI-compatible ones usually end in /v1. It says: model not loaded")]
    public async Task F57_ContentType_NotAStream_SaysWhatCameInstead(string type, string body, string expected)
    {
        await using var upstream = await FakeUpstream.StartAsync(x => x.RespondAsync(200, body, type));
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)));

        Assert.Equal($"{upstream.Endpoint} answered with {expected}", play.Failure?.Message);
        Assert.Equal(ProviderFault.Protocol, play.Failure!.Fault);
    }

    [Theory]
    [InlineData("""{"choices":[{"delta":{"con""")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("nonsense")]
    [InlineData("deep")]
    public async Task F59_Stream_BrokenJson_FailsAsProtocolAndKeepsTheText(string data)
    {
        var play = await UpstreamPlay.OpenAIAsync(Hi + $"data: {(data == "deep" ? new string('[', 1000) : data)}\n\n");

        Assert.Equal(("Hi", ProviderFault.Protocol), (play.Text, play.Failure!.Fault));
        Assert.Null(play.Finish);
    }

    [Fact]
    public async Task F60_Stream_EndlessLine_IsCutAtOneMegabyteInBoundedMemory()
    {
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Hi + "data: ");
            var block = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
            while (!x.Aborted.IsCancellationRequested)
            {
                await x.SendAsync(block);
            }
        });
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var play = await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)));

        Assert.Contains("a line longer than 1 MB", play.Failure?.Message, StringComparison.Ordinal);
        await upstream.Exchanges.Single().Left.WaitAsync(Eventually.Limit);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64L * 1024 * 1024);
    }

    [Fact]
    public async Task F63_Stream_EndsInOrderWithoutAnEnd_HasNoFinishReason()
    {
        var play = await UpstreamPlay.OpenAIAsync(Hi);

        Assert.Equal(("Hi", null, null), (play.Text, play.Finish, play.Failure));
    }

    [Fact]
    public async Task F64_Stream_ConnectionBreaks_IsInterrupted()
    {
        var read = new TaskCompletionSource();
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Hi);
            await read.Task;
            x.Reset();
        });
        var text = "";
        var failure = await Assert.ThrowsAsync<ProviderException>(async () =>
        {
            await foreach (var update in UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)).GetStreamingResponseAsync([UpstreamPlay.Hello]))
            {
                text += update.Text;
                read.TrySetResult();
            }
        });

        Assert.Equal(("Hi", ProviderFault.Interrupted), (text, failure.Fault));
    }

    [Fact]
    public async Task F64_Stream_BreaksAfterTheFinishReason_IsWhole()
    {
        var read = new TaskCompletionSource();
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Hi + OpenAIWireTests.Finish("stop").Replace("data: [DONE]\n\n", "", StringComparison.Ordinal));
            await read.Task;
            x.Reset();
        });
        ChatFinishReason? finish = null;
        await foreach (var update in UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream)).GetStreamingResponseAsync([UpstreamPlay.Hello]))
        {
            finish ??= update.FinishReason;
            if (finish is not null)
            {
                read.TrySetResult();
            }
        }

        Assert.Equal(ChatFinishReason.Stop, finish);
    }

    [Theory]
    [InlineData("", 2000)]
    [InlineData("data: [DONE]\n\n", 250)]
    public async Task F52_Stream_HangsAfterTheEnd_IsLetGoSoon(string goodbye, int milliseconds)
    {
        var time = new FakeTime();
        await using var upstream = await FakeUpstream.StartAsync(async x =>
        {
            await x.SendAsync(Hi + OpenAIWireTests.Finish("stop").Replace("data: [DONE]\n\n", "", StringComparison.Ordinal));
            await x.SendAsync(goodbye);
            await x.HangAsync();
        });
        var reading = UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream, time: time)));
        await Eventually.Holds(() => time.ArmedTimers > 0, "the wait for the end");

        while (!reading.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            await Task.Yield();
        }

        var play = await reading;
        Assert.Equal((ChatFinishReason.Stop, null), (play.Finish!.Value, play.Failure));
    }

    [Fact]
    public async Task F66_ContentEncoding_Unasked_IsRejected()
    {
        var play = await UpstreamPlay.OpenAIAsync(async x =>
        {
            await x.StartAsync("text/event-stream", ("Content-Encoding", "gzip"));
            await x.SendAsync(new byte[1000]);
        });

        Assert.Contains("compressed", play.Failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""data: {"error":{"message":"Provider returned error","code":502}}""", 502, ProviderFault.Error)]
    [InlineData("""data: {"id":"x","error":{"code":"429","message":"slow"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}""", 429, ProviderFault.RateLimited)]
    [InlineData("""data: {"error":"out of memory"}""", null, ProviderFault.Error)]
    [InlineData("event: error\ndata: {\"message\":\"bad\",\"type\":\"server_error\"}", 500, ProviderFault.Error)]
    [InlineData("""data: {"choices":[{"delta":{},"finish_reason":"abort"}]}""", null, ProviderFault.Interrupted)]
    public async Task Stream_ErrorInside_Fails(string frame, int? status, ProviderFault fault)
    {
        var play = await UpstreamPlay.OpenAIAsync(Hi + frame + "\n\n" + OpenAIWireTests.Finish("stop"));

        Assert.Equal((fault, status, "Hi", null), (play.Failure!.Fault, play.Failure.Status, play.Text, play.Finish));
    }

    [Fact]
    public async Task Request_TwoInTurn_ShareAConnection()
    {
        await using var upstream = await FakeUpstream.StreamAsync(Hi + OpenAIWireTests.Finish("stop"));
        var provider = UpstreamPlay.OpenAI(upstream);
        await UpstreamPlay.DrainAsync(UpstreamPlay.Client(provider));
        await UpstreamPlay.DrainAsync(UpstreamPlay.Client(provider));

        Assert.Single(upstream.Exchanges.Select(x => x.Connection).Distinct());
    }

    [Fact]
    public async Task Request_WithoutAKey_SendsNone()
    {
        await using var upstream = await FakeUpstream.StreamAsync(Hi + OpenAIWireTests.Finish("stop"));
        await UpstreamPlay.DrainAsync(UpstreamPlay.Client(UpstreamPlay.OpenAI(upstream, key: null)));

        Assert.DoesNotContain("Authorization", upstream.Exchanges.Single().Headers.Keys);
    }

    [Fact]
    public async Task Timings_OfARequest_AreReported()
    {
        var timings = new Timings();
        UpstreamTimings.Current = timings;
        await UpstreamPlay.OpenAIAsync(Hi);

        Assert.Equal(["connected", "first byte"], timings.Seen);
    }

    private sealed class Timings : UpstreamTimings
    {
        public List<string> Seen { get; } = [];

        public override void OnConnected() => Seen.Add("connected");

        public override void OnFirstByte() => Seen.Add("first byte");
    }
}
