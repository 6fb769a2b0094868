using System.Net;
using System.Text;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api.Native;

/// <summary>What a client may send over the WebSocket, and what it gets for it. No library sends most of this, so it is bytes.</summary>
public sealed class WebSocketBadInputTests
{
    private const int MaxBytes = 1024 * 1024;

    public static TheoryData<string, int> BrokenFrames => new()
    {
        { "binary", 1003 },
        { "invalid UTF-8", 1007 },
        { "UTF-8 cut at the end", 1007 },
        { "reserved bit", 1002 },
        { "compressed", 1002 },
        { "unknown opcode", 1002 },
        { "fragmented control", 1002 },
        { "long control", 1002 },
        { "continuation of nothing", 1002 },
        { "new message within one", 1002 },
        { "too large", 1009 },
        { "too large by fragments", 1009 },
        { "too many fragments", 1009 },
        { "endless empty fragments", 1009 },
    };

    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public async Task BWs_BrokenFrames_CloseWithTheirStatus(string what, int status)
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        var sending = SendAsync(socket, what);
        Assert.Equal(status, await socket.CloseStatusAsync());
        await Task.WhenAny(sending);
    }

    [Fact]
    public async Task BWs_ManyFragments_HoldLittleMemory()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        await socket.SendAsync(RawConnection.Frame(1, "\"x"u8, final: false));
        var fragments = Repeat(RawConnection.Frame(0, "x"u8, final: false), 10_000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        try
        {
            for (var i = 0; i < 100; i++)
            {
                await socket.SendAsync(fragments);
            }
        }
        catch (IOException)
        {
            // Cut already.
        }

        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 8 * MaxBytes);
    }

    [Fact]
    public async Task BWs_LargestMessageByFragments_IsTaken()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        var message = Encoding.UTF8.GetBytes($$"""{"type":"chat","requestId":"1","messages":[{"role":"user","content":"{{new string('é', 200_000)}}"}],"x":"{{new string('y', MaxBytes - 400_100)}}"}""");
        var random = new Random(3);
        for (var i = 0; i < message.Length;)
        {
            var length = Math.Min(random.Next(5000), message.Length - i);
            await socket.SendAsync(RawConnection.Frame(i == 0 ? 1 : 0, message.AsSpan(i, length), final: i + length == message.Length));
            i = length == 0 && i == 0 ? throw new InvalidOperationException("An empty first fragment makes the next one the first.") : i + length;
        }

        Assert.Equal("connected", (await socket.NextMessageAsync())!.Value.GetProperty("type").GetString());
    }

    public static TheoryData<string, string> Messages => new()
    {
        { "", "invalid-json" },
        { "not json", "invalid-json" },
        { """{"type":"chat",}""", "invalid-json" },
        { """{"type":"\ud83d"}""", "invalid-json" },
        { """{"type":"cancel","type":"chat"}""", "duplicate-property" },
        { "null", "validation" },
        { "[]", "validation" },
        { "{}", "validation" },
        { """{"type":7}""", "validation" },
        { """{"type":"Chat"}""", "validation" },
        { """{"type":"subscribe"}""", "validation" },
        { """{"type":"chat","messages":[{"role":"user","content":"hi"}]}""", "validation" },
        { """{"type":"chat","requestId":"","messages":[{"role":"user","content":"hi"}]}""", "validation" },
        { """{"type":"chat","requestId":7,"messages":[{"role":"user","content":"hi"}]}""", "validation" },
        { """{"type":"chat","requestId":"1","idempotencyKey":"","messages":[{"role":"user","content":"hi"}]}""", "invalid-idempotency-key" },
        { """{"type":"chat","requestId":"1","idempotencyKey":"two words","messages":[{"role":"user","content":"hi"}]}""", "invalid-idempotency-key" },
        { """{"type":"attach"}""", "validation" },
        { """{"type":"detach"}""", "validation" },
        { """{"type":"cancel","runId":"unknown"}""", "not-found" },
        { """{"type":"cancel","requestId":"unknown"}""", "not-found" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task BWs_Message_IsAnsweredByItsProblemAndTheConnectionStays(string message, string problem)
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await SocketClient.OpenAsync(app);
        await socket.SendAsync(Encoding.UTF8.GetBytes(message));
        var error = await socket.NextAsync();

        Assert.Equal(("error", problem), (error!.Type, error.Problem));
        Assert.NotEqual("", error.Data.GetProperty("message").GetString());
        Assert.Equal(error.Data.GetProperty("message").GetString(), error.Data.GetProperty("error").GetString());
        Assert.Equal(error.Data.GetProperty("message").GetString(), error.Data.GetProperty("problem").GetProperty("detail").GetString());
        await socket.ChatAsync("next");
        Assert.Equal("connected", (await socket.NextAsync())!.Type);
    }

    [Fact]
    public async Task BWs_Chat_IsRefusedForWhatAPostIsRefusedFor()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        var bodies = BadInputTests.Bodies.Select(row => row.Data).Where(row => row.Item1.StartsWith("{\"messages\"", StringComparison.Ordinal) && row.Item3 is not ("invalid-json" or "body-too-large"))
            .Concat(BadInputTests.Options.Select(row => ($"{{\"messages\":[{{\"role\":\"user\",\"content\":\"hi\"}}],\"options\":{{{row.Data}}}}}", HttpStatusCode.BadRequest, "validation")));
        var tried = 0;
        // The format is the HTTP response's: here there is one only.
        foreach (var (body, status, problem) in bodies.Where(row => !row.Item1.Contains("\"format\"", StringComparison.Ordinal)))
        {
            using var socket = await SocketClient.OpenAsync(app);
            await socket.SendAsync(Encoding.UTF8.GetBytes($$"""{"type":"chat","requestId":"q",{{body[1..]}}"""));
            var error = await socket.NextAsync();
            Assert.Equal(("error", problem, (int)status), (error!.Type, error.Problem, error.Data.GetProperty("problem").GetProperty("status").GetInt32()));
            tried++;
        }

        Assert.True(tried > 20);
    }

    [Fact]
    public async Task BWs_TenErrorsAMinute_CloseWith1008()
    {
        var time = new FakeTime();
        await using var app = await TestApp.StartAsync(() => new FakeChatClient(), time);
        using var socket = await SocketClient.OpenAsync(app);
        for (var i = 0; i < 19; i++)
        {
            await socket.SendAsync("x"u8.ToArray());
            Assert.Equal("error", (await socket.NextAsync())!.Type);
            if (i == 8)
            {
                time.Advance(TimeSpan.FromMinutes(1));
            }
        }

        Assert.Null(await socket.NextAsync());
        Assert.Equal(1008, (int)socket.Socket.CloseStatus!.Value);
    }

    [Theory]
    [InlineData("", HttpStatusCode.UpgradeRequired, "upgrade-required")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", HttpStatusCode.UpgradeRequired, "upgrade-required")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", HttpStatusCode.UpgradeRequired, "upgrade-required")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", HttpStatusCode.BadRequest, "invalid-handshake")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", HttpStatusCode.BadRequest, "invalid-handshake")]
    public async Task BWs_Handshake_IsRefused(string headers, HttpStatusCode status, string problem)
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var connection = await RawConnection.OpenAsync(app.Client.BaseAddress!);
        await connection.SendAsync($"GET /api/ws HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        while (!connection.ReceivedText.EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.True(await connection.ReadAsync());
        }

        Assert.StartsWith($"HTTP/1.1 {(int)status} ", connection.ReceivedText, StringComparison.Ordinal);
        Assert.Contains($":{problem}\"", connection.ReceivedText, StringComparison.Ordinal);
        Assert.Equal(status == HttpStatusCode.UpgradeRequired, connection.ReceivedText.Contains("Sec-WebSocket-Version: 13", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Origin: https://evil.example\r\n", false)]
    [InlineData("Origin: null\r\n", false)]
    [InlineData("Sec-Fetch-Site: cross-site\r\n", false)]
    [InlineData("Origin: OWN\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Dest: websocket\r\n", true)]
    [InlineData("Sec-WebSocket-Extensions: permessage-deflate\r\n", true)]
    [InlineData("Sec-WebSocket-Protocol: made-up\r\n", true)]
    public async Task BWs_Handshake_ForeignPagesAreRefusedAndNothingIsNegotiated(string headers, bool allowed)
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        var url = app.Client.BaseAddress!;
        using var connection = await RawConnection.OpenSocketAsync(url, headers.Replace("OWN", url.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));

        Assert.StartsWith(allowed ? "HTTP/1.1 101 " : "HTTP/1.1 403 ", connection.ReceivedText, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", connection.ReceivedText, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Sec-WebSocket-Protocol", connection.ReceivedText, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("half close")]
    [InlineData("reset mid-frame")]
    [InlineData("closed mid-frame")]
    public async Task BWs_ConnectionBreaks_ItsReadersAreGone(string how)
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        await socket.SendMessageAsync(new { type = "chat", requestId = "x", messages = new[] { new { role = "user", content = "hi" } } });
        var host = app.Services.GetRequiredService<RunHost>();
        var run = host.FindOwn((await socket.NextMessageAsync())!.Value.GetProperty("runId").GetString()!, Caller.Local)!;
        Assert.Equal(1, host.ReadersOf(run));
        switch (how)
        {
            case "half close":
                socket.CloseSending();
                break;
            case "reset mid-frame":
                await socket.SendAsync(RawConnection.Frame(1, "{}"u8)[..3]);
                socket.Reset();
                break;
            default:
                await socket.SendAsync(RawConnection.Frame(1, "{}"u8)[..3]);
                socket.Dispose();
                break;
        }

        await Eventually.Holds(() => host.ReadersOf(run) == 0, "the reader gone");
    }

    [Fact]
    public async Task BWs_PingsAndEmptyFrames_AreAnsweredAndDoNoHarm()
    {
        await using var app = await TestApp.StartAsync(() => new FakeChatClient());
        using var socket = await RawConnection.OpenSocketAsync(app.Client.BaseAddress!);
        await socket.SendAsync(Repeat(RawConnection.Frame(9, "p"u8), 1000));
        while (socket.Frames().Count < 1000)
        {
            Assert.True(await socket.ReadAsync());
        }

        Assert.All(socket.Frames(), frame => Assert.Equal(10, frame.Opcode));
        // Messages without anything in them are no JSON.
        await socket.SendAsync(Repeat(RawConnection.Frame(1, []), 1000));
        Assert.Equal(1008, await socket.CloseStatusAsync());
    }

    private static async Task SendAsync(RawConnection socket, string what)
    {
        var (first, rest) = what switch
        {
            "binary" => (RawConnection.Frame(2, "{}"u8), null),
            "invalid UTF-8" => (RawConnection.Frame(1, [0x22, 0xff, 0x22]), null),
            "UTF-8 cut at the end" => (RawConnection.Frame(1, [0x22, 0xc3]), null),
            "reserved bit" => (RawConnection.Frame(1, "{}"u8, reserved: 1), null),
            "compressed" => (RawConnection.Frame(1, "{}"u8, reserved: 4), null),
            "unknown opcode" => (RawConnection.Frame(3, "{}"u8), null),
            "fragmented control" => (RawConnection.Frame(9, "{}"u8, final: false), null),
            "long control" => (RawConnection.Frame(9, new byte[126]), null),
            "continuation of nothing" => (RawConnection.Frame(0, "{}"u8), null),
            "new message within one" => ([.. RawConnection.Frame(1, "{"u8, final: false), .. RawConnection.Frame(1, "}"u8)], null),
            "too large" => (RawConnection.Frame(1, Spaces(MaxBytes + 1)), null),
            "too large by fragments" => (RawConnection.Frame(1, " "u8, final: false), Repeat(RawConnection.Frame(0, Spaces(1024), final: false), 1024)),
            "too many fragments" => (RawConnection.Frame(1, " "u8, final: false), Repeat(RawConnection.Frame(0, " "u8, final: false), 1_000_000)),
            _ => (RawConnection.Frame(1, " "u8, final: false), Repeat(RawConnection.Frame(0, [], final: false), 1_000_000)),
        };
        try
        {
            await socket.SendAsync(first);
            if (rest is not null)
            {
                await socket.SendAsync(rest);
            }
        }
        catch (IOException)
        {
            // Closed before all was sent, as it should be.
        }
    }

    private static byte[] Spaces(int count) => Encoding.ASCII.GetBytes(new string(' ', count));

    private static byte[] Repeat(byte[] bytes, int times) => [.. Enumerable.Repeat(bytes, times).SelectMany(part => part)];
}
