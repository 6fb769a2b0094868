using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;

namespace ChatApp.Tests.Storage;

/// <summary>The write-ahead log stays small, whoever reads meanwhile.</summary>
public sealed class LogSizeTests(ITestOutputHelper output)
{
    [Fact]
    public async Task F29_ReadersAndManySmallCommits_DoNotLetTheLogGrow()
    {
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Sqlite);
        await using var store = await place.OpenAsync();
        await store.Runs.AddAsync(store.Turn("c", "1"));
        using var enough = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(i => Task.Run(async () =>
        {
            var reads = 0;
            for (var after = 0L; !enough.IsCancellationRequested; reads++)
            {
                after = (await store.Runs.ReadAsync("1-r", after)) is [.., { } last] ? last.LastSeq : after;
                _ = await store.Conversations.ListAsync("", 10);
                await Task.Yield();
            }

            return reads;
        })).ToList();
        var (longest, log) = (0L, new FileInfo(Path.Combine(place.Directory, $"{StoredFile.Name}-wal")));
        var data = new byte[100];
        for (var i = 1; i <= 20_000; i++)
        {
            await store.Runs.CommitAsync([new RunBatch("1-r", i, i, data)]);
            if (i % 100 == 0)
            {
                log.Refresh();
                longest = Math.Max(longest, log.Length);
            }
        }

        await enough.CancelAsync();
        output.WriteLine($"20000 commits beside {(await Task.WhenAll(readers)).Sum()} reads: the log had at most {longest / 1024 / 1024.0:0.0} MB");
        Assert.InRange(longest, 0, 64 << 20);
    }
}
