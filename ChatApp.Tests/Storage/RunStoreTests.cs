using ChatApp.Storage;

namespace ChatApp.Tests.Storage;

/// <summary>Turns, events and ends of runs, on both databases.</summary>
public sealed class RunStoreTests
{
    [Theory, Databases]
    public async Task AddAsync_NewConversation_HasQuestionAnswerAndRun(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();

        Assert.Equal(TurnOutcomeKind.Added, (await store.Runs.AddAsync(store.Turn("c", "1", question: "Why\0 so?\uD83D", title: "T"))).Kind);

        var row = await store.Conversations.FindAsync("c", "");
        Assert.Equal(("T", "1-a", true), (row!.Title, row.LeafId, row.IsRunning));
        var path = await store.Conversations.PathAsync("c", null, 10);
        Assert.Equal(["1-q", "1-a"], path.Select(message => message.Id));
        Assert.Equal("Why\uFFFD so?\uFFFD", path[0].Text);
        Assert.Equal((await store.Runs.FindAsync("1-r"))!, path[1].Run);
        Assert.Equal("running", path[1].Run!.State);
    }

    [Theory, Databases]
    public async Task AddAsync_EveryRefusal_AddsNothing(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        Assert.Equal(TurnOutcomeKind.NoConversation, (await store.Runs.AddAsync(store.Turn("c", "1") with { MayCreate = false })).Kind);
        Assert.Equal(TurnOutcomeKind.NoParent, (await store.Runs.AddAsync(store.Turn("c", "1", parent: "nowhere"))).Kind);
        Assert.Null(await store.Conversations.FindAsync("c", ""));

        Assert.Equal(TurnOutcomeKind.Added, (await store.Runs.AddAsync(store.Turn("c", "1", key: "k"))).Kind);
        Assert.Equal(new TurnOutcome(TurnOutcomeKind.Repeated, "1-r", "same"), await store.Runs.AddAsync(store.Turn("other", "2", key: "k")));
        Assert.Equal(new TurnOutcome(TurnOutcomeKind.Busy, "1-r"), await store.Runs.AddAsync(store.Turn("c", "3", parent: "1-a")));
        Assert.Equal(TurnOutcomeKind.NoConversation, (await store.Runs.AddAsync(store.Turn("c", "4", parent: "1-a", owner: "somebody"))).Kind);

        Assert.Empty(await store.Runs.CommitAsync([TestStore.Ended("1-r", 1)]));
        Assert.Equal(TurnOutcomeKind.LeafMoved, (await store.Runs.AddAsync(store.Turn("c", "5", parent: "1-q"))).Kind);
        Assert.True(await store.Conversations.DeleteAsync("c", "", TestStore.Noon));
        Assert.Equal(TurnOutcomeKind.NoConversation, (await store.Runs.AddAsync(store.Turn("c", "6", parent: "1-a"))).Kind);
        Assert.Equal(2, (await store.Conversations.AllAsync("c")).Count);
        Assert.Null(await store.Conversations.FindAsync("other", ""));
    }

    [Theory, Databases]
    public async Task AddAsync_Branch_GoesBesideWhatRuns(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        await store.Runs.AddAsync(store.Turn("c", "1"));
        var again = store.Turn("c", "2") with { IsBranch = true, IsBeside = true, Question = null, Answer = TestStore.Message("2-a", "1-q", MessageRow.Assistant) };

        Assert.Equal(TurnOutcomeKind.Added, (await store.Runs.AddAsync(again)).Kind);

        var path = await store.Conversations.PathAsync("c", null, 10);
        Assert.Equal(["1-q", "2-a"], path.Select(message => message.Id));
        Assert.Equal(["1-a", "2-a"], path[1].Siblings);
        Assert.Equal(["1-q"], path[0].Siblings);
        Assert.Equal(["1-q", "1-a"], (await store.Conversations.PathAsync("c", "1-a", 10)).Select(message => message.Id));
        Assert.Equal(["1-a"], (await store.Conversations.PathAsync("c", "1-a", 1)).Select(message => message.Id));
        Assert.Empty(await store.Conversations.PathAsync("d", "1-a", 10));
    }

    [Theory, Databases]
    public async Task CommitAsync_EventsAndEnd_AreReadBack(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        await store.Runs.AddAsync(store.Turn("c", "1"));
        Assert.Equal(["unknown"], await store.Runs.CommitAsync([new RunBatch("1-r", 1, 2, [1, 0]), new RunBatch("1-r", 3, 5, [3]), new RunBatch("unknown", 1, 1, [1])]));
        Assert.Equal([(1L, 2L), (3L, 5L)], (await store.Runs.ReadAsync("1-r", 0)).Select(batch => (batch.FirstSeq, batch.LastSeq)));
        Assert.Equal([3], Assert.Single(await store.Runs.ReadAsync("1-r", 2)).Data);
        Assert.Equal(3, Assert.Single(await store.Runs.ReadAsync("1-r", 4)).FirstSeq);

        // Again with more, as after a lost answer.
        Assert.Empty(await store.Runs.CommitAsync([new RunBatch("1-r", 1, 6, [7])]));
        Assert.Equal([7], Assert.Single(await store.Runs.ReadAsync("1-r", 0)).Data);
        Assert.Empty(await store.Runs.CommitAsync([new RunBatch("1-r", 1, 2, [8])]));
        Assert.Equal([7], Assert.Single(await store.Runs.ReadAsync("1-r", 0)).Data);

        var end = TestStore.Ended("1-r", 8, "The text", reasoning: "Hm");
        Assert.Empty(await store.Runs.CommitAsync([new RunBatch("1-r", 7, 7, [1]), end]));
        Assert.Empty(await store.Runs.CommitAsync([new RunBatch("1-r", 7, 7, [1]), end]));
        var whole = Assert.Single(await store.Runs.ReadAsync("1-r", 0));
        Assert.Equal((1L, 8L), (whole.FirstSeq, whole.LastSeq));
        Assert.Equal([1, 2, 3], whole.Data);
        var run = await store.Runs.FindAsync("1-r");
        Assert.Equal(("completed", 8L, "The text", "Hm", "{}"), (run!.State, run.Seq, run.Text, run.Reasoning, run.Ending));
        Assert.False((await store.Conversations.FindAsync("c", ""))!.IsRunning);

        // Somebody else's end, and events after it, change nothing.
        Assert.Equal(["1-r"], await store.Runs.CommitAsync([new RunBatch("1-r", 9, 9, [1]), TestStore.Ended("1-r", 10, "Other", "interrupted")]));
        Assert.Equal(["1-r"], await store.Runs.CommitAsync([new RunBatch("1-r", 9, 9, [1])]));
        Assert.Equal(run, await store.Runs.FindAsync("1-r"));
        Assert.Equal(8, Assert.Single(await store.Runs.ReadAsync("1-r", 0)).LastSeq);
    }

    [Theory, Databases]
    public async Task AskStopAsync_RunningRun_IsToldToItsNodeAlone(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        var notices = new List<StoreNotice>();
        using var subscription = store.Notices.Subscribe(notices.Add);
        await store.Runs.AddAsync(store.Turn("c", "1"));
        Assert.Empty(await store.Runs.AskedToStopAsync());

        Assert.True(await store.Runs.AskStopAsync("1-r"));
        Assert.False(await store.Runs.AskStopAsync("no such run"));

        Assert.Equal(["1-r"], await store.Runs.AskedToStopAsync());
        Assert.Contains(new StoreNotice(StoreNoticeKind.Stop, "1-r"), notices);
        await store.Runs.CommitAsync([TestStore.Ended("1-r", 1)]);
        Assert.Empty(await store.Runs.AskedToStopAsync());
        Assert.False(await store.Runs.AskStopAsync("1-r"));
        Assert.Equal(2, notices.Count(notice => notice == new StoreNotice(StoreNoticeKind.Conversation, "c")));
    }

    [Theory, Databases]
    public async Task OrphansAsync_AfterAnotherStart_AreTheRunsOfTheOldNode(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using (var before = await place.OpenAsync())
        {
            await before.Runs.AddAsync(before.Turn("c", "1"));
            await before.Runs.AddAsync(before.Turn("d", "2"));
            await before.Runs.CommitAsync([TestStore.Ended("2-r", 1), new RunBatch("1-r", 1, 1, [5])]);
            Assert.Empty(await before.Runs.OrphansAsync(10));
        }

        await using var store = await place.OpenAsync();
        Assert.Equal("1-r", Assert.Single(await store.Runs.OrphansAsync(10)).Id);
        Assert.Equal([5], Assert.Single(await store.Runs.ReadAsync("1-r", 0)).Data);
        Assert.Equal(["1-r"], await store.Runs.CommitAsync([TestStore.Ended("1-r", 2, "So far", "interrupted")]));
        Assert.True(await store.Runs.EndOrphanAsync(TestStore.Ended("1-r", 2, "So far", "interrupted")));
        Assert.Empty(await store.Runs.OrphansAsync(10));
    }

    [Fact]
    public async Task PruneAsync_EndedRuns_KeepTheirText()
    {
        // PostgreSQL's own clock says when a run ended.
        await using var place = await DatabasePlace.CreateAsync(StorageOptions.Sqlite);
        await using var store = await place.OpenAsync();
        foreach (var name in new[] { "1", "2", "3" })
        {
            await store.Runs.AddAsync(store.Turn($"c{name}", name));
        }

        await store.Runs.CommitAsync([TestStore.Ended("1-r", 1, "One", minute: 1), TestStore.Ended("2-r", 1, "Two", minute: 5), new RunBatch("3-r", 1, 1, [1])]);

        Assert.Equal(1, await store.Runs.PruneAsync(TestStore.Noon.AddMinutes(3), 10));
        Assert.Equal(0, await store.Runs.PruneAsync(TestStore.Noon.AddMinutes(3), 10));
        Assert.Empty(await store.Runs.ReadAsync("1-r", 0));
        var run = await store.Runs.FindAsync("1-r");
        Assert.Equal(("One", false), (run!.Text, run.HasEvents));
        Assert.Single(await store.Runs.ReadAsync("2-r", 0));
        Assert.Single(await store.Runs.ReadAsync("3-r", 0));
    }
}
