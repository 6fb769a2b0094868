using ChatApp.Storage;

namespace ChatApp.Tests.Storage;

/// <summary>Lists, branches, titles, removal and search, on both databases.</summary>
public sealed class ConversationStoreTests
{
    [Theory, Databases]
    public async Task ListAsync_PageByPage_IsTheOwnersLastUsedFirst(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        for (var i = 0; i < 7; i++)
        {
            await store.Conversations.AddAsync(TestStore.Conversation($"c{i}", "me", $"Title {i}", minute: i / 2));
        }

        await store.Conversations.AddAsync(TestStore.Conversation("theirs", "them"));
        var seen = new List<string>();
        ConversationRow? last = null;
        while (await store.Conversations.ListAsync("me", 3, last) is { Count: > 0 } page)
        {
            seen.AddRange(page.Select(row => row.Id));
            last = page[^1];
        }

        Assert.Equal(["c6", "c5", "c4", "c3", "c2", "c1", "c0"], seen);
        Assert.Equal(TestStore.Conversation("c0", "me", "Title 0"), last);
        await Assert.ThrowsAsync<StorageException>(() => store.Conversations.AddAsync(TestStore.Conversation("theirs", "me")));
    }

    [Theory, Databases]
    public async Task Changes_OfAnotherOwner_AreRefused(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        await store.Conversations.AddAsync(TestStore.Conversation("c", "me", "Old"));

        Assert.Null(await store.Conversations.FindAsync("c", "them"));
        Assert.False(await store.Conversations.RenameAsync("c", "them", "New"));
        Assert.False(await store.Conversations.DeleteAsync("c", "them", TestStore.Noon));
        Assert.False(await store.Conversations.SelectAsync("c", "them", "x"));
        Assert.False(await store.Conversations.SelectAsync("c", "me", "x"));
        Assert.True(await store.Conversations.RenameAsync("c", "me", "New"));
        Assert.Equal("New", (await store.Conversations.FindAsync("c", "me"))!.Title);
    }

    [Theory, Databases]
    public async Task DeleteAsync_ThenRestoreOrPurge_HidesBringsBackAndRemoves(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        await store.Runs.AddAsync(store.Turn("c", "1", question: "findable"));
        await store.Runs.AddAsync(store.Turn("running", "2"));
        await store.Runs.CommitAsync([TestStore.Ended("1-r", 1, "words")]);

        Assert.True(await store.Conversations.DeleteAsync("c", "", TestStore.Noon));
        Assert.False(await store.Conversations.DeleteAsync("c", "", TestStore.Noon));
        Assert.Null(await store.Conversations.FindAsync("c", ""));
        Assert.Null(await store.Runs.FindAsync("1-r"));
        Assert.Empty(await store.Conversations.SearchAsync("", "findable", 5));
        Assert.True(await store.Conversations.RestoreAsync("c", ""));
        Assert.False(await store.Conversations.RestoreAsync("c", ""));
        Assert.Single(await store.Conversations.SearchAsync("", "findable", 5));

        Assert.True(await store.Conversations.DeleteAsync("c", "", TestStore.Noon));
        Assert.True(await store.Conversations.DeleteAsync("running", "", TestStore.Noon));
        Assert.Equal(0, await store.Conversations.PurgeAsync(TestStore.Noon));
        Assert.Equal(1, await store.Conversations.PurgeAsync(TestStore.Noon.AddYears(1000)));
        Assert.False(await store.Conversations.RestoreAsync("c", ""));
        Assert.Empty(await store.Conversations.AllAsync("c"));
        Assert.Empty(await store.Runs.ReadAsync("1-r", 0));
        Assert.True(await store.Conversations.RestoreAsync("running", ""));
    }

    [Theory, Databases]
    public async Task SelectAsync_MessageOfAnotherBranch_ShowsItsNewestEnd(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        // m1 ─ m2 ─ m3 ─ m5
        //    └ m4     └ m6
        await store.Conversations.ImportAsync(
            TestStore.Conversation("c") with { LeafId = "m4" },
            [
                TestStore.Message("m1"), TestStore.Message("m2", "m1"), TestStore.Message("m3", "m2"), TestStore.Message("m4", "m1"), TestStore.Message("m5", "m3"), TestStore.Message("m6", "m3"),
            ]);

        Assert.Equal("m4", (await store.Conversations.FindAsync("c", ""))!.LeafId);
        Assert.Equal(["m1", "m2", "m3", "m4", "m5", "m6"], (await store.Conversations.AllAsync("c")).Select(message => message.Id));
        await SelectAsync("m2", "m6");
        await SelectAsync("m5", "m5");
        await SelectAsync("m4", "m4");
        await SelectAsync("m1", "m6");
        var path = await store.Conversations.PathAsync("c", null, 2);
        Assert.Equal(["m3", "m6"], path.Select(message => message.Id));
        Assert.Equal(["m5", "m6"], path[1].Siblings);

        async Task SelectAsync(string message, string leaf)
        {
            Assert.True(await store.Conversations.SelectAsync("c", "", message));
            Assert.Equal(leaf, (await store.Conversations.FindAsync("c", ""))!.LeafId);
        }
    }

    [Theory, Databases]
    public async Task ImportAsync_MessageThatIsThere_AddsNothing(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        await store.Conversations.ImportAsync(TestStore.Conversation("c"), [TestStore.Message("m1")]);
        await Assert.ThrowsAsync<StorageException>(() => store.Conversations.ImportAsync(TestStore.Conversation("d"), [TestStore.Message("m2"), TestStore.Message("m1")]));
        Assert.Null(await store.Conversations.FindAsync("d", ""));
    }

    [Theory, Databases]
    public async Task SearchAsync_Words_FindsTitlesAndMessages(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        await store.Runs.AddAsync(store.Turn("a", "1", question: "How does the borrow checker think about lifetimes?", title: "Rust"));
        await store.Runs.CommitAsync([TestStore.Ended("1-r", 1, "The borrow checker reads ÄPFEL and Straße, see example.com/some-path.")]);
        await store.Runs.AddAsync(store.Turn("b", "2", question: "Nothing of interest", title: "Borrow checker"));
        await store.Runs.AddAsync(store.Turn("x", "3", question: "borrow checker", owner: "them"));

        await store.Conversations.ImportAsync(TestStore.Conversation("z", title: "Trip"), [TestStore.Message("z1", text: "私は東京に住んでいます हिन्दी")]);

        Assert.Equal(["b", "a"], await FoundAsync("BORROW check"));
        Assert.Equal(["a"], await FoundAsync("rust lifetimes"));
        Assert.Equal(["a"], await FoundAsync("äpfel"));
        Assert.Equal(["a"], await FoundAsync("path com"));
        Assert.Equal(["a"], await FoundAsync("some-path"));
        Assert.Equal(["z"], await FoundAsync("東京"));
        Assert.Equal(["z"], await FoundAsync("हिन्दी"));
        Assert.Equal(["z"], await FoundAsync("trip 京"));
        Assert.Empty(await FoundAsync("checkers"));
        Assert.Empty(await FoundAsync("hecker"));
        var found = await store.Conversations.SearchAsync("", "lifetimes", 10);
        Assert.Equal("How does the borrow checker think about lifetimes?", Assert.Single(found).Excerpt);
        Assert.True(await store.Conversations.RenameAsync("b", "", "Other"));
        Assert.Equal(["a"], await FoundAsync("borrow"));

        async Task<IEnumerable<string>> FoundAsync(string text) => (await store.Conversations.SearchAsync("", text, 10)).Select(one => one.Conversation.Id);
    }

    [Theory, Databases]
    public async Task SearchAsync_AnyText_IsSafe(string provider)
    {
        await using var place = await DatabasePlace.CreateAsync(provider);
        await using var store = await place.OpenAsync();
        string[] texts =
        [
            "", " ", "\"", "'", "';--", "a\0b", "a* OR b", "NEAR(a b)", "text:a", "-a", "^a", "(", "a AND", "NOT", "\uD83D", "👍", "\\", "%_", "a:*", "!a", "a <-> b", "ⅷ²½", "漢字かな", "e\u0301",
            new string('a', 10_000), string.Join(' ', Enumerable.Range(0, 5000).Select(i => $"w{i}")), "\u20DD", "ǅ", "İ", "\U0001E922", "a\U0001E922b", "\uE000", "हिन्दी में", "ไทย", "ꬰx",
        ];
        await store.Conversations.ImportAsync(TestStore.Conversation("c"), [.. texts.Select((text, i) => TestStore.Message($"m{i:00}", text: text))]);
        foreach (var text in texts)
        {
            var found = await store.Conversations.SearchAsync("", text, 10);
            Assert.True(found.Count == (SearchWords.Of(text).Count == 0 ? 0 : 1), $"{found.Count} for {text[..Math.Min(50, text.Length)]}");
        }
    }
}
