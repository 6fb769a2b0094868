using ChatApp.Storage;

namespace ChatApp.Tests.Storage;

/// <summary>What storing costs. The limits are ten times what was measured.</summary>
public sealed class StorageCostTests(ITestOutputHelper output)
{
    [Theory, Databases]
    public async Task CommitAsync_ThousandRuns_TakesMilliseconds(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        for (var i = 0; i < 1000; i++)
        {
            await store.Runs.AddAsync(store.Turn($"c{i}", $"{i:0000}-{Guid.CreateVersion7():N}"));
        }

        var runs = (await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => store.Conversations.PathAsync($"c{i}", null, 1)))).Select(path => path[0].Run!.Id).ToList();
        var times = new List<double>();
        for (var seq = 1; seq <= 100; seq++)
        {
            RunBatch[] batches = [.. runs.Select(run => new RunBatch(run, seq, seq, new byte[30]))];
            var began = TimeProvider.System.GetTimestamp();
            await store.Runs.CommitAsync(batches);
            times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        times.Sort();
        output.WriteLine($"{provider}: {times[50]:0.0} ms median, {times[90]:0.0} p90, {times[^1]:0.0} most");
        Assert.True(times[50] < 150, $"{times[50]} ms");
        var last = TimeProvider.System.GetTimestamp();
        await store.Runs.CommitAsync([.. runs.Select(run => TestStore.Ended(run, 101, "the text of the answer"))]);
        output.WriteLine($"{provider}: 1000 ends {TimeProvider.System.GetElapsedTime(last).TotalMilliseconds:0.0} ms");
    }

    [Theory, Databases]
    public async Task Start_NewDatabase_TakesMilliseconds(string provider)
    {
        var times = new List<(double Open, double Close)>();
        for (var i = 0; i < 10; i++)
        {
            await using var place = await DatabasePlace.CreateAsync(provider);
            var began = TimeProvider.System.GetTimestamp();
            var store = await place.OpenAsync();
            var open = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
            began = TimeProvider.System.GetTimestamp();
            await store.DisposeAsync();
            times.Add((open, TimeProvider.System.GetElapsedTime(began).TotalMilliseconds));
        }

        output.WriteLine($"{provider}: {string.Join(", ", times.Select(time => $"{time.Open:0.0}/{time.Close:0.0}"))} ms");
        Assert.True(times.Min(time => time.Open) < 200);
    }
}
