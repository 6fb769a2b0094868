using System.Text.Json;
using ChatApp.Runs;
using ChatApp.Security;
using ChatApp.Tests.Infrastructure;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace ChatApp.Tests.Api;

/// <summary>
/// Whatever breaks, and however the client comes back: the pieces put together are the text, once and in order. Connections are cut at any
/// byte, also within a character, a chunk's size, a frame's head or the response's own headers.
/// </summary>
public sealed class ResumeTests
{
    private const int Pieces = 40;
    private const int Cases = 200;

    private enum How
    {
        SseWithHeader,
        SseWithQuery,
        Post,
        Socket,
        Status,
    }

    [Fact]
    public async Task P01_CutsAtAnyByteOverAnyTransport_ResumeExactly()
    {
        FakeChatClient? model = null;
        await using var app = await TestApp.StartAsync(() => model!);
        var step = from how in Gen.Elements(Enum.GetValues<How>())
                   from bytes in Gen.Frequency((1, Gen.Choose(1, 1000)), (4, Gen.Choose(800, 3500)), (1, Gen.Constant(int.MaxValue)))
                   from said in Gen.Choose(0, 12)
                   select (How: how, Bytes: bytes, Said: said);
        var number = 0;
        foreach (var steps in step.NonEmptyListOf().Sample(Cases, 8))
        {
            model = new FakeChatClient();
            await new Reader(app, model, $"key-{number++}").ReadAsync(steps);
        }
    }

    /// <summary>A client that has so much of the answer, and comes back for the rest by one way or another.</summary>
    private sealed class Reader(TestApp app, FakeChatClient model, string key)
    {
        private readonly byte[] _body = """{"messages":[{"role":"user","content":"hello"}],"onDisconnect":"continue"}"""u8.ToArray();
        private Run? _run;
        private int _said;
        private string _expected = "";
        private string _text = "";
        private long _last;

        public async Task ReadAsync(IEnumerable<(How How, int Bytes, int Said)> steps)
        {
            // The first request may break as well: the same one again finds its run.
            using (var start = await SendAsync(How.Post))
            {
                while (!start.ReceivedText.Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    Assert.True(await start.ReadAsync(300));
                }

                var head = start.ReceivedText.Split("X-Run-Id: ")[1];
                _run = app.Services.GetRequiredService<RunHost>().FindOwn(head.Split("\r\n")[0], Caller.Local)!;
            }

            foreach (var (how, bytes, said) in steps)
            {
                await SayAsync(said);
                await StepAsync(how, bytes);
            }

            await SayAsync(Pieces - _said);
            model.Finish();
            await _run.Ended();
            await StepAsync(How.Socket, 700);
            await StepAsync(How.SseWithHeader, int.MaxValue);

            Assert.Equal(_expected, _text);
            Assert.Equal(_run.Seq, _last);
        }

        private async Task SayAsync(int pieces)
        {
            for (var i = 0; i < pieces && _said < Pieces; i++)
            {
                var piece = $"{_said++}\n\"é😀\u2028 ";
                _expected += piece;
                model.Say(piece);
            }

            await _run!.Reaches(run => run.TextLength == _expected.Length);
        }

        private async Task StepAsync(How how, int bytes)
        {
            if (how == How.Status)
            {
                var now = JsonElement.Parse(await app.Client.GetStringAsync($"/api/runs/{_run!.Id}"));
                var (text, seq) = (now.GetProperty("text").GetString()!, now.GetProperty("seq").GetInt64());
                Assert.StartsWith(_text, text, StringComparison.Ordinal);
                Assert.StartsWith(text, _expected, StringComparison.Ordinal);
                // A client may as well take the text from there and read on.
                (_text, _last) = (text, seq);
                return;
            }

            if (_last == _run!.Seq)
            {
                // It has everything so far; whatever way it asks, there would be nothing to wait for.
                return;
            }

            using var connection = await SendAsync(how);
            while (bytes > 0)
            {
                var before = connection.Received.Length;
                if (!await connection.ReadAsync(bytes))
                {
                    break;
                }

                bytes -= connection.Received.Length - before;
                if (Events(connection, how) is { Count: > 0 } all && all[^1].GetProperty("seq").GetInt64() == _run.Seq)
                {
                    // Nothing more is said while this connection lasts.
                    break;
                }
            }

            if (how == How.Post)
            {
                // A repeated POST begins again at the first event, and so does the client.
                (_text, _last) = ("", 0);
            }

            foreach (var @event in Events(connection, how))
            {
                var seq = @event.GetProperty("seq").GetInt64();
                Assert.True(seq > _last, "In order, and none twice");
                _last = seq;
                _text += @event.GetProperty("type").GetString() == "token" ? @event.GetProperty("content").GetString() : "";
            }

            Assert.StartsWith(_text, _expected, StringComparison.Ordinal);
        }

        private static List<JsonElement> Events(RawConnection connection, How how) => how == How.Socket ? connection.Messages() : connection.SseEvents();

        private async Task<RawConnection> SendAsync(How how)
        {
            var url = app.Client.BaseAddress!;
            if (how == How.Socket)
            {
                var socket = await RawConnection.OpenSocketAsync(url, wait: false);
                await socket.SendMessageAsync(new { type = "attach", runId = _run!.Id, after = _last });
                return socket;
            }

            var connection = await RawConnection.OpenAsync(url);
            var host = $"Host: {url.Authority}\r\n";
            switch (how)
            {
                case How.Post:
                    await connection.SendAsync($"POST /api/chat/stream HTTP/1.1\r\n{host}Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {_body.Length}\r\n\r\n");
                    await connection.SendAsync(_body);
                    break;
                case How.SseWithHeader:
                    await connection.SendAsync($"GET /api/runs/{_run!.Id}/events HTTP/1.1\r\n{host}Last-Event-ID: {_run.Id}:{_last}\r\n\r\n");
                    break;
                default:
                    await connection.SendAsync($"GET /api/runs/{_run!.Id}/events?after={_last} HTTP/1.1\r\n{host}\r\n");
                    break;
            }

            return connection;
        }
    }
}
