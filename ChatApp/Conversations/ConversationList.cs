using System.Collections.Immutable;
using ChatApp.Security;
using ChatApp.Storage;

namespace ChatApp.Conversations;

/// <summary>What the sidebar shows: the stored conversations of whoever has this circuit, or those that a search found. It follows what changes, wherever that was done.</summary>
public sealed class ConversationList : IDisposable
{
    /// <summary>How many conversations come at a time.</summary>
    internal const int PageLength = 50;

    private const int MostFound = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _loading = new(1);
    private readonly ConversationStore _store;
    private readonly StoredConversations _conversations;
    private readonly TimeProvider _time;
    private readonly Caller _caller;
    private readonly string _owner;
    private readonly IDisposable _noticing;
    private int _pages = 1;
    private string _search = "";
    private bool _isStale;
    private int _isFollowing;

    public ConversationList(ConversationStore store, StoredConversations conversations, StoreNotices notices, TimeProvider time, CircuitCaller? caller = null)
    {
        _store = store;
        _conversations = conversations;
        _time = time;
        _caller = caller?.Current ?? Caller.Local;
        _owner = _caller.StoredName;
        _noticing = notices.Subscribe(OnNotice);
    }

    /// <summary>What to show now; empty until it is loaded.</summary>
    public ConversationListSnapshot Snapshot { get; private set; } = new();

    /// <summary>Raised on any thread when there is another <see cref="Snapshot"/>.</summary>
    public event Action? Changed;

    /// <summary>Reads what there is.</summary>
    public Task LoadAsync() => ReadAsync();

    /// <summary>Adds the next page of older conversations.</summary>
    public Task LoadMoreAsync()
    {
        Interlocked.Increment(ref _pages);
        return ReadAsync();
    }

    /// <summary>Shows the conversations that hold the words; all of them for an empty text.</summary>
    public Task SearchAsync(string text)
    {
        Volatile.Write(ref _search, text.Trim());
        return ReadAsync();
    }

    /// <summary>Gives a conversation another title; an empty one changes nothing.</summary>
    public async Task RenameAsync(string id, string title)
    {
        if (ConversationTitles.Clean(title) is { Length: > 0 } clean)
        {
            await TryAsync(() => _store.RenameAsync(id, _owner, clean));
        }
    }

    /// <summary>Deletes a conversation and stops what is being answered in it; <see cref="UndoDeleteAsync"/> brings back the last.</summary>
    public Task DeleteAsync(string id) => TryAsync(async () =>
    {
        // Before it is gone from the list.
        var item = Snapshot.Items.Find(item => item.Id == id) ?? Snapshot.Found.Find(found => found.Item.Id == id)?.Item;
        if (await _conversations.DeleteAsync(id, _caller))
        {
            Show(snapshot => snapshot with { Deleted = item });
        }
    });

    /// <summary>Brings back the conversation deleted last.</summary>
    public Task UndoDeleteAsync() => TryAsync(async () =>
    {
        if (Snapshot.Deleted is { } deleted)
        {
            await _store.RestoreAsync(deleted.Id, _owner);
            DismissDeleted();
        }
    });

    /// <summary>Stops offering to bring back what was deleted.</summary>
    public void DismissDeleted() => Show(snapshot => snapshot with { Deleted = null });

    public void Dispose()
    {
        _noticing.Dispose();
        _loading.Dispose();
    }

    private void OnNotice(StoreNotice notice)
    {
        if ((notice.Kind == StoreNoticeKind.List && notice.Id == _owner) || notice.Kind == StoreNoticeKind.Everything)
        {
            Volatile.Write(ref _isStale, true);
            if (Interlocked.Exchange(ref _isFollowing, 1) == 0)
            {
                // Off the notifier's thread.
                _ = Task.Run(FollowAsync);
            }
        }
    }

    // At once, and then no more often than the list can be looked at, however much is going on.
    private async Task FollowAsync()
    {
        do
        {
            while (Volatile.Read(ref _isStale))
            {
                Volatile.Write(ref _isStale, false);
                await ReadAsync();
                await Task.Delay(Pause, _time);
            }

            Volatile.Write(ref _isFollowing, 0);
        }
        while (Volatile.Read(ref _isStale) && Interlocked.Exchange(ref _isFollowing, 1) == 0);
    }

    private Task ReadAsync() => TryAsync(async () =>
    {
        await _loading.WaitAsync();
        try
        {
            var search = Volatile.Read(ref _search);
            var most = Volatile.Read(ref _pages) * PageLength;
            var rows = await _store.ListAsync(_owner, most + 1);
            var found = search.Length == 0 ? [] : await _store.SearchAsync(_owner, search, MostFound);
            Show(snapshot => snapshot with
            {
                Items = [.. rows.Take(most).Select(ConversationItem.Of)],
                HasMore = rows.Count > most,
                Search = search,
                Found = [.. found.Select(one => new FoundItem(ConversationItem.Of(one.Conversation), one.Excerpt))],
                IsLoaded = true,
                Problem = null,
            });
        }
        finally
        {
            _loading.Release();
        }
    });

    private async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (StorageException exception)
        {
            Show(snapshot => snapshot with { Problem = exception.Message });
        }
        catch (ObjectDisposedException)
        {
            // The page is gone.
        }
    }

    private void Show(Func<ConversationListSnapshot, ConversationListSnapshot> change)
    {
        lock (_lock)
        {
            Snapshot = change(Snapshot);
        }

        Changed?.Invoke();
    }
}

/// <summary>The sidebar as of one moment.</summary>
public sealed record ConversationListSnapshot
{
    /// <summary>The conversations, the last used first.</summary>
    public ImmutableList<ConversationItem> Items { get; init; } = [];

    /// <summary>Whether there are older ones.</summary>
    public bool HasMore { get; init; }

    /// <summary>What was searched for; empty for nothing.</summary>
    public string Search { get; init; } = "";

    /// <summary>What the search found, the best match first.</summary>
    public ImmutableList<FoundItem> Found { get; init; } = [];

    /// <summary>Whether it has been read.</summary>
    public bool IsLoaded { get; init; }

    /// <summary>What was deleted last and can be brought back.</summary>
    public ConversationItem? Deleted { get; init; }

    /// <summary>Why the last thing asked was not done, for people.</summary>
    public string? Problem { get; init; }
}

/// <summary>A conversation of the sidebar.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Updated">When something was last asked in it.</param>
/// <param name="IsRunning">Whether an answer is being made in it.</param>
public sealed record ConversationItem(string Id, string Title, DateTimeOffset Updated, bool IsRunning)
{
    internal static ConversationItem Of(ConversationRow row) => new(row.Id, ConversationTitles.Shown(row.Title), row.Updated, row.IsRunning);
}

/// <summary>A conversation that a search found.</summary>
/// <param name="Item">The conversation.</param>
/// <param name="Excerpt">The words found, with some around them.</param>
public sealed record FoundItem(ConversationItem Item, string Excerpt);
