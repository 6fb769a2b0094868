using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ChatApp.Tests.Infrastructure;
using Dapper;

namespace ChatApp.Tests.EndToEnd;

/// <summary>The process is killed in the middle of answers: what a reader has seen is stored. <c>CRASH_ROUNDS=200</c> for a longer trial.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Streams = 20;

    // Text of the upstream that may be lost: 100 ms. Ten times that, since this machine may be busy.
    private static readonly TimeSpan MayBeLost = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task F21_Kill_LosesNothingThatAReaderHasSeen()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("CRASH_ROUNDS") ?? "20", CultureInfo.InvariantCulture);
        var random = new Random(rounds);
        using var storage = new TemporaryDirectory();
        await using var upstream = await TellingUpstream.StartAsync(pause: 5);
        var (cut, shown, lost) = (0, 0L, TimeSpan.Zero);
        var app = await AppProcess.StartAsync(storage, upstream.Settings);
        for (var round = 0; round < rounds; round++)
        {
            using var client = new HttpClient { BaseAddress = app.Url };
            var due = new TaskCompletionSource();
            var left = random.Next(1, 1500);
            var clients = Enumerable.Range(0, Streams).Select(i => new CutClient($"{round}/{i}")
            {
                OnFrame = () =>
                {
                    if (Interlocked.Decrement(ref left) == 0)
                    {
                        due.SetResult();
                    }
                },
            }).ToList();
            var streams = clients.Select(one => one.AskAsync(client)).ToList();
            await due.Task.WaitAsync(Eventually.Limit);
            await app.KillAsync();
            var killed = Stopwatch.GetTimestamp();
            await Task.WhenAll(streams);
            await app.DisposeAsync();

            app = await AppProcess.StartAsync(storage, upstream.Settings);
            Assert.Equal(0, await StoredFile.CountAsync(storage, "running"));
            await StoredFile.CheckAsync(storage);
            using var again = new HttpClient { BaseAddress = app.Url };
            foreach (var one in clients.Where(one => one.RunId is not null))
            {
                var (text, gone) = await CheckAsync(again, one, upstream, killed);
                (cut, shown, lost) = (cut + 1, shown + text, gone > lost ? gone : lost);
            }
        }

        await app.DisposeAsync();
        output.WriteLine($"{rounds} kills: {cut} streams cut, which had shown {shown} bytes of text; none lost. Of what the upstream had sent, at most {lost.TotalMilliseconds:0} ms were not stored.");
        Assert.InRange(lost, TimeSpan.Zero, MayBeLost);
    }

    [Fact]
    public async Task F22_FilesAsTheyLieAtAnyMoment_AreWholeAndHoldWhatWasShown()
    {
        var images = int.Parse(Environment.GetEnvironmentVariable("CRASH_ROUNDS") ?? "20", CultureInfo.InvariantCulture);
        using var storage = new TemporaryDirectory();
        await using var upstream = await TellingUpstream.StartAsync(pause: 5);
        await using var app = await AppProcess.StartAsync(storage, [.. upstream.Settings, "--ChatApp:Storage:CommitInterval=1ms"]);
        using var client = new HttpClient { BaseAddress = app.Url };
        var clients = Enumerable.Range(0, Streams).Select(i => new CutClient($"{i}")).ToList();
        var streams = clients.Select(one => one.AskAsync(client)).ToList();
        await Eventually.Holds(() => clients.TrueForAll(one => one.Text.Length > 0), "every answer begins");
        for (var i = 0; i < images; i++)
        {
            // What they have by now must be in the image; what they get meanwhile may be.
            var shown = clients.ToDictionary(one => one.RunId!, one => one.Last, StringComparer.Ordinal);
            using var image = new TemporaryDirectory();
            await app.SignalAsync("STOP");
            File.Copy(storage[StoredFile.Name], image[StoredFile.Name]);
            File.Copy(storage[$"{StoredFile.Name}-wal"], image[$"{StoredFile.Name}-wal"]);
            await app.SignalAsync("CONT");
            if (i % 2 == 0)
            {
                // And after a power cut, which may take any end of the log.
                await using var log = new FileStream(image[$"{StoredFile.Name}-wal"], FileMode.Open);
                log.SetLength(new Random(i).NextInt64(log.Length));
            }

            await using var connection = StoredFile.Open(image);
            await connection.OpenAsync();
            Assert.Equal("ok", await connection.ExecuteScalarAsync<string>("PRAGMA integrity_check"));
            if (i % 2 == 1)
            {
                var stored = (await connection.QueryAsync<(string Id, long Last)>("SELECT r.id, max(e.last_seq) FROM runs r JOIN run_events e ON e.run = r.number GROUP BY r.id"))
                    .ToDictionary(run => run.Id, run => run.Last, StringComparer.Ordinal);
                Assert.All(shown, one => Assert.InRange(stored[one.Key], one.Value, long.MaxValue));
            }
        }

        await app.KillAsync();
        await Task.WhenAll(streams);
    }

    // How much it had been shown, and how old the oldest text is that the upstream had sent and is not stored.
    private static async Task<(int Shown, TimeSpan Lost)> CheckAsync(HttpClient client, CutClient one, TellingUpstream upstream, long killed)
    {
        var run = JsonElement.Parse(await client.GetStringAsync($"/api/runs/{one.RunId}"));
        var stored = run.GetProperty("text").GetString()!;
        Assert.Equal("interrupted", run.GetProperty("state").GetString());
        Assert.StartsWith(one.Text, stored, StringComparison.Ordinal);

        var shown = Encoding.UTF8.GetByteCount(one.Text);
        var whole = await one.CompareAsync(client);
        Assert.Equal(stored, whole.Text);
        await one.ResumeAsync(client);
        Assert.Equal(stored, one.Text);
        Assert.Equal(run.GetProperty("seq").GetInt64(), one.Last);
        Assert.Equal("complete", one.LastFrame!.Type);
        Assert.Contains(one.Events.Values, json => JsonElement.Parse(json) is var data && data.GetProperty("type").GetString() == "done" && data.GetProperty("reason").GetString() == "interrupted");

        var length = 0;
        foreach (var (at, text) in upstream.Sent.GetValueOrDefault(one.Asked) ?? [])
        {
            length += text.Length;
            if (length > stored.Length)
            {
                return (shown, at > killed ? TimeSpan.Zero : Stopwatch.GetElapsedTime(at, killed));
            }

            Assert.Equal(text, stored[(length - text.Length)..length]);
        }

        return (shown, TimeSpan.Zero);
    }
}
