using ChatApp.Runs;
using ChatApp.Storage;
using ChatApp.Tests.Infrastructure;
using ChatApp.Tests.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SQLitePCL;

namespace ChatApp.Tests.Runs;

/// <summary>The journal: what runs write is stored together, and shown once it is.</summary>
public sealed class RunJournalTests : IAsyncLifetime
{
    private readonly StorageOptions _options = new() { CommitInterval = TimeSpan.FromDays(1) };
    private DatabasePlace _place = null!;
    private TestStore _store = null!;
    private RunJournal? _journal;
    private int _commits;
    private volatile bool _fails;

    public async ValueTask InitializeAsync()
    {
        _place = await DatabasePlace.CreateAsync(StorageOptions.Sqlite);
        _store = await _place.OpenAsync();
        await _store.Database.WriteAsync(transaction =>
        {
            raw.sqlite3_commit_hook(((SqliteConnection)transaction.Connection).Handle, _ => Interlocked.Increment(ref _commits) < 0 || _fails ? 1 : 0, null);
            return true;
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_journal is not null)
        {
            await _journal.DisposeAsync();
        }

        await _store.DisposeAsync();
        await _place.DisposeAsync();
    }

    [Fact]
    public async Task OnWritten_FirstToken_IsShownAtOnceAndTheNextWithTheRest()
    {
        var run = await StartAsync("1");
        run.AppendToken(run.Whole, "first", 1);
        await run.Reaches(r => r.ReadText() == "first");

        run.AppendToken(run.Whole, " second", 1);
        Assert.Equal("first", run.ReadText());
        Assert.Equal(7, run.Hidden);
        using var limit = new CancellationTokenSource(Eventually.Limit);
        await Journal.FlushAsync(limit.Token);

        Assert.Equal("first second", run.ReadText());
        Assert.Equal(0, run.Hidden);
        Assert.Equal(run.Seq, (await _store.Runs.ReadAsync(run.Id, 0))[^1].LastSeq);
    }

    [Fact]
    public async Task SaveAsync_ManyRuns_AreOneCommit()
    {
        var runs = new List<Run>();
        for (var i = 0; i < 50; i++)
        {
            runs.Add(await StartAsync($"{i:00}"));
        }

        foreach (var run in runs)
        {
            run.AppendToken(run.Whole, "a", 1);
            await run.Reaches(r => r.ReadText() == "a");
            run.AppendToken(run.Whole, "b", 1);
        }

        var before = _commits;
        using var limit = new CancellationTokenSource(Eventually.Limit);
        await Journal.FlushAsync(limit.Token);

        Assert.Equal(1, _commits - before);
        Assert.All(runs, run => Assert.Equal("ab", run.ReadText()));
    }

    [Fact]
    public async Task SaveAsync_Fails_ShowsNothingAndKeepsTheOrder()
    {
        var run = await StartAsync("1");
        run.AppendToken(run.Whole, "0", 1);
        await run.Reaches(r => r.ReadText() == "0");
        _fails = true;
        for (var i = 1; i < 10; i++)
        {
            var before = _commits;
            run.AppendToken(run.Whole, $"{i}", 1);
            run.AddSource(run.Whole, new RunSource($"{i}", "u"));
            run.Saving!.OnWritten(urgent: true);
            await Eventually.Holds(() => _commits > before, "a try");
            Assert.Equal("0", run.ReadText());
        }

        run.TryEnd(RunState.Failed, RunProblem.Internal());
        await Eventually.Holds(() => Journal.IsDelayed, "it says so");
        Assert.Equal((RunState.Running, RunState.Failed), (run.State, run.WrittenState));
        Assert.Null(run.Snapshot().Problem);
        _fails = false;
        await run.Ended();

        Assert.Equal("0123456789", run.ReadText());
        await Eventually.Holds(() => !Journal.IsDelayed, "it says so");
        var stored = await _store.Runs.FindAsync(run.Id);
        Assert.Equal(("failed", "0123456789", run.Seq), (stored!.State, stored.Text, stored.Seq));
        Assert.Equal(run.Seq, Run.OfEvents(stored, await _store.Runs.ReadAsync(run.Id, 0), TimeProvider.System).Seq);
    }

    [Fact]
    public async Task SaveAsync_MoreWaitsThanMay_EndsTheRunOnce()
    {
        _options.MaxUnsaved = 10;
        var ended = 0;
        var run = await StartAsync("1", one =>
        {
            Interlocked.Increment(ref ended);
            one.TryEnd(RunState.Failed, RunProblem.NotSaved());
        });
        var other = await StartAsync("2", _ => Assert.Fail("This one waits for little."));
        run.AppendToken(run.Whole, "stored", 1);
        await run.Reaches(r => r.ReadText() == "stored");
        _fails = true;
        run.AppendToken(run.Whole, "more than may wait", 1);
        other.AppendToken(other.Whole, "little", 1);
        await Eventually.Holds(() => run.HasEnded, "it fails");
        Assert.Equal("stored", run.ReadText());
        Assert.False(run.IsEnded);
        _fails = false;
        await run.Ended();
        await other.Reaches(r => r.ReadText() == "little");

        Assert.Equal(("storage-busy", "storedmore than may wait"), (run.Problem!.Type, run.ReadText()));
        Assert.True(ended > 0);
    }

    [Fact]
    public async Task SaveAsync_RunThatCantBeWrittenDown_FailsAlone()
    {
        var run = await StartAsync("1");
        var other = await StartAsync("2");
        run.AppendToken(run.Whole, "fine", 1);
        await run.Reaches(r => r.ReadText() == "fine");
        // No JSON has such a number.
        run.Append(new ProgressEvent(double.NaN, "?"));
        other.AppendToken(other.Whole, "fine", 1);

        await run.Ended();
        await other.Reaches(r => r.ReadText() == "fine");
        Assert.Equal((RunState.Failed, "internal", "fine"), (run.State, run.Problem?.Type, run.ReadText()));
        Assert.Equal("failed", (await _store.Runs.FindAsync(run.Id))!.State);
    }

    [Fact]
    public async Task FlushAsync_DatabaseThatTakesNothing_EndsWithItsAskersPatience()
    {
        var run = await StartAsync("1");
        await run.Reaches(r => r.Seq > 0);
        _fails = true;
        run.AppendToken(run.Whole, "a", 1);
        using var enough = new CancellationTokenSource();
        var flush = Journal.FlushAsync(enough.Token);
        await Eventually.Holds(() => Journal.IsDelayed, "it fails");
        Assert.False(flush.IsCompleted);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        _fails = false;
    }

    [Fact]
    public async Task Fenced_NodeTakenForDead_IsSaidAndNothingIsShown()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Postgres);
        await using var asleep = await place.OpenAsync((nameof(StorageOptions.Lease), "1ms"));
        await using var awake = await place.OpenAsync();
        await using var journal = new RunJournal(asleep.Runs, Options.Create(_options), FakeMeters.Create(), TimeProvider.System, NullLogger<RunJournal>.Instance);
        var fenced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        journal.Fenced += () => fenced.TrySetResult();
        var run = await StartAsync("1", asleep, journal, _ => { });
        await run.Reaches(r => r.Seq > 0);
        await Eventually.HoldsAsync(async () => await awake.Nodes.RemoveDeadAsync() == 1, "the lease runs out");

        run.AppendToken(run.Whole, "a", 1);

        await fenced.Task.WaitAsync(Eventually.Limit);
        Assert.Equal("", run.ReadText());
    }

    private RunJournal Journal => _journal ??= new RunJournal(_store.Runs, Options.Create(_options), FakeMeters.Create(), TimeProvider.System, NullLogger<RunJournal>.Instance);

    private Task<Run> StartAsync(string name, Action<Run>? overflow = null) => StartAsync(name, _store, Journal, overflow ?? (_ => { }));

    private static async Task<Run> StartAsync(string name, TestStore store, RunJournal journal, Action<Run> overflow)
    {
        Assert.Equal(TurnOutcomeKind.Added, (await store.Runs.AddAsync(store.Turn($"c{name}", name))).Kind);
        var run = new Run($"{name}-r", "guide/guide", new RunRequest { Messages = [], ConversationId = $"c{name}", MessageId = $"{name}-a" }, TimeProvider.System, isStored: true);
        run.Start();
        journal.Open(run, () => overflow(run), () => run.Disown());
        return run;
    }
}
