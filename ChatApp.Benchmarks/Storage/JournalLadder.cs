using BenchmarkDotNet.Attributes;
using ChatApp.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatApp.Benchmarks.Storage;

/// <summary>
/// What it costs to store an event of each of so many runs, on SQLite: all in one commit, as the journal does, beside a transaction for each event.
/// </summary>
public class JournalLadder
{
    private readonly byte[] _data = new byte[30];
    private string _folder = "";
    private ServiceProvider _services = null!;
    private IHostedLifecycleService _start = null!;
    private RunStore _store = null!;
    private string[] _runs = [];
    private int _seq;

    [Params(1, 10, 100, 1000)]
    public int Runs { get; set; }

    // The benchmark's own loop awaits nothing: everything asynchronous is waited for here.
    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void CleanUp() => CleanUpAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "one-commit")]
    public void Together()
    {
        _seq++;
        Commit([.. _runs.Select(run => new RunBatch(run, _seq, _seq, _data))]);
    }

    [Benchmark(Baseline = true, Description = "transaction-per-event")]
    public void Each()
    {
        _seq++;
        foreach (var run in _runs)
        {
            Commit([new RunBatch(run, _seq, _seq, _data)]);
        }
    }

    private void Commit(RunBatch[] batches) => _store.CommitAsync(batches).GetAwaiter().GetResult();

    private async Task SetUpAsync()
    {
        _folder = Directory.CreateTempSubdirectory("chatapp-journal").FullName;
        Durations.Register();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create($"{StorageOptions.Section}:{nameof(StorageOptions.Path)}", (string?)_folder)]).Build());
        services.AddStorage();
        _services = services.BuildServiceProvider();
        _start = _services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single();
        await _start.StartingAsync(default);
        _store = _services.GetRequiredService<RunStore>();
        var node = _services.GetRequiredService<NodeStore>().Id;
        _runs = [.. Enumerable.Range(0, Runs).Select(_ => Guid.CreateVersion7().ToString("N"))];
        foreach (var run in _runs)
        {
            await _store.AddAsync(Turn(run, node));
        }
    }

    private async Task CleanUpAsync()
    {
        await _start.StoppedAsync(default);
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static NewTurn Turn(string run, string node)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new NewTurn
        {
            Conversation = new ConversationRow { Id = $"{run}-c", Owner = "", Title = "", Created = now, Updated = now },
            MayCreate = true,
            Question = new MessageRow { Id = $"{run}-q", Role = MessageRow.User, Text = "Why?", Created = now },
            Answer = new MessageRow { Id = $"{run}-a", ParentId = $"{run}-q", Role = MessageRow.Assistant, Text = "", Created = now },
            Run = new RunRow
            {
                Id = run,
                ConversationId = $"{run}-c",
                MessageId = $"{run}-a",
                Owner = "",
                Model = "bench/bench",
                State = "running",
                Node = node,
                Created = now,
            },
        };
    }
}
